import Base
import Columns
import Engine
import Synchronization
import Testing

@testable import Checks

@Suite struct EvaluationTests {
    private static let three =
        "INSERT INTO shop.orders (id, line, customer_id, amount, status, day) VALUES "
        + "(1, 1, 10, 5, 'new', '2026-01-01'), (2, 1, 11, -5, 'paid', '2026-01-02'), (3, 2, NULL, NULL, NULL, NULL)"

    @Test("a relationship fails for values that the other table lacks, and lets nulls pass")
    func relationships() async throws {
        let shop = try await Shop(
            Self.three,
            "INSERT INTO shop.customers VALUES (10, 'a', 1), (10, 'b', 1), (NULL, 'c', 1)"
        )
        let check = "relationships: {column: customer_id, to: shop.customers, field: id}"
        let result = try await shop.evaluate(check)
        #expect(result.outcome == .fail)
        #expect(result.failingRows == 1)
        #expect(result.sampleKeys == ["id=2"])
        #expect(result.measured == "1 of 3 rows")
        #expect(
            try await shop.evaluate("relationships: {column: customer_id, to: shop.customers, field: id, at_most: 34%}")
                .outcome == .pass
        )
        #expect(
            try await shop.evaluate("relationships: {column: customer_id, to: shop.customers, field: nope}").outcome
                == .error
        )
        #expect(
            try await shop.evaluate("relationships: {column: customer_id, to: lost.customers, field: id}").outcome
                == .error
        )
        let pair = "relationships: {columns: [customer_id, status], to: ref('shop.customers'), fields: [id, code]}"
        #expect(try await shop.evaluate(pair).failingRows == 2)
        try await shop.connection.execute("DELETE FROM shop.customers")
        #expect(try await shop.evaluate(check).failingRows == 2)
        try await shop.connection.execute("DELETE FROM shop.orders")
        #expect(try await shop.evaluate(check).outcome == .pass)
    }

    @Test("several columns are unique together, and a null among them leaves the row out")
    func compositeUnique() async throws {
        let shop = try await Shop(
            "INSERT INTO shop.orders (id, line, customer_id) VALUES "
                + "(1, 1, 1), (2, 1, 2), (3, 1, 1), (4, NULL, 1), (5, NULL, 1)"
        )
        let result = try await shop.evaluate("unique: [customer_id, line]")
        #expect(result.failingRows == 1)
        #expect(result.sampleKeys == ["id=1", "id=3"])
        #expect(try await shop.evaluate("duplicates(id, line) = 0").outcome == .pass)
        #expect(try await shop.evaluate("duplicates(customer_id, line) <= 20%").outcome == .pass)
        #expect(try await shop.evaluate("duplicates(customer_id, line) < 20%").outcome == .fail)
    }

    @Test("a condition narrows what a check looks at, for every kind")
    func filters() async throws {
        let shop = try await Shop(Self.three, "INSERT INTO shop.customers VALUES (10, 'a', 5)")
        let passing = [
            "missing(status) = 0 where id < 3", "row_count = 1 where status = 'paid' -- paid ones",
            "sum(amount) = 5 where amount > 0", "duplicates(line) = 0 where id > 1", "distinct(line) = 1 where id < 3",
            "max(day) newer than 1 hour where day <= '2026-01-01'",
            "sum(amount) = sum(total) of shop.customers where amount > 0",
        ]
        for text in passing {
            let result = try await shop.evaluate([expression(text)])[0]
            #expect(result.outcome == .pass, "\(result)")
            #expect(try await shop.connection.query(#require(result.query)).rowCount >= 0)
        }
        for text in [
            "positive: {column: amount, where: id <> 2}",
            "relationships: {column: customer_id, to: shop.customers, field: id, where: amount > 0}",
            "monotonic: {column: amount, order_by: id, where: amount > 0}",
            "reconciliation: {metric: row_count, to: shop.customers, to_where: customers.total > 9, where: id > 9}",
        ] { #expect(try await shop.evaluate(text).outcome == .pass, "\(text)") }
    }

    @Test("severity and thresholds decide between pass, warn and fail")
    func thresholds() async throws {
        let shop = try await Shop(Self.three)
        let expected: [(String, CheckResult.Outcome)] = [
            ("not_null: {column: status, severity: warn}", .warn), ("not_null: {column: status, at_most: 1}", .pass),
            ("not_null: {column: status, at_most: 33%}", .fail), ("not_null: {column: status, at_most: 34%}", .pass),
            ("not_null: {column: status, config: {error_if: '> 1', warn_if: '> 0'}}", .warn),
            ("not_null: {column: status, error_if: '>0', warn_if: '> 5'}", .fail),
            ("not_null: {column: status, error_if: '> 50%', warn_if: '!= 0'}", .warn),
            ("avg: {column: amount, min: 0, warn_if: '= 0'}", .warn), ("avg: {column: amount, error_if: '< 0'}", .pass),
            ("{check: row_count > 5, severity: warn, name: enough}", .warn),
        ]
        for (text, outcome) in expected { #expect(try await shop.evaluate(text).outcome == outcome, "\(text)") }
        let result = try await shop.evaluate("{check: row_count > 5, severity: warn, name: enough}")
        #expect(result.check.name == "enough")
        #expect(!result.isBlocking)
        #expect(result.measured == "3")
        #expect(result.expected == "> 5")
    }

    @Test("history is compared with, and its lack is an error")
    func history() async throws {
        let shop = try await Shop("INSERT INTO shop.orders (id, amount) SELECT i, 1 FROM range(100) t(i)")
        func points(_ values: [(daysAgo: Int64, value: Double)]) -> [HistoryPoint] {
            values.map {
                HistoryPoint(
                    time: Timestamp(microseconds: Shop.now.microseconds - $0.daysAgo * 86_400_000_000),
                    value: $0.value
                )
            }
        }
        func outcome(_ text: String, _ values: [(daysAgo: Int64, value: Double)]) async throws -> CheckResult {
            try await shop.evaluate([expression(text)], Shop.context(history: [text: points(values)]))[0]
        }
        let average = "sum(amount) within 20% of 7 day average"
        #expect(try await outcome(average, [(1, 90), (2, 110), (9, 1)]).outcome == .pass)
        #expect(try await outcome(average, [(1, 125)]).outcome == .pass)
        #expect(try await outcome(average, [(1, 126)]).outcome == .fail)
        #expect(try await outcome(average, [(8, 100)]).outcome == .error)
        #expect(try await outcome(average, []).value == 100)
        #expect(try await outcome("amount within 20% of 7 day average", [(1, 100)]).outcome == .pass)
        #expect(try await outcome("row_count_change between -10% and 10%", [(3, 1), (1, 95)]).outcome == .pass)
        #expect(try await outcome("row_count_change between -10% and 10%", [(1, 80)]).outcome == .fail)
        #expect(try await outcome("row_count_change < 10%", []).outcome == .error)
        #expect(try await outcome("row_count_change < 10%", [(1, 0)]).outcome == .error)
        let first = "deviation: {metric: sum(amount), within: 5%, window: 7d, min_history: 0}"
        #expect(try await shop.evaluate(first).outcome == .pass)
    }

    @Test("two tables are reconciled by their metrics")
    func reconciliation() async throws {
        let shop = try await Shop(
            Self.three,
            "INSERT INTO shop.customers VALUES (1, 'a', 0.5), (2, 'b', 0.5), (3, 'c', NULL)"
        )
        let expected: [(String, CheckResult.Outcome)] = [
            ("row_count = row_count of shop.customers", .pass), ("sum(amount) = sum(total) of shop.customers", .fail),
            ("row_count within 1% of row_count of shop.customers", .pass),
            ("sum(amount) within 1 of sum(total) of shop.customers", .pass),
            ("sum(amount) within 0.99 of sum(total) of shop.customers", .fail),
            ("sum(amount) within 100% of sum(total) of shop.customers", .pass),
            ("sum(amount) = sum(nope) of shop.customers", .error), ("row_count = row_count of lost.customers", .error),
            ("avg(line) = max(code) of shop.customers", .error),
        ]
        for (text, outcome) in expected {
            let result = try await shop.evaluate([expression(text)])[0]
            #expect(result.outcome == outcome, "\(result)")
        }
        try await shop.connection.execute("DELETE FROM shop.customers")
        #expect(try await shop.evaluate("sum(amount) = sum(total) of shop.customers").outcome == .error)
    }

    @Test("a check at fault is an error alone; those beside it are answered")
    func isolation() async throws {
        let shop = try await Shop(Self.three)
        let checks = try declared(
            """
            checks:
              - missing(id) = 0
              - expression: amount / nowhere > 0
              - not_null: {column: status, where: "CAST(status AS INT) > 0", severity: warn}
              - unique: line
              - sum(amount) = 0
            """
        )
        let results = try await shop.evaluate(checks)
        #expect(results.map(\.outcome) == [.pass, .error, .error, .fail, .pass])
        #expect(results.map(\.isBlocking) == [false, true, false, true, false])
        #expect(results[1].reason?.contains("nowhere") == true)
        #expect(results[2].reason?.contains("paid") == false)
    }

    @Test("a column that is gone is an error of its check, with its place")
    func missingColumn() async throws {
        let shop = try await Shop(Self.three)
        let results = try await shop.evaluate(declared("checks: [missing(gone) = 0, missing(id) = 0]"))
        #expect(results.map(\.outcome) == [.error, .pass])
        #expect(results[0].reason == "There is no column `gone`. (at: orders.yaml:1:10) (character: 9)")
    }

    @Test("SQL that the caller refuses never runs")
    func refusedSQL() async throws {
        let shop = try await Shop(Self.three)
        var context = Shop.context()
        context.sql = { (fragment) throws(TarnError) in
            guard !fragment.text.contains("getenv") else {
                throw TarnError(.queryForbidden, "The function cannot be used here.")
            }
            return fragment.text
        }
        let results = try await shop.evaluate(
            declared("checks: [{expression: getenv('HOME') = ''}, {sql: SELECT getenv('HOME')}, row_count = 3]"),
            context
        )
        #expect(results.map(\.outcome) == [.error, .error, .pass])
        #expect(results[0].reason == "The function cannot be used here.")
    }

    @Test("samples are keys only, at most five, and none without a key")
    func samples() async throws {
        let shop = try await Shop("INSERT INTO shop.orders (id, status) SELECT i, 'secret' FROM range(100) t(i)")
        let check = try declared("checks: [{accepted_values: {column: status, values: [new]}}]")
        let result = try await shop.evaluate(check)[0]
        #expect(result.sampleKeys == ["id=0", "id=1", "id=2", "id=3", "id=4"])
        #expect(
            !"\(CheckResults(run: "r", table: Shop.name, version: 1, time: Shop.now, isPublished: true).json([result]).text)"
                .contains(
                    "secret"
                )
        )
        var schema = Shop.schema
        schema.identifierFieldIDs = []
        let plan = Shop.plan(check, schema: schema)
        let connection = shop.connection
        let keyless = try await plan.evaluate { (sql) throws(TarnError) in try await connection.query(sql).batches }
        #expect(keyless[0].sampleKeys == [])
        #expect(keyless[0].failingRows == 100)
    }

    @Test("all aggregates are one scan; what cannot be one is a statement of its own")
    func statements() async throws {
        let shop = try await Shop(Self.three)
        let checks = try declared(
            """
            columns:
              - {name: id, checks: [not_null, unique]}
              - {name: line, checks: [not_null, {range: {min: 0, max: 100}}, "distinct(line) > 1"]}
              - {name: amount, checks: [{at_most: 100%, positive: }, {avg: {is: "< 5"}}]}
              - {name: status, checks: [{unique: }]}
            checks: [row_count > 0, "sum(amount) = 0", {unique: [id, line]}]
            """
        )
        let asked = Mutex<[String]>([])
        let connection = shop.connection
        let results = try await Shop.plan(checks).evaluate { (sql) throws(TarnError) in
            asked.withLock { $0.append(sql) }
            return try await connection.query(sql).batches
        }
        #expect(results.allSatisfy { $0.outcome == .pass }, "\(results.filter { $0.outcome != .pass })")
        // The scan, one of bitmaps, and two sets of columns that are grouped.
        #expect(asked.withLock(\.count) == 4)
    }

    @Test("an interruption ends the evaluation, and is no result")
    func interruption() async throws {
        let checks = try declared("checks: [row_count > 0]")
        let error = await #expect(throws: TarnError.self) {
            _ = try await Shop.plan(checks).evaluate { (_) throws(TarnError) in
                throw TarnError(.interrupted, "The statement was interrupted.")
            }
        }
        #expect(error?.code == .interrupted)
    }

    @Test("no statement answers: each check is an error")
    func brokenEngine() async throws {
        let checks = try declared("checks: [row_count > 0, duplicates(line) = 0, {sql: SELECT 1}, {schema: [id]}]")
        let results = try await Shop.plan(checks).evaluate { (_) throws(TarnError) in [] }
        #expect(results.map(\.outcome) == [.error, .error, .error, .pass])
        let narrow = try await Shop.plan(checks).evaluate { (_) throws(TarnError) in
            var batch = ColumnBatch(schema: Schema(fields: [Field(id: 1, name: "a", type: .string)]))
            batch.columns[0].append(string: "x")
            return [batch]
        }
        #expect(narrow.map(\.outcome) == [.error, .error, .error, .pass])
    }

    @Test("names with quotes are names")
    func weirdNames() async throws {
        let shop = try await Shop("INSERT INTO shop.orders (id, \"we\"\"ird name\") VALUES (1, 'a'), (2, 'a')")
        let result = try await shop.evaluate("'duplicates(\"we\"\"ird name\") = 0'")
        #expect(result.failingRows == 1)
        #expect(result.sampleKeys == ["id=1", "id=2"])
    }
}
