import Base
import Checks
import TestKit
import Testing

@testable import Assets

/// Every mistake in a project is found, with its place, and without running anything.
@Suite struct CompileTests {
    @Test("all mistakes of a project are reported at once, each with file, line and column")
    func everyMistake() async throws {
        let project = try await Shop.compile([
            "assets/gold/columns.sql": """
            /* ---
            description: Wrong columns
            --- */
            SELECT 'ü' AS ü, o.totl, custmer_id, id
            FROM silver.orders o JOIN silver.customers c ON o.customer_id = c.id
            WHERE x.y = 1
            """,
            "assets/gold/types.sql": "SELECT length(id) AS l FROM silver.orders",
            "assets/gold/compare.sql": "SELECT id\nFROM silver.orders\nWHERE ordered_at > total",
            "assets/gold/tables.sql": "SELECT * FROM silver.order JOIN gold.nothing USING (id) JOIN orders USING (id)",
            "assets/gold/syntax.sql": "SELECT id\nFRM silver.orders",
            "assets/gold/write.sql": "DELETE FROM silver.orders",
            "assets/gold/file.sql": "SELECT * FROM read_csv('/etc/passwd')",
            "assets/gold/show.sql": "SHOW TABLES",
            "assets/gold/version.sql": "SELECT id FROM silver.orders AT (VERSION => 5)",
            "assets/gold/a.sql": "SELECT b.id FROM gold.b",
            "assets/gold/b.sql": "SELECT c.id FROM gold.c",
            "assets/gold/c.sql": "SELECT a.id FROM gold.a",
            "assets/gold/after_c.sql": "SELECT wrong FROM gold.c",
            "assets/gold/self.sql": "SELECT id FROM gold.self",
            "assets/silver/orders.sql": "SELECT 1 AS id",
            "assets/reference/countries.sql": "SELECT 1 AS id",
            "assets/gold/parameter.sql": "SELECT $1 AS id",
            "assets/gold/twins.sql": "SELECT id, id FROM silver.orders",
            "assets/gold/union.sql": "SELECT id FROM silver.orders UNION SELECT id, name FROM silver.customers",
        ])
        expectGolden(project.report, "problems-sql.txt")
        #expect(project.assets[TableName("gold.after_c")]?.schema == nil)
    }

    @Test("all mistakes of headers are reported at once, each with file, line and column")
    func headers() async throws {
        let project = try await Shop.compile([
            "assets/gold/keys.sql": """
            /* ---
            descripton: a slip
            tags: [a, b]
            every: soon
            materialized: sometimes
            columns:
              - name: id
                chekcs: [unique]
              - description: no name
              - name: idd
            colour: red
            --- */
            SELECT id FROM silver.orders
            """,
            "assets/gold/open.sql": "/* ---\ndescription: never closed\nSELECT 1 AS one",
            "assets/gold/yaml.sql": "/* ---\ntags: [a\n--- */\nSELECT 1 AS one",
            "assets/gold/contract.sql": """
            /* ---
            contract:
              id: bigint
              total: decimal(10, 2)
              status: strnig
              gone: date
            --- */
            SELECT id, total, status, ordered_at FROM silver.orders
            """,
            "assets/gold/partition.sql": """
            /* ---
            materialized: partition
            partition_by: [day(status), "bucket(16, id)", orderd_at, month(ordered_at), bucket(0, id)]
            --- */
            SELECT id, status, ordered_at FROM silver.orders
            """,
            "assets/gold/no_partition.sql": "/* ---\nmaterialized: partition\n--- */\nSELECT 1 AS one",
            "assets/gold/bad_partition.sql": "/* ---\npartition_by: [hourly(a)]\n--- */\nSELECT 1 AS one",
            "assets/gold/key.sql": "/* ---\nmaterialized: merge(id, nr)\n--- */\nSELECT 1 AS id",
            "assets/lost.sql": "SELECT 1 AS one",
            "assets/gold/Wrong-Name.sql": "SELECT 1 AS one",
            "assets/x/revenue.sql": "/* ---\nnamespace: gold\n--- */\nSELECT 1 AS one",
            "assets/y/revenue.sql": "/* ---\nnamespace: gold\n--- */\nSELECT 2 AS two",
        ])
        expectGolden(project.report, "problems-header.txt")
    }

    @Test("a table of a source that was never asked is missing with the command that asks")
    func unknownSource() async throws {
        let project = try await Shop.compile(
            ["assets/gold/a.sql": "SELECT * FROM silver.invoices"],
            unknownSources: ["billing"]
        )
        #expect(project.problems.count == 1)
        #expect(project.problems.first?.error.remedy.contains("`tarn source check billing`") == true)
    }

    @Test(
        "what looks like a header and is none is a mistake; empty lines before one are not",
        arguments: [
            ("-- by us\n/* ---\nchecks: [row_count > 1]\n--- */\nSELECT 1 AS id", 2),
            ("/*---\nchecks: [row_count > 1]\n---*/\nSELECT 1 AS id", 1),
            ("SELECT 1 AS id\n/* --- */", 2), ("\n \n/* ---\nchecks: [row_count > 1]\n--- */\nSELECT 1 AS id", 0),
        ]
    )
    func misplaced(sql: String, line: Int) async throws {
        let project = try await Shop.compile(sql: sql)
        #expect(project.problems.map(\.place.line) == (line == 0 ? [] : [line]))
        if line == 0 { #expect(project.assets.values.first?.checks.count == 1) }
    }

    @Test("a whole header is read")
    func header() async throws {
        let project = try await Shop.compile([
            "assets/gold/daily.sql": """
            /* ---
            description: Revenue of each day
            owner: finance
            tags: [finance, daily]
            materialized: merge(day)
            partition_by: [month(day)]
            every: 5m
            columns:
              - name: day
                description: In UTC
                checks: [not_null, unique]
            checks:
              - row_count > 0
            contract: {day: date, revenue: "decimal(38, 2)"}
            --- */
            SELECT CAST(ordered_at AS date) AS day, sum(total) AS revenue FROM silver.orders GROUP BY day
            """
        ])
        #expect(project.report == "")
        let header = try #require(project.assets[TableName("gold.daily")]?.asset.header)
        #expect(header.description == "Revenue of each day")
        #expect(header.owner == "finance")
        #expect(header.tags == ["finance", "daily"])
        #expect(header.materialization == .merge(key: ["day"]))
        #expect(header.partition == [PartitionTerm(column: "day", transform: .month)])
        #expect(header.every == .seconds(300))
        #expect(header.columns.map(\.name) == ["day"])
        #expect(header.declared.checks.map(\.name) == ["not_null(day)", "unique(day)", "row_count > 0"])
    }

    @Test("the plan hash is that of the statement and of what decides about rows, not of layout and words")
    func planHash() async throws {
        func hash(_ sql: String) async throws -> String? {
            try await Shop.compile(sql: sql).assets[TableName("gold.answer")]?.planHash
        }
        let plain = try await hash("SELECT id FROM silver.orders WHERE total > 1")
        #expect(plain?.utf8.count == 32)
        #expect(plain == (try await hash("select id\n  from silver.orders -- all\nwhere total > 1;")))
        #expect(
            plain == (try await hash("/* ---\ndescription: x\n--- */\nSELECT id FROM silver.orders WHERE total > 1"))
        )
        #expect(plain != (try await hash("SELECT id FROM silver.orders WHERE total > 2")))
        #expect(
            plain
                != (try await hash("/* ---\nmaterialized: append\n--- */\nSELECT id FROM silver.orders WHERE total>1"))
        )
    }

    @Test("whatever the bytes are, a project is read without an end")
    func noise() async throws {
        var seed: UInt64 = 0x5EED_0022
        func next() -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return seed >> 33
        }
        let whole = Array(
            "/* ---\ncolumns:\n  - name: id\ncontract: {id: bigint}\n--- */\nSELECT id, \"total\" FROM silver.orders"
                .utf8
        )
        var files: [SourceText] = []
        for number in 0..<300 {
            var bytes = whole
            for _ in 0..<(1 + next() % 6) {
                let position = Int(next() % UInt64(bytes.count))
                switch next() % 3 {
                case 0: bytes[position] = UInt8(truncatingIfNeeded: next())
                case 1: bytes.removeSubrange(position..<min(bytes.count - 1, position + Int(next() % 9)))
                default: bytes.insert(contentsOf: whole.suffix(Int(next() % 20)), at: position)
                }
            }
            files.append(SourceText(path: "assets/gold/n\(number).sql", bytes: bytes))
        }
        let project = try await AssetCompiler.compile(files, catalog: Shop.catalog, on: try ShadowCatalog())
        #expect(!project.problems.isEmpty, "seed 0x5EED0022")
    }
}
