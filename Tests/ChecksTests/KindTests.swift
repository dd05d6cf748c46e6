import Base
import Columns
import Engine
import Testing

@testable import Checks

/// One check over the values of one column.
struct KindCase: Sendable, CustomTestStringConvertible {
    let check: String
    let column: String
    let values: [String]
    let outcome: CheckResult.Outcome
    var failing: Int64?
    var keys: [String] = []

    var testDescription: String { "\(check) over \(values.count) rows: \(outcome)" }

    init(
        _ check: String,
        _ column: String,
        _ values: [String],
        _ outcome: CheckResult.Outcome,
        failing: Int64? = nil,
        keys: [Int] = []
    ) {
        self.check = check
        self.column = column
        self.values = values
        self.outcome = outcome
        self.failing = failing
        self.keys = keys.map { "id=\($0)" }
    }
}

/// Every kind of check against real rows: what passes, what fails, nulls, and no rows at all.
@Suite struct KindTests {
    private static let rows: [KindCase] = [
        KindCase("not_null: {column: status}", "status", ["'a'", "''"], .pass, failing: 0),
        KindCase("not_null: {column: status}", "status", ["'a'", "NULL", "NULL"], .fail, failing: 2, keys: [2, 3]),
        KindCase("not_null: status", "status", [], .pass, failing: 0),
        KindCase("missing(status) = 0", "status", ["NULL"], .fail, failing: 1, keys: [1]),
        KindCase("missing(status) < 50%", "status", ["NULL", "'a'", "'b'"], .pass, failing: 1),
        KindCase("missing_percent(status) < 33", "status", ["NULL", "'a'", "'b'"], .fail, failing: 1, keys: [1]),
        KindCase("missing(status) = 100%", "status", [], .fail, failing: 0),
        KindCase("unique: customer_id", "customer_id", ["1", "2", "NULL", "NULL"], .pass, failing: 0),
        KindCase("unique: customer_id", "customer_id", ["1", "2", "1", "1"], .fail, failing: 2, keys: [1, 3, 4]),
        KindCase("unique: customer_id", "customer_id", [], .pass, failing: 0),
        KindCase("unique: customer_id", "customer_id", ["NULL"], .pass, failing: 0),
        KindCase(
            "unique: customer_id",
            "customer_id",
            ["-9223372036854775808", "9223372036854775807"],
            .pass,
            failing: 0
        ),
        KindCase("unique: customer_id", "customer_id", ["-3", "-3", "5"], .fail, failing: 1, keys: [1, 2]),
        KindCase("duplicates(status) = 0", "status", ["'a'", "'A'", "'a'"], .fail, failing: 1, keys: [1, 3]),
        KindCase("duplicates(price) = 0", "price", ["0.5", "'nan'", "'nan'"], .fail, failing: 1, keys: [2, 3]),
        KindCase("duplicates(id) = 0", "status", ["'a'", "'b'"], .pass, failing: 0),
        KindCase(
            "accepted_values: {column: status, values: [new, 'it''s']}",
            "status",
            ["'new'", "'it''s'", "NULL"],
            .pass,
            failing: 0
        ),
        KindCase(
            "accepted_values: {column: status, values: [new]}",
            "status",
            ["'new'", "'New'"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase(
            "accepted_values: {column: line, values: [1, 2]}",
            "line",
            ["1", "3", "NULL"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase(
            "accepted_values: {column: active, values: [true]}",
            "active",
            ["true", "false"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase("accepted_values: {column: status, values: [new]}", "status", [], .pass, failing: 0),
        KindCase(
            "\"invalid(status, values: ('new', 'paid')) = 0\"",
            "status",
            ["'new'", "'x'"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase("range: {column: amount, min: 0, max: 10.5}", "amount", ["0", "10.5", "NULL"], .pass, failing: 0),
        KindCase(
            "range: {column: amount, min: 0, max: 10.5}",
            "amount",
            ["-0.01", "10.51", "3"],
            .fail,
            failing: 2,
            keys: [1, 2]
        ),
        KindCase("range: {column: amount, above: 0}", "amount", ["0", "0.01"], .fail, failing: 1, keys: [1]),
        KindCase("range: {column: amount, below: 5}", "amount", ["5", "4.99"], .fail, failing: 1, keys: [1]),
        KindCase(
            "range: {column: amount, is: not between 1 and 2}",
            "amount",
            ["1", "3"],
            .fail,
            failing: 1,
            keys: [1]
        ),
        KindCase("range: {column: price, min: 0}", "price", ["1", "'nan'", "'inf'"], .fail, failing: 1, keys: [2]),
        KindCase(
            "range: {column: day, min: 2026-01-01}",
            "day",
            ["'2025-12-31'", "'2026-01-01'"],
            .fail,
            failing: 1,
            keys: [1]
        ),
        KindCase(
            "range: {column: ordered_at, max: '2026-01-01T00:00:00Z'}",
            "ordered_at",
            ["'2026-01-01 01:00:00+01'", "'2026-01-01 00:00:01+00'"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase(
            "range: {column: local_at, max: '2026-01-01 00:00:00'}",
            "local_at",
            ["'2026-01-01'", "'2026-01-02'"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase(
            "dbt_utils.accepted_range: {column: amount, min_value: 0, inclusive: false}",
            "amount",
            ["0", "1"],
            .fail,
            failing: 1,
            keys: [1]
        ),
        KindCase("range: {column: amount, min: 0}", "amount", [], .pass, failing: 0),
        KindCase("positive: {column: amount}", "amount", ["0.01", "NULL"], .pass, failing: 0),
        KindCase("positive: {column: amount}", "amount", ["0", "-1", "2"], .fail, failing: 2, keys: [1, 2]),
        KindCase("positive: {column: price}", "price", ["'nan'"], .fail, failing: 1, keys: [1]),
        KindCase("length: {column: status, min: 1, max: 3}", "status", ["'a'", "'äöü'", "NULL"], .pass, failing: 0),
        KindCase("length: {column: status, equals: 2}", "status", ["''", "'ab'"], .fail, failing: 1, keys: [1]),
        KindCase("'invalid(status, max_length: 3) = 0'", "status", ["'abcd'"], .fail, failing: 1, keys: [1]),
        KindCase("pattern: {column: status, regex: '^[a-z]+$'}", "status", ["'abc'", "NULL"], .pass, failing: 0),
        KindCase(
            "pattern: {column: status, regex: '^it''s'}",
            "status",
            ["'abc'", "'it''s x'"],
            .fail,
            failing: 1,
            keys: [1]
        ),
        KindCase("pattern: {column: status, regex: '('}", "status", ["'abc'"], .error),
        KindCase("pattern: {column: status, regex: a}", "status", [], .pass, failing: 0),
        KindCase(
            "expression: amount >= 0 OR amount = -5",
            "amount",
            ["1", "-1", "NULL"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase("expression: orders.amount >= 0 -- never", "amount", ["1"], .pass, failing: 0),
        KindCase("expression: nowhere > 1", "amount", ["1"], .error),
        KindCase("expression: CAST(status AS INT) > 0", "status", ["'x'"], .error),
        KindCase("expression: amount > 0", "amount", [], .pass, failing: 0),
    ]

    private static let values: [KindCase] = [
        KindCase("row_count between 2 and 3", "line", ["1", "2"], .pass),
        KindCase("row_count > 0", "line", [], .fail),
        KindCase("row_count = 0", "line", [], .pass),
        KindCase("row_count: {min: 2}", "line", ["1"], .fail),
        KindCase("row_count: 1", "line", ["1"], .pass),
        KindCase("sum(amount) = 3.30", "amount", ["1.1", "2.2", "NULL"], .pass),
        KindCase("sum(amount) = 3.31", "amount", ["1.1", "2.2"], .fail),
        KindCase("sum(amount) >= 0", "amount", [], .error),
        KindCase("sum(amount) >= 0", "amount", ["NULL"], .error),
        KindCase("sum(line) > 4000000000", "line", ["2147483647", "2147483647"], .pass),
        KindCase("amount > 3", "amount", ["1.1", "2.2"], .pass),
        KindCase("avg(amount) between 1 and 2", "amount", ["1", "2"], .pass),
        KindCase("avg(price) < 1", "price", ["'nan'"], .fail),
        KindCase("avg(price) != 1", "price", ["'nan'"], .fail),
        KindCase("min(amount) >= 0", "amount", ["-0.01", "3"], .fail),
        KindCase("max: {column: day, max: 2026-01-01}", "day", ["'2026-01-02'"], .fail),
        KindCase("max(day) <= '2026-01-01'", "day", ["'2026-01-01'"], .pass),
        KindCase("min(ordered_at) >= '2025-01-01'", "ordered_at", ["'2025-06-01 00:00:00+00'"], .pass),
        KindCase("median(amount) = 2", "amount", ["1", "2", "9"], .pass),
        KindCase("stddev(price) < 0.1", "price", ["1", "1"], .pass),
        KindCase("stddev(price) < 0.1", "price", ["1"], .error),
        KindCase("distinct(status) = 2", "status", ["'a'", "'b'", "'a'", "NULL"], .pass),
        KindCase("distinct(line) = 2", "line", ["7", "8", "8", "NULL"], .pass),
        KindCase("distinct(line) = 0", "line", [], .pass),
        KindCase("distinct(line) > 1", "line", ["7", "7"], .fail),
        KindCase("quantile(amount, 0.5) between 1.5 and 1.5", "amount", ["1", "2"], .pass),
        KindCase("quantile: {column: price, quantile: 0.9, max: 1}", "price", ["1", "3"], .fail),
        KindCase("max(ordered_at) newer than 2 hours", "ordered_at", ["'2025-12-31 22:00:00+00'"], .pass),
        KindCase("max(ordered_at) newer than 2 hours", "ordered_at", ["'2025-12-31 21:59:59+00'"], .fail),
        KindCase("max(ordered_at) newer than 2 hours", "ordered_at", [], .error),
        KindCase("freshness: {column: day, max_age: 1d}", "day", ["'2025-12-31'"], .pass),
        KindCase("freshness: {column: day, max_age: 1d}", "day", ["'infinity'"], .error),
        KindCase("max(local_at) newer than 1 day", "local_at", ["'-infinity'"], .fail),
        KindCase("freshness(local_at) < 60 minutes", "local_at", ["'2025-12-31 22:00:00'"], .fail),
        KindCase(
            "freshness: {loaded_at_field: ordered_at, warn_after: {count: 1, period: hour}, "
                + "error_after: {count: 1, period: day}}",
            "ordered_at",
            ["'2025-12-31 22:00:00+00'"],
            .warn
        ),
        KindCase(
            "freshness: {column: ordered_at, warn_after: {count: 1, period: hour}}",
            "ordered_at",
            ["'2025-12-30 22:00:00+00'"],
            .warn
        ),
        KindCase(
            "sql: SELECT id FROM shop.orders WHERE amount < 0 -- all",
            "amount",
            ["-1", "1"],
            .fail,
            failing: 1,
            keys: [1]
        ),
        KindCase("sql: SELECT * FROM shop.orders WHERE amount < 0", "amount", ["1"], .pass, failing: 0),
        KindCase("sql: SELECT 1 AS other FROM shop.orders", "amount", ["1"], .fail, failing: 1),
        KindCase("sql: {sql: WITH t AS (SELECT 7 AS n) SELECT n FROM t, equals: 7}", "amount", ["1"], .pass),
        KindCase("sql: {sql: SELECT count(*) FROM shop.orders, max: 0}", "amount", ["1"], .fail),
        KindCase("sql: {sql: 'SELECT 1, 2', max: 5}", "amount", ["1"], .error),
        KindCase("sql: {sql: SELECT id FROM shop.orders, max: 5}", "amount", ["1", "2"], .error),
        KindCase("sql: {sql: 'SELECT NULL::INT', max: 5}", "amount", ["1"], .error),
        KindCase("sql: {sql: \"SELECT 'text'\", max: 5}", "amount", ["1"], .error),
        KindCase("sql: SELECT FROM WHERE", "amount", ["1"], .error),
        KindCase("schema: {contains: {id: bigint, amount: 'decimal(12,2)'}}", "amount", ["1"], .pass),
        KindCase("schema: {contains: [id, {name: status, type: int}]}", "amount", ["1"], .fail),
        KindCase("schema: {contains: [id, absent]}", "amount", [], .fail),
        KindCase("schema: {exact: [id, line]}", "amount", [], .fail),
        KindCase("monotonic: {column: line, order_by: id}", "line", ["1", "1", "2", "NULL", "3"], .pass, failing: 0),
        KindCase("monotonic: {column: line, order_by: id}", "line", ["1", "3", "2"], .fail, failing: 1, keys: [3]),
        KindCase(
            "monotonic: {column: line, order_by: id, strict: true}",
            "line",
            ["1", "1"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase(
            "monotonic: {column: line, order_by: id, direction: decreasing}",
            "line",
            ["1", "2"],
            .fail,
            failing: 1,
            keys: [2]
        ),
        KindCase("monotonic: {column: line, order_by: id, partition_by: [active]}", "line", [], .pass, failing: 0),
    ]

    @Test("each kind finds the rows that fail, and leaves nulls to not_null", arguments: rows)
    func rowChecks(_ sample: KindCase) async throws { try await expect(sample) }

    @Test("each kind measures the whole table", arguments: values)
    func tableChecks(_ sample: KindCase) async throws { try await expect(sample) }

    private func expect(_ sample: KindCase) async throws {
        let shop = try await Shop(Shop.orders(sample.column, sample.values))
        let result = try await shop.evaluate(sample.check)
        #expect(result.outcome == sample.outcome, "\(result)")
        #expect(result.failingRows == sample.failing)
        #expect(result.sampleKeys == sample.keys)
        #expect((result.reason != nil) == (sample.outcome == .error))
        // What is shown to a person runs, and shows as many rows as were counted, or all of the duplicates.
        guard sample.outcome != .error, let query = result.query else { return }
        let rows = try await shop.connection.query(query).rowCount
        if let failing = sample.failing {
            #expect(result.check.kindName == "unique" ? rows >= failing : rows == failing)
        }
    }

    private static let formats: [(format: String, valid: [String], invalid: [String])] = [
        (
            "email", ["a@b.co", "first.last+tag@sub.example.org", "o'x@example.com", "1@2.3"],
            [
                "", "a", "a@b", "@b.co", "a@", "a b@c.de", "a@b..c", "a@@b.co", ".a@b.co", "a.@b.co", "a@-b.co",
                "a@b.co ",
            ]
        ),
        (
            "uuid", ["00000000-0000-0000-0000-000000000000", "ABCDEFab-1234-5678-9abc-def012345678"],
            [
                "", "00000000000000000000000000000000", "0000000-00000-0000-0000-000000000000",
                "g0000000-0000-0000-0000-000000000000",
            ]
        ),
        (
            "url", ["http://a", "https://user@example.com:8080/p?q=1#f", "HTTP://a.b/", "ftp://a/b"],
            ["", "a.b", "http://", "http:// a", "http://a b", "javascript:alert(1)", "http://a:port"]
        ),
        (
            "ip",
            [
                "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::8a2e:370:7334", "1:2:3:4:5:6:7:8",
                "::ffff:1.2.3.4", "1::8",
            ],
            [
                "", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
                "1::2::3", "g::", "12345::",
            ]
        ),
        (
            "iban", ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "fr1420041010050500013M02606"],
            ["", "DE88370400440532013000", "DE89", "89DE370400440532013000", "DE8937040044053201300!"]
        ),
        (
            "card", ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005", "6011000990139424"],
            ["", "4111111111111112", "0", "411111111111111a", "41111111111111111111111"]
        ),
        (
            "date", ["2026-01-31", "2024-02-29"],
            ["", "2026-02-29", "2026-1-31", "31.01.2026", "2026-01-31T00:00", "infinity"]
        ),
    ]

    @Test("each format knows its own", arguments: formats.map(\.format))
    func knowsItsOwn(format: String) async throws {
        let sample = try #require(Self.formats.first { $0.format == format })
        let values = (sample.valid + sample.invalid).map { sqlLiteral($0) } + ["NULL"]
        let shop = try await Shop(Shop.orders("status", values))
        let check = try declared("checks: [{format: {column: status, format: \(format)}}]")[0]
        let predicate = try #require(try Shop.plan([check]).rowPredicate(check))
        let found = try await shop.connection.query(
            "SELECT status FROM shop.orders AS orders WHERE \(predicate) ORDER BY id"
        )
        let texts = found.batches.flatMap { batch in
            (0..<batch.rowCount).map { EngineValue.text(batch.columns[0], $0) ?? "" }
        }
        #expect(texts == sample.invalid)
        let result = try await shop.evaluate([check])[0]
        #expect(result.failingRows == Int64(sample.invalid.count))
    }

    @Test("a UUID is one already, and a day a date")
    func typedFormats() async throws {
        let shop = try await Shop(Shop.orders("day", ["'2026-01-01'"]))
        #expect(try await shop.evaluate("'invalid(ref, format: uuid) = 0'").outcome == .pass)
        #expect(try await shop.evaluate("'invalid(day, format: date) = 0'").outcome == .pass)
    }
}
