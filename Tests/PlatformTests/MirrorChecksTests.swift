import Base
import Capture
import Columns
import Landing
import Settings
import TestKit
import Testing

@testable import Platform

/// SQL of people in the checks of a source.
@Suite struct MirrorChecksTests {
    private func faults(_ expression: String, filter: String? = nil) async throws -> [TarnError] {
        var lines = ["type: postgres", "connection: a", "tables: [b]", "checks:", "  - name: silver.orders"]
        lines += ["    checks:", "      - expression: '\(expression.replacing("'", with: "''"))'"]
        if let filter { lines.append("        where: '\(filter.replacing("'", with: "''"))'") }
        let source = try SourceConfiguration(
            parsing: Array(lines.joined(separator: "\n").utf8),
            file: "sources/shop.yaml",
            defaultName: "shop",
            environment: Environment([:])
        )
        return try await withTemporaryFolder { folder in
            try await MirrorChecks(source, warehouse: folder)?.faults() ?? []
        }
    }

    @Test(
        "conditions over the row are allowed",
        arguments: [
            "amount >= 0 OR status = 'returned'", "orders.amount > 0 -- why", "silver.orders.amount > 0",
            "list_contains(tags, 'a')", "length(list_filter(tags, lambda x: x <> 'a')) > 0",
            "status IN ('a', 'b') AND placed < now()", "CASE WHEN a THEN b ELSE c END",
        ]
    )
    func allowed(expression: String) async throws {
        #expect(try await faults(expression).isEmpty, "\(expression)")
    }

    @Test(
        "what looks beyond the row or out of the lake is refused, with its place",
        arguments: [
            "id IN (SELECT id FROM silver.customers)", "(SELECT max(id) FROM silver.orders) >= id",
            "EXISTS (FROM read_text('/etc/passwd'))", "getenv('HOME') = 'a'", "current_setting('threads') = '1'",
            "id > (FROM silver.orders SELECT 1)", "tarn_hash(id) > 0", "amount >",
        ]
    )
    func refused(expression: String) async throws {
        for found in [try await faults(expression), try await faults("id > 0", filter: expression)] {
            #expect(found.count == 1, "\(expression)")
            let isPlaced = found.first?.detail.contains { $0.key == "at" && $0.value.hasPrefix("sources/shop.yaml:") }
            #expect(isPlaced == true, "\(found)")
        }
    }

    @Test("a source without checks of rows has none to make ready")
    func none() throws {
        let text = """
            type: postgres
            connection: a
            tables: [b]
            checks:
              - name: silver.orders
                checks: [row_count > 0]
            """
        let source = try SourceConfiguration(
            parsing: Array(text.utf8),
            file: "sources/shop.yaml",
            defaultName: "shop",
            environment: Environment([:])
        )
        let checks = try MirrorChecks(source, warehouse: "/")
        #expect(checks == nil)
    }

    @Test("checks are held against the tables of the source before they run")
    func tables() throws {
        let text = """
            type: postgres
            connection: a
            tables: [b]
            silver: clean.{table}
            checks:
              - name: clean.orders
                checks: [missing(emial) = 0, missing(email) = 0, row_count > 0, sum(email) > 1]
              - name: silver.orders
                checks: [row_count > 0]
              - name: clean.visits
                checks: [row_count > 0]
            """
        let source = try SourceConfiguration(
            parsing: Array(text.utf8),
            file: "sources/shop.yaml",
            defaultName: "shop",
            environment: Environment([:])
        )
        let schema = Schema(fields: [
            Field(id: 1, name: "id", type: .long), Field(id: 2, name: "email", type: .string),
        ])
        let tables = [("orders", [0]), ("visits", [])].map { name, key in
            CapturedTable(identity: 1, namespace: "public", name: name, schema: schema, key: key)
        }
        var options = LandingOptions()
        options.silverName = "clean.{table}"
        let faults = source.checkFaults(tables, options)
        #expect(
            faults.map { $0.detail.first?.value } == [
                "sources/shop.yaml:7:14", "sources/shop.yaml:7:69", "sources/shop.yaml:8:11",
                "sources/shop.yaml:10:11",
            ]
        )
        #expect(faults.first?.remedy.contains("email") == true, "\(faults)")
    }
}
