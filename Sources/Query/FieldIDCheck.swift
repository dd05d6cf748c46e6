import Base
import Engine
import Iceberg
import Lake

/// Finds files whose columns have no field ids: another writer made them and took them into a table afterwards. Read by
/// field id, such a file would give nothing but nulls.
struct FieldIDCheck {
    let connection: EngineConnection

    /// - Throws: `data.unsupported` where a file would be read by ids that it does not have.
    func check(_ snapshot: TableSnapshot) async throws(TarnError) {
        // By this property the format finds columns of such files. Without it they are null by the format's own rule.
        guard snapshot.metadata.property("schema.name-mapping.default") != nil else { return }
        let files = ScanSQL(snapshot).filesReadByID.map { sqlLiteral($0.uri) }
        guard !files.isEmpty else { return }
        let found = try await connection.query(
            "SELECT 1 FROM parquet_schema([\(files.joined(separator: ", "))]) "
                + "GROUP BY file_name HAVING count(field_id) = 0 LIMIT 1"
        )
        guard found.rowCount == 0 else {
            throw TarnError(
                .unsupported,
                "A data file without field ids is older than the table's present columns.",
                detail: ["table": snapshot.name.description],
                remedy: "Rewrite the table's data files with the engine that wrote it, and register that."
            )
        }
    }
}
