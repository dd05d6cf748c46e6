import Base
import Columns
import Engine
import Iceberg
import Lake

/// The positions that a data file's own delete file holds, read once and kept while the file lives.
struct DeletedPositions {
    /// Above so many positions all are forgotten: they can be read again.
    private static let positionsMax = 1 << 21

    private var known: [String: [Int64]] = [:]
    private var open: [String: [Int64]] = [:]

    /// The positions that are deleted so far.
    func earlier(_ file: SilverFiles.File, connection: EngineConnection) async throws(TarnError) -> [Int64] {
        guard let scoped = file.scopedDeletes else { return [] }
        let path = file.dataFile.path
        if let earlier = known[path] { return earlier }
        return try await Self.read(scoped, of: path, connection: connection)
    }

    /// Notes what the open commit's delete file of a data file holds.
    mutating func note(_ positions: [Int64], of path: String) { open[path] = positions }

    /// The positions merged last are now in the lake; files that are gone are forgotten.
    mutating func committed(live: SilverFiles) {
        known.merge(open) { _, new in new }
        known = known.filter { live.files[$0.key] != nil }
        if known.reduce(0, { $0 + $1.value.count }) > Self.positionsMax { known = [:] }
        open = [:]
    }

    /// The open commit is given up.
    mutating func discard() { open = [:] }

    mutating func removeAll() {
        known = [:]
        open = [:]
    }

    private static func read(
        _ deletes: DeleteFile,
        of path: String,
        connection: EngineConnection
    ) async throws(TarnError) -> [Int64] {
        let result = try await connection.query(
            "SELECT pos FROM read_parquet(\(sqlLiteral(deletes.uri))) WHERE file_path = \(sqlLiteral(path))"
        )
        return result.batches.flatMap { batch -> [Int64] in
            if case .int64(let values) = batch.columns[0].storage { values } else { [] }
        }
    }
}
