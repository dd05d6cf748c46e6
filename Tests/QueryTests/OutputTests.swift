import Base
import Columns
import Engine
import Query
import Synchronization
import Testing

@Suite struct OutputTests {
    static let sql = """
        SELECT * FROM (VALUES
            (1, 12.30::DECIMAL(10, 2), 'plain', TIMESTAMP '2026-01-31 08:00:00.5', true),
            (NULL, -0.05, 'a "quoted", text', NULL, false),
            (30000, NULL, '', TIMESTAMP '1969-12-31 23:59:59', NULL)
        ) AS t(id, amount, note, "when", ok)
        """

    static func written(_ format: OutputFormat, _ sql: String = sql, isCut: Bool = false) async throws -> String {
        let connection = try Engine(EngineConfiguration(memoryLimitBytes: 200 << 20, threads: 1)).connect()
        let result = try await connection.query(sql)
        let sink = Sink()
        let writer = try OutputWriter(format) { sink.append($0) }
        for batch in result.batches { try writer.write(batch) }
        try writer.finish(schema: result.schema, isCut: isCut)
        return sink.text
    }

    @Test("a table is aligned, numbers to the right, with its number of rows")
    func table() async throws {
        #expect(
            try await Self.written(.table) == """
                    id | amount | note             | when                  | ok
                -------+--------+------------------+-----------------------+-------
                     1 |  12.30 | plain            | 2026-01-31 08:00:00.5 | true
                       |  -0.05 | a "quoted", text |                       | false
                 30000 |        |                  | 1969-12-31 23:59:59   |\u{20}

                """.replacing("\n\n", with: "\n") + "(3 rows)\n"
        )
    }

    @Test("wide letters take two places, and control characters are written out")
    func width() async throws {
        let text = try await Self.written(
            .table,
            "SELECT * FROM (VALUES ('日本', 1), ('👍🏽e\u{301}', 2), ('a' || chr(27) || chr(10), 3)) AS t(name, n)"
        )
        #expect(
            text == """
                 name    | n
                ---------+---
                 日本    | 1
                 👍🏽e\u{301}     | 2
                 a\\x1b\\n | 3
                (3 rows)

                """
        )
    }

    @Test("a cut answer says so, an empty one still shows its columns")
    func ends() async throws {
        #expect(
            try await Self.written(.table, "SELECT 1 AS a", isCut: true).hasSuffix("(first 1 row, there are more)\n")
        )
        #expect(try await Self.written(.table, "SELECT 1 AS a WHERE false") == " a\n---\n(0 rows)\n")
        #expect(try await Self.written(.csv, "SELECT 1 AS a WHERE false") == "a\r\n")
        #expect(try await Self.written(.json, "SELECT 1 AS a WHERE false") == "[]\n")
        #expect(try await Self.written(.jsonl, "SELECT 1 AS a WHERE false") == "")
    }

    @Test("CSV follows RFC 4180 and tells null from the empty text")
    func csv() async throws {
        #expect(
            try await Self.written(.csv)
                == [
                    "id,amount,note,when,ok", "1,12.30,plain,2026-01-31 08:00:00.5,true",
                    ",-0.05,\"a \"\"quoted\"\", text\",,false", "30000,,\"\",1969-12-31 23:59:59,", "",
                ].joined(separator: "\r\n")
        )
    }

    @Test("JSON is one array, JSON lines one object a line; every digit stays")
    func json() async throws {
        let rows = [
            #"{"id":1,"amount":12.30,"note":"plain","when":"2026-01-31T08:00:00.5","ok":true}"#,
            #"{"id":null,"amount":-0.05,"note":"a \"quoted\", text","when":null,"ok":false}"#,
            #"{"id":30000,"amount":null,"note":"","when":"1969-12-31T23:59:59","ok":null}"#,
        ]
        #expect(try await Self.written(.json) == "[\n\(rows.joined(separator: ",\n"))\n]\n")
        #expect(try await Self.written(.jsonl) == rows.map { $0 + "\n" }.joined())
        #expect(try await Self.written(.jsonl, "SELECT 1 AS a, 2 AS a") == "{\"a\":1,\"a_1\":2}\n")
    }

    @Test("Markdown escapes what would end a cell")
    func markdown() async throws {
        #expect(
            try await Self.written(.markdown, "SELECT 1 AS n, 'a|b' || chr(10) || '<c' AS \"x|y\"")
                == "| n | x\\|y |\n| ---: | --- |\n| 1 | a\\|b<br>&lt;c |\n"
        )
    }

    @Test("Parquet is no stream")
    func parquet() {
        #expect(throws: TarnError.self) { try OutputWriter(.parquet) { _ in } }
    }

    @Test("more rows than are measured keep the widths of the first")
    func manyRows() async throws {
        let text = try await Self.written(.table, "SELECT i FROM range(5000) AS t(i)")
        let lines = text.split(separator: "\n")
        #expect(lines.count == 5003)
        #expect(lines[2001] == " 1999" && lines[5001] == " 4999" && lines[5002] == "(5000 rows)")
    }

    /// One value of each type, as people and as programs see it.
    static let values: [(sql: String, text: String, json: String)] = [
        ("true", "true", "true"), ("42::TINYINT", "42", "42"),
        ("9223372036854775807", "9223372036854775807", "9223372036854775807"),
        ("170141183460469231731687303715884105727::HUGEINT % 10", "7", "7"), ("1.5::FLOAT", "1.5", "1.5"),
        ("'nan'::DOUBLE", "NaN", "\"NaN\""), ("'-inf'::DOUBLE", "-Infinity", "\"-Infinity\""),
        ("0.1::DOUBLE", "0.1", "0.1"),
        (
            "12345678901234567890.123456789::DECIMAL(38, 9)", "12345678901234567890.123456789",
            "12345678901234567890.123456789"
        ),
        ("0.00::DECIMAL(4, 2)", "0.00", "0.00"), ("DATE '0001-02-03'", "0001-02-03", "\"0001-02-03\""),
        ("DATE 'infinity'", "infinity", "\"infinity\""),
        ("TIME '10:11:12.000340'", "10:11:12.00034", "\"10:11:12.00034\""),
        ("TIMESTAMPTZ '2026-01-31 10:00:00+02'", "2026-01-31 08:00:00+00", "\"2026-01-31T08:00:00Z\""),
        (
            "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::UUID", "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\""
        ),
        ("'\\x00\\xFF'::BLOB", "\\x00ff", "\"\\\\x00ff\""), ("[1, NULL, 3]", "[1,null,3]", "[1,null,3]"),
        ("{'a': 1, 'b': 'x'}", "{\"a\":1,\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}"),
        ("MAP {'k': [DATE '2026-01-01']}", "{\"k\":[\"2026-01-01\"]}", "{\"k\":[\"2026-01-01\"]}"),
    ]

    @Test("each type has one text and one JSON form", arguments: values)
    func value(_ sql: String, _ text: String, _ json: String) async throws {
        let connection = try Engine(EngineConfiguration(memoryLimitBytes: 200 << 20, threads: 1)).connect()
        let batch = try #require(try await connection.query("SELECT \(sql) AS v, NULL::VARCHAR AS n").batches.first)
        #expect(ValueText.text(batch.columns[0], 0) == text)
        #expect(ValueText.json(batch.columns[0], 0).text == json)
        #expect(ValueText.text(batch.columns[1], 0) == nil)
    }
}

final class Sink: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }

    func append(_ more: [UInt8]) { bytes.withLock { $0 += more } }
}
