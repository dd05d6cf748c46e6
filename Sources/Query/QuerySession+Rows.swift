package import Base
package import Columns
import Engine
package import Iceberg
package import Lake

/// Writing the rows of queries as files that nothing names yet: what becomes of them is the caller's to commit.
extension QuerySession {
    /// The columns that a reading statement gives.
    package func schema(of sql: String, at version: VersionReference) async throws(TarnError) -> Schema {
        try await limited { [self] () throws(TarnError) in
            let prepared = try await prepare(sql, at: version)
            do throws(TarnError) {
                return try await connection.schema(of: prepared.sql)
            } catch {
                throw explained(error, prepared)
            }
        }
    }

    /// The rows of a reading statement as durable data files of a table.
    package func writeRows(
        of sql: String,
        at version: VersionReference,
        as layout: FileLayout,
        into folder: TableFolder
    ) async throws(TarnError) -> [DataFile] {
        try await limited { [self] () throws(TarnError) in
            let prepared = try await prepare(sql, at: version)
            do throws(TarnError) {
                return try await writer.writeRows(of: prepared.sql, as: layout, into: folder)
            } catch {
                throw explained(error, prepared)
            }
        }
    }

    /// The change that puts new rows in the place of those with the same key.
    ///
    /// - Parameters:
    ///   - files: of `table`, named by nothing yet.
    ///   - key: columns that are never null in the files.
    /// - Throws: `data.valueUnrepresentable` where two of the new rows have the same key.
    package func merging(
        _ files: [DataFile],
        into table: TableSnapshot,
        key: [String],
        at version: VersionReference
    ) async throws(TarnError) -> TableChange {
        try await limited { [self] () throws(TarnError) in
            guard !files.isEmpty else { return TableChange(.append) }
            let columns = Self.list(key)
            try await rejectTwins(columns, in: files, of: table.name)
            var change = TableChange(.append)
            if let deletion = try await deletion(of: table, columns, foundIn: Self.rows(files), version) {
                change = deletion
            }
            change.addedDataFiles = files
            return change
        }
    }

    /// - Throws: `data.valueUnrepresentable` where two rows of the files have the same key.
    package func requireUnique(
        _ key: [String],
        in files: [DataFile],
        of table: TableName
    ) async throws(TarnError) {
        try await limited { [self] () throws(TarnError) in
            try await rejectTwins(Self.list(key), in: files, of: table)
        }
    }

    private func rejectTwins(_ columns: String, in files: [DataFile], of table: TableName) async throws(TarnError) {
        guard !files.isEmpty else { return }
        let twice = "SELECT 1 FROM \(Self.rows(files)) GROUP BY \(columns) HAVING count(*) > 1 LIMIT 1"
        guard try await connection.query(twice).rowCount > 0 else { return }
        throw TarnError(
            .valueUnrepresentable,
            "The statement gives two rows of one key.",
            detail: ["table": table.description, "key": columns],
            remedy: "Let the statement give one row for each key, or name more columns in merge(…)."
        )
    }

    /// Nil where no row of the table has a key of the new rows.
    private func deletion(
        of table: TableSnapshot,
        _ columns: String,
        foundIn rows: String,
        _ version: VersionReference
    ) async throws(TarnError) -> TableChange? {
        guard !table.files.isEmpty, let folder = TableFolder(table.state) else { return nil }
        let name = "\(sqlIdentifier(table.name.namespace)).\(sqlIdentifier(table.name.name))"
        let reference = TableReference(namespace: table.name.namespace, name: table.name.name)
        let prepared = try await prepare("SELECT * FROM \(name)", at: version, positioning: reference)
        let deletion = RowDeletion(table, writer: writer, connection: connection)
        let query = "SELECT * FROM (\(prepared.sql)\n) AS old SEMI JOIN \(rows) AS new USING (\(columns))"
        guard var change = try await deletion.change(of: query, into: folder)?.change else { return nil }
        change.operation = .overwrite
        return change
    }

    private static func list(_ columns: [String]) -> String { columns.map(sqlIdentifier).joined(separator: ", ") }

    private static func rows(_ files: [DataFile]) -> String {
        let paths = files.map { sqlLiteral(QueryEngine.localPath($0.path) ?? $0.path) }
        return "read_parquet([\(paths.joined(separator: ", "))])"
    }

    /// Writes files of tables with the session's engine.
    package var writer: DataFileWriter {
        DataFileWriter(store: engine.lake.store, connection: connection, entropy: engine.lake.entropy)
    }
}
