package import Base
package import Capture
internal import Columns

extension PostgresSource {
    /// The fingerprints of tables, all at one moment.
    package func fingerprints(of tables: [CapturedTable]) async throws(TarnError) -> [TableFingerprint] {
        let session = Session(configuration.connection)
        do throws(TarnError) {
            _ = try await session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            _ = try await session.rows("SET LOCAL extra_float_digits = 0")
            _ = try await session.rows("SET LOCAL TimeZone = 'UTC'")
            var result: [TableFingerprint] = []
            for table in tables {
                let row = try await session.rows(Self.fingerprintSQL(table)).first
                guard let row, row.count == 2, let count = row[0].flatMap({ Int64($0) }), let hash = row[1] else {
                    throw TarnError(.sourceRejected, "The server's answer to a fingerprint is not understood.")
                }
                result.append(TableFingerprint(rowCount: count, hash: hash))
            }
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }

    private static func fingerprintSQL(_ table: CapturedTable) -> String {
        let values = table.schema.fields.map { field in
            "coalesce('v' || \(canonical(field.name.quoted, field.type)), 'n')"
        }
        let row = "md5(\(values.joined(separator: " || '|' || ")))"
        return """
            SELECT count(*), coalesce(sum(('x' || left(\(row), 15))::bit(60)::bigint), 0)
            FROM \(table.namespace.quoted).\(table.name.quoted)
            """
    }

    /// `format` writes a value as its type does; a cast to text would strip a character(n).
    private static func canonical(_ value: String, _ type: ColumnType) -> String {
        switch type {
        case .timestamp, .timestamptz: "(extract(epoch FROM \(value)) * 1000000)::bigint::text"
        case .binary, .fixed: "encode(\(value), 'hex')"
        case .list(let element):
            """
            CASE WHEN \(value) IS NOT NULL THEN array_to_string(ARRAY(SELECT \(canonical("e", element.type)) \
            FROM unnest(\(value)) WITH ORDINALITY AS u(e, o) ORDER BY o), ',', 'NULL') END
            """
        case .boolean, .int, .long, .decimal, .float, .double, .date, .time, .uuid: "\(value)::text"
        default: "CASE WHEN \(value) IS NOT NULL THEN format('%s', \(value)) END"
        }
    }
}
