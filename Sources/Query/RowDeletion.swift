import Base
import Columns
import Engine
import Iceberg
import Lake

/// The deletion of the rows that a query finds, as position deletes: one file for each data file, merged with the one
/// before it. A data file of which no row is left goes whole.
struct RowDeletion {
    /// More rows than this are not deleted by one statement: their positions are held in memory.
    static let rowsMax = 20_000_000

    struct Result: Sendable {
        var change: TableChange
        var rowCount: Int64
    }

    private let snapshot: TableSnapshot
    private let writer: DataFileWriter
    private let connection: EngineConnection

    init(_ snapshot: TableSnapshot, writer: DataFileWriter, connection: EngineConnection) {
        self.snapshot = snapshot
        self.writer = writer
        self.connection = connection
    }

    /// - Parameter query: gives the rows that go, with the columns of `ScanSQL.positioned`.
    /// - Returns: nil where there are none.
    func change(of query: String, into folder: TableFolder) async throws(TarnError) -> Result? {
        let files = Dictionary(snapshot.files.map { ($0.enginePath, $0) }) { first, _ in first }
        var result = Result(change: TableChange(.delete), rowCount: 0)
        for (path, positions) in try await found(by: query).sorted(by: { $0.key < $1.key }) {
            guard let file = files[path] else { continue }
            try await delete(positions, from: file, into: folder, &result.change)
            result.rowCount += Int64(positions.count)
        }
        return result.rowCount == 0 ? nil : result
    }

    private func found(by query: String) async throws(TarnError) -> [String: [Int64]] {
        let select = """
            SELECT \(ScanSQL.fileColumn), \(ScanSQL.positionColumn) FROM (\(query)
            ) ORDER BY 1, 2 LIMIT \(Self.rowsMax + 1)
            """
        var found: [String: [Int64]] = [:]
        var count = 0
        for batch in try await connection.query(select).batches {
            guard case .slices(let paths) = batch.columns[0].storage,
                case .int64(let positions) = batch.columns[1].storage
            else { continue }
            for row in 0..<batch.rowCount {
                found[String(decoding: paths[row], as: UTF8.self), default: []].append(positions[row])
            }
            count += batch.rowCount
        }
        guard count <= Self.rowsMax else {
            throw TarnError(
                .queryLimit,
                "One statement would delete too many rows.",
                detail: ["limit": String(Self.rowsMax)],
                remedy: "Delete in several statements, or make the table anew with the rows that stay."
            )
        }
        return found
    }

    private func delete(
        _ positions: [Int64],
        from file: LiveFile,
        into folder: TableFolder,
        _ change: inout TableChange
    ) async throws(TarnError) {
        let scoped = file.deletes.filter(\.isFileScoped)
        let all = (try await deleted(by: scoped, from: file) + positions).sorted()
        change.removedDeleteFiles.formUnion(scoped.map(\.dataFile.path))
        if Int64(all.count) == file.dataFile.recordCount {
            change.removedDataFiles.insert(file.dataFile.path)
            return
        }
        let deletes = try await writer.writeDeletes(of: file.dataFile, positions: all, into: folder)
        change.addedDeleteFiles.append(deletes)
    }

    private func deleted(by files: [DeleteFile], from file: LiveFile) async throws(TarnError) -> [Int64] {
        guard !files.isEmpty else { return [] }
        let uris = files.map { sqlLiteral($0.uri) }.joined(separator: ", ")
        let result = try await connection.query(
            "SELECT DISTINCT pos FROM read_parquet([\(uris)]) WHERE file_path = \(sqlLiteral(file.dataFile.path))"
        )
        return result.batches.flatMap { batch -> [Int64] in
            if case .int64(let values) = batch.columns[0].storage { values } else { [] }
        }
    }
}

extension LiveFile {
    /// The name under which the engine shows the file.
    fileprivate var enginePath: String { QueryEngine.localPath(uri) ?? uri }
}
