package import Base
package import Capture
import Columns
package import Engine
package import Lake

/// Fingerprints of what the lake holds of a captured table, by the rules of `TableFingerprint`.
package struct LakeFingerprint: Sendable {
    private let lake: Lake
    private let connection: EngineConnection

    package init(lake: Lake, connection: EngineConnection) {
        self.lake = lake
        self.connection = connection
    }

    /// The silver table as it is in `state`.
    package func silver(_ table: LandedTable, in state: LakeState) async throws(TarnError) -> TableFingerprint? {
        guard let name = table.silver else { return nil }
        let rows = try await scan(name, state)
        return try await fingerprint(of: "(\(rows))", table.captured)
    }

    /// What replaying the bronze table comes to: the last change of each key, after the last truncate.
    package func bronze(_ table: LandedTable, in state: LakeState) async throws(TarnError) -> TableFingerprint {
        let events = try await scan(table.bronze, state)
        return try await fingerprint(of: "(\(Self.replay(events, table.captured)))", table.captured)
    }

    private func scan(_ name: TableName, _ state: LakeState) async throws(TarnError) -> String {
        guard let table = state.tables[name] else {
            throw TarnError(.tableMissing, "A captured table is not in the lake.", detail: ["table": name.description])
        }
        return ScanSQL(try await lake.reader.snapshot(name, table)).select
    }

    private func fingerprint(of rows: String, _ table: CapturedTable) async throws(TarnError) -> TableFingerprint {
        let values = table.schema.fields.map { field in
            "coalesce('v' || \(Self.canonical(sqlIdentifier(field.name), field.type)), 'n')"
        }
        let row = "md5(concat_ws('|', \(values.joined(separator: ", "))))"
        let result = try await connection.query(
            "SELECT count(*), CAST(coalesce(sum(CAST('0x' || left(\(row), 15) AS BIGINT)), 0) AS VARCHAR) FROM \(rows)"
        )
        guard let batch = result.batches.first, case .int64(let counts) = batch.columns[0].storage,
            case .slices(let hashes) = batch.columns[1].storage
        else { throw TarnError(.engineFailed, "The engine's answer to a fingerprint is not understood.") }
        return TableFingerprint(rowCount: counts[0], hash: String(decoding: hashes[0], as: UTF8.self))
    }

    /// Each change sets the key it gives and takes away the key it had; the last word on a key stands.
    private static func replay(_ events: String, _ table: CapturedTable) -> String {
        let columns = table.schema.fields.map { "after.\(sqlIdentifier($0.name)) AS \(sqlIdentifier($0.name))" }
        func key(_ image: String) -> String {
            let names = table.key.map { sqlIdentifier(table.schema.fields[$0].name) }
            return "struct_pack(\(names.enumerated().map { "k\($0) := \(image).\($1)" }.joined(separator: ", ")))"
        }
        return """
            WITH events AS (\(events)), kept AS (
                SELECT * FROM events WHERE op <> 't' AND (position, sequence) > coalesce(
                    (SELECT max((position, sequence)) FROM events WHERE op = 't'), ('', -1::BIGINT))
            ), words AS (
                SELECT \(key("after")) AS key, position, sequence, 1 AS step, after FROM kept WHERE after IS NOT NULL
                UNION ALL
                SELECT \(key("before")), position, sequence, 0, NULL FROM kept WHERE before IS NOT NULL
            ), last_words AS (
                SELECT after FROM words
                QUALIFY row_number() OVER (PARTITION BY key ORDER BY position DESC, sequence DESC, step DESC) = 1
            )
            SELECT \(columns.joined(separator: ", ")) FROM last_words WHERE after IS NOT NULL
            """
    }

    private static func canonical(_ value: String, _ type: ColumnType) -> String {
        switch type {
        case .timestamp, .timestamptz: "CAST(epoch_us(\(value)) AS VARCHAR)"
        case .binary, .fixed: "lower(hex(\(value)))"
        case .float: floating(value, "%.6g")
        case .double: floating(value, "%.15g")
        case .list(let element):
            """
            CASE WHEN \(value) IS NOT NULL THEN coalesce(array_to_string(list_transform(\(value), \
            lambda e: coalesce(\(canonical("e", element.type)), 'NULL')), ','), '') END
            """
        default: "CAST(\(value) AS VARCHAR)"
        }
    }

    private static func floating(_ value: String, _ format: String) -> String {
        """
        CASE WHEN isnan(\(value)) THEN 'NaN' WHEN isinf(\(value)) THEN CASE WHEN \(value) > 0 THEN 'Infinity' \
        ELSE '-Infinity' END ELSE printf('\(format)', CAST(\(value) AS DOUBLE)) END
        """
    }
}
