import Base
import Columns
import Engine
import Synchronization
import TestKit
import Testing

@testable import Checks

/// Keeps `Golden/bench.sql` in step: the statements that `bench/checks.py` measures.
@Suite struct BenchTests {
    /// Those that `bench/checks.py` evaluates.
    private static func yaml() -> String {
        let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
        return readText("\(root)/bench/checks.yaml") ?? ""
    }

    /// Stands for ten million rows: keys lie dense, and go as far.
    private static let rows = """
        CREATE SCHEMA shop;
        CREATE TABLE shop.customers AS SELECT i AS id FROM range(1000) t(i);
        CREATE TABLE shop.orders AS
        SELECT CASE WHEN i = 199999 THEN 9999999 ELSE i END AS id, i % 1000 AS customer_id, i // 3 AS order_id,
            (i % 3)::INTEGER AS line,
            'user' || i || '@example.com' AS email, 'paid' AS status, 5000::DECIMAL(12, 2) AS amount,
            (1 + i % 50)::INTEGER AS quantity, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS ordered_at, 'SKU-000001' AS sku
        FROM range(200000) t(i)
        """

    private static let schema = Schema(
        fields: [
            Field(id: 1, name: "id", type: .long, isRequired: true), Field(id: 2, name: "customer_id", type: .long),
            Field(id: 3, name: "order_id", type: .long), Field(id: 4, name: "line", type: .int),
            Field(id: 5, name: "email", type: .string), Field(id: 6, name: "status", type: .string),
            Field(id: 7, name: "amount", type: .decimal(precision: 12, scale: 2)),
            Field(id: 8, name: "quantity", type: .int), Field(id: 9, name: "ordered_at", type: .timestamptz),
            Field(id: 10, name: "sku", type: .string),
        ],
        identifierFieldIDs: [1]
    )

    @Test("twenty checks are few statements, and those that are measured")
    func golden() async throws {
        let connection = try Engine(EngineConfiguration(memoryLimitBytes: 1 << 30, threads: 2)).connect()
        try await connection.execute(Self.rows)
        let checks = try declared(Self.yaml())
        #expect(checks.count == 20)
        #expect(CheckTypes.faults(of: checks, in: Self.schema).isEmpty)
        let table = CheckedTable(name: Shop.name, relation: "shop.orders", schema: Self.schema)
        let asked = Mutex<[String]>([])
        let plan = CheckPlan(
            checks,
            of: table,
            CheckContext(now: Shop.now, relation: { (name) throws(TarnError) in name })
        )
        let results = try await plan.evaluate { (sql) throws(TarnError) in
            asked.withLock { $0.append(sql) }
            return try await connection.query(sql).batches
        }
        #expect(results.allSatisfy { $0.outcome == .pass }, "\(results.filter { $0.outcome != .pass })")
        expectGolden(asked.withLock { $0.map { $0 + ";\n" }.joined(separator: "\n") }, "bench.sql")
    }
}
