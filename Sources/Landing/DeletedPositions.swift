import Base
import Columns
import Engine
import Iceberg
import Lake

/// The positions that a data file's own delete file holds, read once and kept while the file lives.
struct DeletedPositions {
    private var known: [String: [Int64]] = [:]
    private var open: [String: [Int64]] = [:]

    /// What the data file's next delete file holds: all deletes so far and the new ones, ascending.
    mutating func merged(
        _ file: SilverFiles.File,
        with positions: [Int64],
        connection: EngineConnection
    ) async throws(TarnError) -> [Int64] {
        let path = file.dataFile.path
        var all = positions
        if let scoped = file.scopedDeletes {
            if let earlier = known[path] {
                all += earlier
            } else {
                all += try await Self.read(scoped, of: path, connection: connection)
            }
        }
        all.sort()
        open[path] = all
        return all
    }

    /// The positions merged last are now in the lake; files that are gone are forgotten.
    mutating func committed(live: SilverFiles) {
        known.merge(open) { _, new in new }
        known = known.filter { live.files[$0.key] != nil }
        open = [:]
    }

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
            "SELECT pos FROM read_parquet(\(sqlLiteral(deletes.uri))) WHERE file_path = \(sqlLiteral(path))")
        return result.batches.flatMap { batch in
            if case .int64(let values) = batch.columns[0].storage { values } else { [] }
        }
    }
}
