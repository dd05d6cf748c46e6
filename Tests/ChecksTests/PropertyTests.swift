import Base
import Columns
import Engine
import Testing

@testable import Checks

/// Fused answers against those of queries that somebody would write for each check alone.
@Suite struct PropertyTests {
    /// The rows of each group beyond its first.
    private static func surplus(_ condition: String, _ columns: String) -> String {
        let groups = "SELECT count(*) n FROM shop.orders WHERE \(condition) GROUP BY \(columns)"
        return "SELECT coalesce(sum(n - 1), 0) FROM (\(groups))"
    }

    /// A check and the plain query for the number of its failing rows, or its value.
    private static let pairs: [(check: String, naive: String)] = [
        ("missing(status) = 0", "SELECT count(*) FROM shop.orders WHERE status IS NULL"),
        ("missing(amount) = 0 where line > 2", "SELECT count(*) FROM shop.orders WHERE line > 2 AND amount IS NULL"),
        (
            "duplicates(customer_id) = 0",
            surplus("customer_id IS NOT NULL", "customer_id")
        ),
        (
            "duplicates(line) = 0",
            surplus("line IS NOT NULL", "line")
        ),
        (
            "duplicates(line) = 0 where active",
            surplus("line IS NOT NULL AND active", "line")
        ),
        ("duplicates(id) = 0", "SELECT count(*) - count(DISTINCT id) FROM shop.orders"),
        ("duplicates(status) = 0", "SELECT count(status) - count(DISTINCT status) FROM shop.orders"),
        (
            "duplicates(line, status) = 0",
            surplus("line IS NOT NULL AND status IS NOT NULL", "line, status")
        ),
        ("invalid(amount, min: 0, max: 50) = 0", "SELECT count(*) FROM shop.orders WHERE amount < 0 OR amount > 50"),
        ("invalid(price, min: 0) = 0", "SELECT count(*) FROM shop.orders WHERE price < 0 OR isnan(price)"),
        (
            "invalid(status, values: ('a', 'b')) = 0",
            "SELECT count(*) FROM shop.orders WHERE NOT (status = 'a' OR status = 'b')"
        ),
        ("invalid(status, max_length: 1) = 0", "SELECT count(*) FROM shop.orders WHERE len(status) >= 2"),
        ("invalid(status, pattern: '^a') = 0", "SELECT count(*) FROM shop.orders WHERE left(status, 1) <> 'a'"),
        ("distinct(line) >= 0", "SELECT count(DISTINCT line) FROM shop.orders"),
        ("distinct(status) >= 0", "SELECT count(DISTINCT status) FROM shop.orders"),
        ("row_count >= 0", "SELECT count(*) FROM shop.orders"),
        ("row_count >= 0 where amount > 10", "SELECT count(*) FROM shop.orders WHERE amount > 10"),
        ("sum(amount) >= 0", "SELECT sum(amount) FROM shop.orders"),
        ("max(line) >= 0", "SELECT max(line) FROM shop.orders"),
        ("min(amount) >= 0 where active", "SELECT min(amount) FROM shop.orders WHERE active"),
        ("quantile(amount, 0.25) >= 0", "SELECT quantile_cont(amount, 0.25) FROM shop.orders"),
    ]

    private static let seeds = (1...12).map { UInt64($0) }

    @Test("the fused answers are those of one query each", arguments: seeds)
    func fusedEqualsNaive(seed: UInt64) async throws {
        let entropy = SeededEntropy(seed: seed)
        let shop = try await Shop(Self.rows(entropy))
        let checks = try Self.pairs.map { try expression($0.check) }
        let results = try await shop.evaluate(checks)
        for (pair, result) in zip(Self.pairs, results) {
            let answer = try await shop.connection.query(pair.naive).batches
            let expected = answer.first.flatMap { EngineValue.measured($0.columns[0]) }
            #expect(result.value == expected?.double, "seed \(seed): \(pair.check): \(result)")
            #expect((result.outcome == .error) == (expected == nil))
        }
    }

    @Test("the row predicate holds for exactly the rows that were counted", arguments: seeds)
    func rowPredicates(seed: UInt64) async throws {
        let shop = try await Shop(Self.rows(SeededEntropy(seed: seed)))
        let checks = try Self.pairs.map { try expression($0.check) }.filter {
            if case .rows = $0.kind { true } else { false }
        }
        let results = try await shop.evaluate(checks)
        for (check, result) in zip(checks, results) {
            let predicate = try #require(try Shop.plan(checks).rowPredicate(check))
            let found = try await shop.connection.query("SELECT id FROM shop.orders AS orders WHERE \(predicate)")
            #expect(Int64(found.rowCount) == result.failingRows, "seed \(seed): \(check.name)")
        }
    }

    /// Up to 300 rows with nulls, repetitions, NaN, and numbers that lie dense or far apart.
    private static func rows(_ entropy: SeededEntropy) -> String {
        let count = Int(entropy.next() % 300)
        func pick(_ values: [String]) -> String { values[Int(entropy.next() % UInt64(values.count))] }
        let isSparse = entropy.next() % 2 == 0
        let rows = (0..<count).map { id in
            let line = String(Int64(entropy.next() % 400) - 200)
            let customer = isSparse ? String(Int64(bitPattern: entropy.next())) : line
            let amount = "\(Int64(entropy.next() % 20_000) - 5000) / 100.0"
            return [
                String(id), pick([line, line, "NULL"]), pick([customer, "7", "NULL"]), pick([amount, amount, "NULL"]),
                pick(["1", "-1", "'nan'", "NULL", "'-inf'"]), pick(["'a'", "'b'", "'ab'", "''", "NULL"]),
                pick(["true", "false", "NULL"]),
            ].joined(separator: ", ")
        }
        guard !rows.isEmpty else { return "SELECT 1" }
        let columns = "id, line, customer_id, amount, price, status, active"
        return "INSERT INTO shop.orders (\(columns)) VALUES \(rows.map { "(\($0))" }.joined(separator: ", "))"
    }

    @Test("hostile files and checks of one line never trap", arguments: seeds)
    func hostile(seed: UInt64) throws {
        let entropy = SeededEntropy(seed: seed)
        let yaml = """
            columns:
              - name: id
                checks: [not_null, {range: {min: 1, above: 2, between: [1, 2]}}, {length: {max: 5}}, {format: card}]
            checks:
              - {unique: [id, line], where: "a > 1 -- b", at_most: 5%}
              - deviation: {metric: "sum(amount)", within: 20%, window: 7d}
              - schema: {exact: {id: "decimal(12, 2)"}}
              - freshness: {column: ordered_at, warn_after: {count: 1, period: hour}}
              - {sql: "SELECT 1", between: [1, 5], error_if: "> 5"}
            """
        let lines =
            Self.pairs.map(\.check) + ["a within 20% of 7 day average", "max(a) newer than 2 hours where b = 'c'"]
        for _ in 0..<200 {
            let mutated = Self.mutated(Array(yaml.utf8), entropy)
            if let declared = try? declarations(String(decoding: mutated, as: UTF8.self)) {
                _ = CheckTypes.faults(of: declared.checks, in: Shop.schema)
                for check in declared.checks { _ = try? Shop.plan(declared.checks).rowPredicate(check) }
            }
            let line = lines[Int(entropy.next() % UInt64(lines.count))]
            _ = try? expression(String(decoding: Self.mutated(Array(line.utf8), entropy), as: UTF8.self))
        }
    }

    private static func mutated(_ bytes: [UInt8], _ entropy: SeededEntropy) -> [UInt8] {
        let spice = Array("(){}[]'\"%:,-.;$/*\\\0 é=<>0w".utf8)
        var result = bytes
        for _ in 0..<(1 + entropy.next() % 4) {
            let place = Int(entropy.next() % UInt64(max(1, result.count)))
            guard place < result.count else { continue }
            switch entropy.next() % 4 {
            case 0: result[place] = spice[Int(entropy.next() % UInt64(spice.count))]
            case 1: result.insert(spice[Int(entropy.next() % UInt64(spice.count))], at: place)
            case 2: result.remove(at: place)
            default: result.removeSubrange(place..<min(result.count, place + Int(entropy.next() % 20)))
            }
        }
        return result
    }
}
