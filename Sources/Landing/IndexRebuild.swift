import Base
import Capture
import Columns
import Engine
import Iceberg
import Lake

/// Fills a key index anew from the rows of the lake.
struct IndexRebuild {
    let snapshot: TableSnapshot
    let captured: CapturedTable
    let connection: EngineConnection

    func run(_ index: KeyIndex, identity: String, version: Int64) async throws(TarnError) {
        let keyFields = try LakeSchemas.fields(of: captured, in: snapshot.schema.fields)
        let columns = captured.key.map { keyFields[$0] }
        let encoder = try KeyEncoder(schema: Schema(fields: columns), key: Array(columns.indices))
        try index.beginLoad(tableUUID: identity, keySignature: encoder.signature)
        for file in snapshot.files {
            let number = try index.fileID(for: file.dataFile.path)
            let rows = try await connection.query(
                ScanSQL.positions(of: file.uri, columns: columns, where: Self.isLive(file))
            )
            for batch in rows.batches {
                guard case .int64(let positions) = batch.columns[columns.count].storage else { continue }
                let keys = try encoder.encode(
                    ColumnBatch(schema: Schema(fields: columns), columns: Array(batch.columns.dropLast()))
                )
                try index.load(keys, positions.map { RowLocation(file: number, position: $0) })
            }
        }
        try index.finishLoad(version: version)
    }

    private static func isLive(_ file: LiveFile) -> String? {
        guard !file.deletes.isEmpty else { return nil }
        let deletes = file.deletes.map { sqlLiteral($0.uri) }.joined(separator: ", ")
        return """
            file_row_number NOT IN (SELECT pos FROM read_parquet([\(deletes)]) \
            WHERE file_path = \(sqlLiteral(file.dataFile.path)))
            """
    }
}
