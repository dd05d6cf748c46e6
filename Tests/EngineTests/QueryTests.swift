import Base
import Columns
import Engine
import Synchronization
import Testing

@Suite struct QueryTests {
    private static let conversions: [(sql: String, type: ColumnType, text: String?)] = [
        ("true", .boolean, "true"), ("(-128)::TINYINT", .int, "-128"), ("(-32768)::SMALLINT", .int, "-32768"),
        ("255::UTINYINT", .int, "255"), ("65535::USMALLINT", .int, "65535"),
        ("4294967295::UINTEGER", .long, "4294967295"),
        ("18446744073709551615::UBIGINT", .decimal(precision: 38, scale: 0), "18446744073709551615"),
        ("(-5)::HUGEINT", .decimal(precision: 38, scale: 0), "-5"),
        ("5::UHUGEINT", .decimal(precision: 38, scale: 0), "5"),
        ("1.5::DECIMAL(4,2)", .decimal(precision: 4, scale: 2), "150"),
        ("DATE '1970-01-02'", .date, "1"), ("TIME '00:00:01'", .time, "1000000"),
        ("TIMETZ '01:02:03+02'", .string, "01:02:03+02"),
        ("TIMESTAMP '1970-01-01 00:00:00.000001'", .timestamp, "1"),
        ("TIMESTAMPTZ '1970-01-01 01:00:00+01'", .timestamptz, "0"),
        ("'1970-01-01 00:00:07'::TIMESTAMP_S", .timestamp, "7000000"),
        ("'1970-01-01 00:00:00.007'::TIMESTAMP_MS", .timestamp, "7000"),
        ("'1970-01-01 00:00:00.000000007'::TIMESTAMP_NS", .string, "1970-01-01 00:00:00.000000007"),
        ("'abc'::BLOB", .binary, "61 62 63"), ("'b'::ENUM ('a', 'b')", .string, "b"),
        ("UUID '80000000-0000-0000-0000-000000000001'", .uuid, String(Int128.min + 1)),
        ("INTERVAL 3 DAYS", .string, "3 days"), ("'0101'::BIT", .string, "0101"),
        ("[1, NULL]::TINYINT[]", .list(Field(id: 2, name: "element", type: .int)), "[1, -]"),
        ("[1, 2]::SMALLINT[2]", .list(Field(id: 2, name: "element", type: .int)), "[1, 2]"),
        ("[INTERVAL 1 DAY]", .list(Field(id: 2, name: "element", type: .string)), "[1 day]"),
        ("NULL", .int, nil), ("'{\"a\": 1}'::JSON", .string, "{\"a\": 1}"),
        ("union_value(n := 2)", .string, "2"),
        (
            "{'a': 1, 'b': INTERVAL 1 DAY}",
            .structure([Field(id: 2, name: "a", type: .int), Field(id: 3, name: "b", type: .string)]), "{1, 1 day}"
        ),
    ]

    @Test("each of the engine's types becomes one of the lake", arguments: conversions)
    func types(sql: String, type: ColumnType, expected: String?) async throws {
        let connection = try testConnection()
        let result = try await connection.query("SELECT \(sql) AS \"my \"\"v\"\"\" ; ")
        #expect(result.schema.fields[0].type == type)
        #expect(result.columnNames == ["my \"v\""])
        #expect(texts(result) == [[expected]])
        #expect(
            try await connection.schema(of: "SELECT \(sql) AS v").fields[0].type.children.count == type.children.count
        )
    }

    @Test(
        "integers beyond 38 digits are refused, not cut",
        arguments: ["170141183460469231731687303715884105727", "-170141183460469231731687303715884105727"]
    )
    func tooLarge(sql: String) async throws {
        let connection = try testConnection()
        let error = await #expect(throws: TarnError.self) { _ = try await connection.query("SELECT (\(sql))::HUGEINT") }
        #expect(error?.code == .valueUnrepresentable)
    }

    @Test("equal names of columns stay apart, and foreign types keep the order of rows")
    func duplicateNames() async throws {
        let connection = try testConnection()
        let result = try await connection.query(
            "SELECT i AS a, to_days(i::INT) AS a FROM range(3) t(i) ORDER BY i DESC -- the end"
        )
        #expect(result.columnNames == ["a", "a"])
        #expect(texts(result) == [["2", "2 days"], ["1", "1 day"], ["0", "00:00:00"]])
    }

    @Test("parameters are values, never SQL")
    func parameters() async throws {
        let connection = try testConnection()
        let result = try await connection.query(
            "SELECT $1, $2 + 1, $3 IS NULL, $4 * 2, NOT $5",
            parameters: [.text("x'; DROP TABLE t; --\u{0}é"), .integer(41), .null, .double(1.5), .bool(true)]
        )
        let days = try await connection.query("SELECT to_days($1::INT) AS d, $1 AS i", parameters: [.integer(3)])
        #expect(texts(days) == [["3 days", "3"]])
        #expect(texts(result) == [["x'; DROP TABLE t; --\u{0}é", "42", "true", "3.0", "false"]])
    }

    @Test("nested values with constants inside stream correctly")
    func streamsNested() async throws {
        let connection = try testConnection()
        let rows = Mutex<[[String?]]>([])
        let sql =
            "SELECT {'a': i, 'b': 42, 'c': ['x', i::VARCHAR]} AS s, CASE WHEN i % 2 = 0 THEN [i] END AS l FROM range(5000) t(i)"
        let end = try await connection.query(sql, rowsMax: .max) { (batch) throws(TarnError) in
            let added = (0..<batch.rowCount).map { row in batch.columns.map { text($0, row) } }
            rows.withLock { $0 += added }
            return true
        }
        #expect(end.rowCount == 5000)
        let expected = (0..<5000).map { ["{\($0), 42, [x, \($0)]}", $0 % 2 == 0 ? "[\($0)]" : nil] }
        #expect(rows.withLock { $0 } == expected)
    }

    @Test("a stream stops at its limit and says so, and the connection goes on")
    func streamLimit() async throws {
        let connection = try testConnection()
        let sizes = Mutex<[Int]>([])
        let end = try await connection.query("SELECT i FROM range(1000000000) t(i)", rowsMax: 3000) {
            (batch) throws(TarnError) in
            sizes.withLock { $0.append(batch.rowCount) }
            return true
        }
        #expect(end.rowCount == 3000)
        #expect(end.isCut)
        #expect(sizes.withLock { $0 } == [2048, 952])
        let exact = try await connection.query("SELECT i FROM range(3000) t(i)", rowsMax: 3000) {
            (_) throws(TarnError) in true
        }
        #expect(!exact.isCut)
        let stopped = try await connection.query("SELECT i FROM range(1000000000) t(i)", rowsMax: .max) {
            (_) throws(TarnError) in false
        }
        #expect(stopped.rowCount == 2048)
        #expect(texts(try await connection.query("SELECT 1")) == [["1"]])
    }

    @Test("progress is known while a table is read, and not afterwards")
    func progress() async throws {
        let connection = try testConnection(threads: 1)
        try await connection.execute("CREATE TABLE t AS SELECT i FROM range(5000000) r(i)")
        let seen = Mutex<[Double]>([])
        let end = try await connection.query("SELECT i FROM t", rowsMax: .max) { (_) throws(TarnError) in
            if let progress = connection.progress() { seen.withLock { $0.append(progress) } }
            return true
        }
        #expect(end.rowCount == 5_000_000)
        #expect(seen.withLock { $0.contains { $0 > 0 && $0 < 100 } })
        #expect(connection.progress() == nil)
    }

    private static let endless = "SELECT count(*) FROM range(100000000000) a(i) WHERE hash(i) = 7"

    @Test("an interrupt from another thread ends the running statement and nothing else")
    func interrupts() async throws {
        let connection = try testConnection()
        let sql = "SELECT i FROM range(100000000000) a(i)"
        let error = await #expect(throws: TarnError.self) {
            _ = try await connection.query(sql, rowsMax: .max) { (_) throws(TarnError) in
                connection.interrupt()
                return true
            }
        }
        #expect(error?.code == .interrupted)
        #expect(texts(try await connection.query("SELECT 1")) == [["1"]])
    }

    @Test("cancelling the task that waits ends its statement, before and while it runs")
    func cancellation() async throws {
        let connection = try testConnection()
        let task = Task { try await connection.query(Self.endless) }
        let waiting = Task { try await connection.query("SELECT 1") }
        await Task.yield()
        task.cancel()
        let result = await task.result
        #expect(throws: TarnError.self) { try result.get() }
        #expect(texts(try await waiting.value) == [["1"]])
    }

    @Test(
        "errors say what is wrong with the statement",
        arguments: [
            ("SELEC 1", ErrorCode.queryInvalid), ("SELECT x", .queryInvalid), ("SELECT * FROM nowhere", .queryInvalid),
            ("SELECT 1; SELECT 2", .queryInvalid), ("SELECT * FROM tarn_rows(99)", .queryInvalid), ("", .queryInvalid),
            ("SELECT * FROM read_parquet('/nowhere.parquet')", .engineFailed),
        ]
    )
    func errors(sql: String, code: ErrorCode) async throws {
        let connection = try testConnection()
        let error = await #expect(throws: TarnError.self) { _ = try await connection.query(sql) }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(error?.message.contains("\n") == false)
    }

    @Test(
        "cell values stay out of errors",
        arguments: ["('se' || 'cret-' || i)::INT", "error('secret-' || i)", "CAST(i || 'secret-' AS DATE)"]
    )
    func secrets(expression: String) async throws {
        let connection = try testConnection()
        let error = await #expect(throws: TarnError.self) {
            _ = try await connection.query("SELECT \(expression) FROM range(3) t(i)")
        }
        #expect(error?.description.contains("secret-") == false, "\(String(describing: error))")
        #expect(error?.code == .engineFailed)
    }

    @Test("several statements run in turn, each on what the earlier made")
    func executes() async throws {
        let connection = try testConnection()
        try await connection.execute(
            "CREATE TABLE t (i INT); INSERT INTO t VALUES (1), (2); DELETE FROM t WHERE i = 1;"
        )
        #expect(texts(try await connection.query("SELECT * FROM t")) == [["2"]])
    }
}
