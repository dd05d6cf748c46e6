import Base
import Checks
import Columns
import TestKit
import Testing

@testable import Assets

/// Checks are held against the tables that they read, wherever they are declared, and nothing is run for it.
@Suite struct CheckCompileTests {
    private static let daily = """
        /* ---
        columns:
          - name: day
            checks: [not_null, unique]
        checks:
          - row_count > 0
          - expression: revenue >= 0
        --- */
        SELECT CAST(ordered_at AS date) AS day, sum(total) AS revenue FROM silver.orders GROUP BY day
        """

    @Test("all mistakes in checks are reported at once, each with file, line and column")
    func mistakes() async throws {
        let project = try await Shop.compile([
            "assets/gold/daily.sql": """
            /* ---
            columns:
              - name: day
                checks: [not_nul, positive, "missing(dya) = 0"]
              - name: gone
                checks: [not_null]
            checks:
              - row_count: between 1 and few
              - expression: revnue >= 0
              - expression: day > revenue
                where: city = 'Ulm'
              - relationships: {to: silver.custmers, columns: [day], field: id}
              - relationships: {to: silver.customers, columns: [day], field: idd}
              - relationships: {to: silver.orders, columns: [day], field: total}
              - sum(revenue) = sum(totl) of silver.orders
              - sum(revenue) = sum(status) of silver.orders
              - sql: SELECT day FROM gold.daily WHERE day NOT IN (SELECT da FROM gold.other)
              - sql: SELECT * FROM read_csv('/etc/passwd')
              - sql: SELECT id FROM silver.orders AT (VERSION => 5)
              - sql: SELECT FROM WHERE
              - reconciliation: {metric: sum(revenue), to: silver.orders, to_metric: sum(total), to_where: stat = 'x'}
            --- */
            SELECT CAST(ordered_at AS date) AS day, sum(total) AS revenue FROM silver.orders GROUP BY day
            """,
            "assets/gold/other.sql": "SELECT day FROM gold.daily",
            "assets/gold/broken.sql": "/* ---\nchecks: [nothing_known]\n--- */\nSELECT wrong FROM silver.orders",
            "checks/several.yaml": """
            tables:
              - name: silver.orders
                columns:
                  - name: totl
                    checks: [not_null]
                checks:
                  - expression: totla > 0
              - name: silver.ordrs
                checks: [row_count > 0]
              - name: gold.dayly
                checks: [row_count > 0]
            """,
            "checks/keys.yaml": "table: silver.orders\nchekcs: [row_count > 0]",
            "checks/deep/yaml.yml": "table: [",
        ])
        expectGolden(project.report, "problems-checks.txt")
    }

    @Test("checks of a header come first, then those of files; names are told apart")
    func joined() async throws {
        let project = try await Shop.compile([
            "assets/gold/daily.sql": Self.daily,
            "checks/b.yaml": "table: gold.daily\nchecks: [row_count > 0, sum(revenue) > 5]",
            "checks/a.yaml":
                "tables: [{name: gold.daily, checks: [max(revenue) < 9]}, {name: silver.orders, checks: [row_count > 1]}]",
            "checks/c.yaml": "table: silver.orders\nchecks: [row_count > 1]",
        ])
        #expect(project.report == "")
        let asset = try #require(project.assets[TableName("gold.daily")])
        #expect(
            asset.checks.map(\.name) == [
                "not_null(day)", "unique(day)", "row_count > 0", "expression(revenue >= 0)", "max(revenue) < 9",
                "row_count > 0 (2)", "sum(revenue) > 5",
            ]
        )
        #expect(Array(project.tableChecks.keys) == [TableName("silver.orders")])
        #expect(
            project.tableChecks[TableName("silver.orders")]?.map(\.name) == ["row_count > 1", "row_count > 1 (2)"]
        )
        #expect(asset.checkInputs.isEmpty)
    }

    @Test("what checks read beside their table is known, is no input, and may be made of the table")
    func otherTables() async throws {
        let project = try await Shop.compile([
            "assets/gold/daily.sql": """
            /* ---
            checks:
              - sql: SELECT day FROM gold.daily WHERE day NOT IN (SELECT CAST(ordered_at AS date) FROM silver.orders)
              - expression: revenue < (SELECT sum(price) FROM silver.items)
              - sum(revenue) = sum(total) of silver.orders
            --- */
            SELECT CAST(ordered_at AS date) AS day, sum(total) AS revenue FROM silver.orders GROUP BY day
            """,
            "assets/gold/later.sql": """
            /* ---
            checks:
              - relationships: {to: gold.daily, columns: [day], field: day}
            --- */
            SELECT day FROM gold.daily
            """,
        ])
        #expect(project.report == "")
        let daily = try #require(project.assets[TableName("gold.daily")])
        #expect(daily.checkInputs.map(\.description) == ["silver.items", "silver.orders"])
        #expect(daily.inputs.map(\.description) == ["silver.orders"])
        #expect(
            project.assets[TableName("gold.later")]?.checkInputs.map(\.description) == ["gold.daily"]
        )
        #expect(project.graph.cycles.isEmpty)
    }

    @Test("a check may not read what is made of its table, or is checked against it: both are published together")
    func checkCircles() async throws {
        let check = "checks:\n  - relationships: {to: gold.b, columns: [id], field: id}"
        let made = try await Shop.compile([
            "assets/gold/a.sql": "/* ---\n\(check)\n--- */\nSELECT id FROM silver.orders",
            "assets/gold/b.sql": "SELECT id FROM gold.a",
        ])
        #expect(made.problems.map(\.error.code) == [.assetCycle])
        #expect(made.problems.first?.place.line == 3)
        let mutual = try await Shop.compile([
            "assets/gold/a.sql": "/* ---\n\(check)\n--- */\nSELECT id FROM silver.orders",
            "assets/gold/b.sql":
                "/* ---\n\(check.replacing("gold.b", with: "gold.a"))\n--- */\nSELECT id FROM silver.orders",
        ])
        #expect(mutual.problems.map(\.error.code) == [.assetCycle])
    }

    @Test("a plan changes with the columns of `SELECT *`")
    func starred() async throws {
        let files = ["assets/gold/a.sql": "SELECT * FROM silver.orders"]
        var catalog = Shop.catalog
        let before = try await Shop.compile(files)
        let orders = TableName(namespace: "silver", name: "orders")
        let table = try #require(catalog.tables[orders])
        let fields = table.schema.fields + [Field(id: 99, name: "later", type: .string)]
        catalog.tables[orders] = KnownTable(schema: Schema(fields: fields), owner: table.owner, origin: table.origin)
        let after = try await AssetCompiler.compile(
            files.map { SourceText(path: $0.key, bytes: Array($0.value.utf8)) },
            catalog: catalog,
            on: try ShadowCatalog()
        )
        let name = TableName(namespace: "gold", name: "a")
        #expect(before.assets[name]?.planHash != after.assets[name]?.planHash)
    }

    @Test("the plan hash changes with what is checked, not with where or in which words it stands")
    func hash() async throws {
        func hash(_ header: String, _ file: String? = nil) async throws -> String? {
            var files = ["assets/gold/a.sql": "/* ---\n\(header)\n--- */\nSELECT id, total FROM silver.orders"]
            if let file { files["checks/a.yaml"] = "table: gold.a\n\(file)" }
            let project = try await Shop.compile(files)
            #expect(project.report == "")
            return project.assets[TableName("gold.a")]?.planHash
        }
        let plain = try await hash("checks: [row_count > 1]")
        #expect(plain?.utf8.count == 32)
        #expect(plain == (try await hash("description: x\nchecks:\n  - check: row_count > 1\n    description: some")))
        #expect(plain == (try await hash("description: x", "checks: [row_count > 1]")))
        for other in [
            "checks: [row_count > 2]", "checks: [row_count >= 1]", "checks: [{check: row_count > 1, severity: warn}]",
            "checks: [{check: row_count > 1, where: id > 1}]", "checks: [sum(id) > 1]",
            "checks: [row_count > 1, unique: id]",
            "description: none",
        ] {
            #expect(plain != (try await hash(other)), "\(other)")
        }
    }

    @Test("an asset that keeps its rows and has a contract may read itself")
    func readsItself() async throws {
        let project = try await Shop.compile([
            "assets/gold/known.sql": """
            /* ---
            materialized: append
            contract: {id: bigint, total: "decimal(12, 2)"}
            --- */
            SELECT id, total FROM silver.orders WHERE id > (SELECT coalesce(max(id), 0) FROM gold.known)
            """,
            "assets/gold/after.sql": "SELECT id FROM gold.known",
        ])
        #expect(project.report == "")
        let known = try #require(project.assets[TableName("gold.known")])
        #expect(known.readsItself)
        #expect(known.inputs.map(\.description) == ["silver.orders"])
        #expect(project.assets[TableName("gold.after")]?.readsItself == false)
        #expect(project.graph.cycles.isEmpty)
        let graph = LineageGraph(project)
        let report = try LineageReport(of: "gold.after.id", .up, in: graph)
        #expect(report.edges.contains { $0.input == $0.output && $0.input.description == "gold.known.id" } == false)
        #expect(report.text.contains("gold.known.id"))
        let down = try LineageReport(of: "silver.orders.id", .down, in: graph)
        #expect(down.edges.contains { $0.output.description == "gold.after.id" })
    }

    @Test("an asset that cannot read itself is told why")
    func circles() async throws {
        let reading = "SELECT id FROM silver.orders WHERE id NOT IN (SELECT id FROM gold.a)"
        for header in ["contract: {id: bigint}", "materialized: append"] {
            let project = try await Shop.compile(["assets/gold/a.sql": "/* ---\n\(header)\n--- */\n\(reading)"])
            #expect(project.problems.map(\.error.code) == [.assetCycle], "\(header)")
            #expect(project.problems.first?.error.remedy.contains("`contract`") == true)
        }
        let wrong = try await Shop.compile([
            "assets/gold/a.sql": "/* ---\nmaterialized: merge(id)\ncontract: {id: bignt}\n--- */\n\(reading)"
        ])
        #expect(wrong.problems.map { "\($0.place)" } == ["assets/gold/a.sql:3:12"])
        let broken = try await Shop.compile([
            "assets/gold/a.sql": "/* ---\nmaterialized: merge(id)\ncontract: {id: varchar}\n--- */\n\(reading)"
        ])
        #expect(
            broken.problems.map(\.error.code) == [.queryInvalid]
                || broken.problems.map(\.error.code) == [.assetContract]
        )
    }
}
