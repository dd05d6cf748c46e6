import Base
import Capture
import Columns
import Testing

@testable import PostgresSource

@Suite(.enabled(if: TestDatabase.isAvailable, "set TARN_TEST_POSTGRES to run against a server"), .serialized)
struct IntegrationTypeTests {
    static let schema = """
        CREATE TYPE mood AS ENUM ('sad', 'so so');
        CREATE DOMAIN price AS numeric(9, 3) CHECK (value > -1000);
        CREATE DOMAIN name_list AS text[];
        CREATE TABLE everything (
            id int PRIMARY KEY, c_bool bool, c_int2 int2, c_int4 int4, c_int8 int8, c_oid oid, c_xid xid,
            c_float4 float4, c_float8 float8, c_small numeric(9, 2), c_large numeric(38, 10), c_full numeric(38, 0),
            c_free numeric, c_wide numeric(60, 5), c_negative numeric(5, -2), c_text text, c_varchar varchar(10),
            c_char char(5), c_name name, c_byte "char", c_xml xml, c_json json, c_jsonb jsonb, c_bytea bytea,
            c_date date, c_time time, c_timetz timetz, c_timestamp timestamp, c_timestamptz timestamptz, c_uuid uuid,
            c_interval interval, c_inet inet, c_cidr cidr, c_mac macaddr, c_mac8 macaddr8, c_bit bit(10),
            c_varbit varbit, c_lsn pg_lsn, c_mood mood, c_price price, c_names name_list, a_int int[], a_text text[],
            a_num numeric(10, 2)[], a_mood mood[], a_uuid uuid[], a_ts timestamptz[], a_bool bool[], a_jsonb jsonb[],
            a_price price[], g int GENERATED ALWAYS AS (id * 2) STORED
        );
        ALTER TABLE everything REPLICA IDENTITY FULL;
        """

    static let inserts: [String] = [
        "(id) VALUES (1)",
        """
        (id, c_bool, c_int2, c_int4, c_int8, c_oid, c_xid, c_float4, c_float8, c_small, c_large, c_full, c_free, c_wide,
         c_negative) VALUES
        (2, true, -32768, -2147483648, -9223372036854775808, 4294967295, '4294967295', 'NaN', '-Infinity',
         -9999999.99, 9999999999999999999999999999.9999999999, -99999999999999999999999999999999999999,
         123456789012345678901234567890.123456789000, -0.00001, 12345),
        (3, false, 32767, 2147483647, 9223372036854775807, 0, '3', '-0', 5e-324, 0, 0.0000000001, 1, 0.000, 1e50, -99999),
        (4, null, 0, 0, 0, 1, '0', 3.4028235e38, 1.7976931348623157e308, 0.01, -0.0000000001, 0, 1e-20, 0, 0),
        (5, null, 1, 1, 1, 1, '1', 0.1, 0.1, 10000, 10000.1000, 100000000, -1000000000000, 10000.00001, 100),
        (6, null, 1, 1, 1, 1, '1', 1e10, 'Infinity', 1234.5, 1, 1, 'NaN'::text::numeric(3) * null, 5, 5)
        """,
        """
        (id, c_text, c_varchar, c_char, c_name, c_byte, c_xml, c_json, c_jsonb, c_bytea, c_mood, c_price, c_names) VALUES
        (10, '', '', '', '', '', '', '{"b": 1,  "a":2}', '{"b":1,"a":[1.50,null]}', '', 'sad', -999.999, '{}'),
        (11, 'naïve 😀 e\u{301}', '0123456789', 'ab', 'Name', 'x', '<a>1</a>', 'null', '"\\u0041"', '\\x00ff5c', 'so so',
         999999.999, '{a,NULL,"b c",""}')
        """,
        """
        (id, c_date, c_time, c_timetz, c_timestamp, c_timestamptz, c_uuid, c_interval) VALUES
        (20, '0001-01-01', '00:00', '00:00+00', '0001-01-01 00:00', '0001-01-01 00:00+00',
         '00000000-0000-0000-0000-000000000000', '0'),
        (21, '9999-12-31', '23:59:59.999999', '24:00-15:59', '9999-12-31 23:59:59.999999',
         '9999-12-31 23:59:59.999999+00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '-1 year -2 mons +3 days -04:05:06.7'),
        (22, '2024-02-29', '12:34:56.000001', '12:34:56.5+05:30:15', '1969-12-31 23:59:59.999999',
         '1970-01-01 00:00+14', '12345678-9abc-def0-1234-56789abcdef0', '1 year 2 mons 1 day 100:00:00.000001'),
        (23, '1970-01-01', '01:00', '01:00-00:30', '2000-01-01', '2000-01-01 00:00+00', null, '-13 mons +1 day'),
        (24, '1969-12-31', '01:00', '01:00+14', '1900-02-28', '1582-10-15 00:00+00', null, '178000000 years'),
        (25, null, null, null, null, null, null, '-00:00:00.1'), (26, null, null, null, null, null, null, '1 mon -1 day')
        """,
        """
        (id, c_inet, c_cidr, c_mac, c_mac8, c_bit, c_varbit, c_lsn) VALUES
        (30, '192.168.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'1010101010', B'', '0/0'),
        (31, '192.168.0.1/24', '0.0.0.0/0', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00:00:00', B'0000000001', B'101',
         'FFFFFFFF/FFFFFFFF'),
        (32, '::1', '::/0', null, null, null, B'11111111', '16/B374D848'),
        (33, '::ffff:1.2.3.4', '2001:db8::/32', null, null, null, null, null), (34, '::', '::1/128', null, null, null, null, null),
        (35, '1:0:0:2::3/64', 'fe80::/10', null, null, null, null, null), (36, '::1.2.3.4', null, null, null, null, null, null),
        (37, '1:2:3:4:5:6:7:0', null, null, null, null, null, null), (38, '0:1::', null, null, null, null, null, null),
        (39, '::2', '::ffff/128', null, null, null, null, null), (42, '::6000/115', '::6000/115', null, null, null, null, null),
        (43, '::1:2', '::ffff:0:0/96', null, null, null, null, null)
        """,
        """
        (id, a_int, a_text, a_num, a_mood, a_uuid, a_ts, a_bool, a_jsonb, a_price) VALUES
        (40, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
        (41, '{1,NULL,-3}', '{NULL,"",null,"a,b","q\\"\\\\"}', '{1.5,NULL,-0.01}', '{sad,"so so",NULL}',
         '{12345678-9abc-def0-1234-56789abcdef0}', '{2024-02-29 12:00:00.5+00}', '{t,f,NULL}', '{1,null,NULL}', '{1.25}')
        """,
        "(id, c_text, c_jsonb) SELECT 50, string_agg(md5(i::text), ''), jsonb_agg(md5(i::text)) FROM generate_series(1, 5000) i",
    ]

    private func expected(_ database: TestDatabase) async throws -> [Int: [String?]] {
        let columns = try await database.session.rows(
            "SELECT attname, atttypid FROM pg_attribute WHERE attrelid = 'public.everything'::regclass AND attnum > 0 AND attname <> 'g' ORDER BY attnum"
        )
        let rows = try await database.session.rows(
            "SELECT \(columns.compactMap { $0[0] }.joined(separator: ", ")) FROM public.everything"
        )
        var result: [Int: [String?]] = [:]
        for row in rows {
            result[Int(row[0] ?? "") ?? 0] = zip(row, columns).map { value, column in
                switch column[1] {
                case "700": value.map { Self.number($0, Float($0)?.description) }
                case "701": value.map { Self.number($0, Double($0)?.description) }
                default: value
                }
            }
        }
        return result
    }

    private static func number(_ text: String, _ value: String?) -> String {
        text.contains("N") || text.contains("I") ? text : "float \(value ?? "?")"
    }

    private func compare(_ rows: [[String?]], _ expected: [Int: [String?]], _ names: [String]) {
        #expect(rows.count == expected.count)
        for row in rows {
            let wanted = expected[Int(row[0] ?? "") ?? 0] ?? []
            #expect(row.count == wanted.count)
            for (index, pair) in zip(row, wanted).enumerated() {
                #expect(pair.0 == pair.1, "row \(row[0] ?? "") column \(names[index])")
            }
        }
    }

    @Test("every type reads the same through snapshot, insert, update and delete as PostgreSQL writes it")
    func types() async throws {
        try await TestDatabase.with("types", Self.schema) { database in
            let source = database.source()
            let insert = Self.inserts.map { "INSERT INTO public.everything \($0);" }.joined(separator: "\n")
            try await database.session.execute(insert)
            let expected = try await expected(database)
            let snapshot = try await source.snapshot()
            #expect(snapshot.stopped.isEmpty)
            let names = try #require(snapshot.tables.first).schema.fields.map(\.name)
            #expect(!names.contains("g"))
            compare(try await snapshot.allRows()["everything"] ?? [], expected, names)
            await snapshot.close()

            let stream = try await source.stream(from: snapshot.position, tables: snapshot.tables)
            try await database.session.execute("DELETE FROM public.everything")
            try await database.session.execute(insert)
            try await database.session.execute("UPDATE public.everything SET id = id")
            let parts = try await stream.parts(upTo: try await database.position())
            await stream.close()
            #expect(parts.flatMap(\.stopped).isEmpty)
            let batches = parts.flatMap(\.batches)
            func rows(_ operation: Operation, _ side: (ChangeBatch) -> ColumnBatch) -> [[String?]] {
                batches.flatMap { batch in
                    zip(batch.operations, side(batch).textRows).filter { $0.0 == operation }.map(\.1)
                }
            }
            compare(rows(.create, \.after), expected, names)
            compare(rows(.update, \.after), expected, names)
            compare(rows(.update, \.before), expected, names)
            compare(rows(.delete, \.before), expected, names)
            #expect(batches.allSatisfy { $0.unavailable.isEmpty })
        }
    }
}
