package import Base
package import Capture
internal import Columns

extension PostgresSource {
    /// The fingerprints of tables, all at one moment; nil for a table that is gone.
    package func fingerprints(of tables: [CapturedTable]) async throws(TarnError) -> [TableFingerprint?] {
        let session = Session(configuration.connection)
        do throws(TarnError) {
            _ = try await session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            _ = try await session.rows("SET LOCAL extra_float_digits = 0")
            _ = try await session.rows("SET LOCAL TimeZone = 'UTC'")
            var result: [TableFingerprint?] = []
            for table in tables {
                guard let rows = try await Self.rows(of: table, session) else {
                    result.append(nil)
                    continue
                }
                let row = try await session.rows(Self.fingerprintSQL(table, rows)).first
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

    /// What FROM takes: as the snapshot does, a table without those that inherit from it, a partitioned one with its
    /// partitions.
    private static func rows(of table: CapturedTable, _ session: Session) async throws(TarnError) -> String? {
        let name = "\(table.namespace.quoted).\(table.name.quoted)"
        let kind = try await session.rows("SELECT relkind FROM pg_class WHERE oid = to_regclass($1)", [name])
        return kind.first.map { $0[0] == "p" ? name : "ONLY \(name)" }
    }

    /// An array, because a function takes a hundred arguments at most and operators nest only so deep.
    private static func fingerprintSQL(_ table: CapturedTable, _ rows: String) -> String {
        let values = table.schema.fields.map { field in
            "coalesce('v' || \(canonical(field.name.quoted, field.type)), 'n')"
        }
        let row = "md5(convert_to(array_to_string(ARRAY[\(values.joined(separator: ", "))], '|'), 'UTF8'))"
        return """
            SELECT count(*), coalesce(sum(('x' || left(\(row), 15))::bit(60)::bigint), 0)
            FROM \(rows)
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
