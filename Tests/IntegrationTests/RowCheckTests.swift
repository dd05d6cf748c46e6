import Base
import Checks
import Columns
import Engine
import Lake
import Landing
import Settings
import Testing

@testable import PostgresSource

/// Checks of mirrors on the road from a real database into the lake.
@Suite(.enabled(if: Road.isAvailable, "TARN_TEST_POSTGRES names no server"))
struct RowCheckTests {
    private static let setup = """
        CREATE TABLE orders (id bigint PRIMARY KEY, email text, amount numeric(12,2), note text);
        INSERT INTO orders SELECT i, 'a' || i || '@example.org', i, 'confidential' FROM generate_series(1, 1000) i;
        """
    private static let checks = """
        columns:
          - name: email
            checks: [not_null, {format: email}]
          - name: amount
            checks: [{range: {min: 0, max: 100000}}]
        """
    private let silver = TableName(namespace: "silver", name: "orders")
    private let columns = ["check_name", "outcome", "measured", "sample_keys", "published"]

    @Test("a bad row arrives all the same, is recorded by its key, and passes once it is corrected")
    func badRow() async throws {
        try await Road.with("checks", Self.setup, checks: { try rowChecks($0) }) { road in
            try await road.following {
                try await road.wait { $0.phase == .streaming }
                #expect(road.landing.status.checks.map(\.outcome) == [.pass, .pass, .pass])
                #expect(road.landing.status.checks.map(\.rowsTotal) == [1000, 1000, 1000])
                try await road.database.execute("INSERT INTO orders VALUES (2001, NULL, -5, 'confidential')")
                try await road.wait { $0.checks.count(where: \.isFailing) == 2 }
                let seen = try await road.lakeRows(silver, ["id", "amount"])
                #expect(seen.contains(["2001", "-5.00"]))
                try await road.database.execute("UPDATE orders SET email = 'b@example.org', amount = 5 WHERE id = 2001")
                try await road.wait { $0.checks.allSatisfy { $0.outcome == .pass } }
            }
            let results = try await road.lakeRows(CheckResults.table, columns)
            #expect(
                results.filter { $0[1] == "fail" } == [
                    ["not_null(email)", "fail", "1 of 1 rows", "id=2001", "true"],
                    ["range(amount)", "fail", "1 of 1 rows", "id=2001", "true"],
                ]
            )
            #expect(results.contains(["not_null(email)", "pass", "0 of 1000 rows", nil, "true"]))
            #expect(results.contains(["range(amount)", "pass", "0 of 1 rows", nil, "true"]))
            let all = try await road.lakeRows(CheckResults.table, CheckResults.schema.fields.map(\.name))
            #expect(all.allSatisfy { row in row.allSatisfy { $0?.contains("confidential") != true } })
            try await expectQueryShowsNoRow(road)
        }
    }

    @Test("a column that a check names appears at the source: the error ends by itself")
    func addedColumn() async throws {
        let yaml = "checks: [{expression: discount < 1}]"
        try await Road.with("checkcolumn", Self.setup, checks: { try rowChecks($0, yaml) }) { road in
            try await road.following {
                try await road.wait { $0.checks.first?.outcome == .error }
                try await road.database.execute("ALTER TABLE orders ADD COLUMN discount double precision")
                try await road.database.execute("UPDATE orders SET discount = 0.5 WHERE id = 1")
                try await road.wait { $0.checks.first?.outcome == .pass }
                try await road.database.execute("UPDATE orders SET discount = 2 WHERE id IN (1, 2)")
                try await road.wait { $0.checks.first?.outcome == .fail }
                #expect(road.landing.status.checks.first?.failingRows == 2)
            }
        }
    }

    /// The statement for people runs on the silver table, of which no row fails any more.
    private func expectQueryShowsNoRow(_ road: Road) async throws {
        let queries = try await road.lakeRows(CheckResults.table, ["query"])
        #expect(queries.contains { $0[0]?.contains(#"FROM "silver"."orders" AS "orders" WHERE"#) == true })
    }

    private func rowChecks(_ warehouse: String, _ yaml: String = checks) throws -> RowChecks {
        let root = try ConfigurationDocument.parse(Array("table: silver.orders\n\(yaml)".utf8), file: "shop.yaml")
        let table = try CheckFile.read(root)[0]
        if let fault = table.declared.faults.first { throw fault }
        let engine = try Engine(
            EngineConfiguration(
                memoryLimitBytes: 128 << 20,
                threads: 1,
                allowedDirectories: [warehouse],
                isLockedDown: true
            )
        )
        return RowChecks([table.name: table.declared.checks], engine: engine) { (fragment) throws(TarnError) in
            fragment.text
        }
    }
}
