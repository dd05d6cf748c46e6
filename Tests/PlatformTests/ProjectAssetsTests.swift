import Assets
import Base
import Capture
import Columns
import Landing
import Settings
import TestKit
import Testing

@testable import Platform

/// Assets of a project's folder, before anything has landed.
@Suite struct ProjectAssetsTests {
    /// The example's folder, with what its source would say of its tables.
    private func withShop<Value>(_ body: (Project) async throws -> Value) async throws -> Value {
        try await withTemporaryFolder { folder in
            let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
            for path in [
                "tarn.yaml", "sources/shop.yaml", "assets/gold/joined_orders.sql", "assets/gold/revenue_daily.sql",
                "assets/gold/revenue_by_category.sql", "assets/gold/customer_value.sql", "tests/revenue.yaml",
                "tests/order_items.csv",
            ] {
                let bytes = try #require(try Files.read("\(root)/examples/shop/\(path)"))
                try Files.makeFolder(Path.parent(of: "\(folder)/\(path)"))
                try Files.write(String(decoding: bytes, as: UTF8.self), to: "\(folder)/\(path)")
            }
            let project = try Project.open(folder, environment: .init([:]))
            return try await body(project)
        }
    }

    private func remember(_ tables: [LandedTable], in project: Project) throws {
        let folder = "\(project.configuration.state)/catalog"
        try Files.makeFolder(folder)
        try Files.write(LandedTable.json(tables).text, to: "\(folder)/shop.json")
    }

    private static func table(_ name: String, _ columns: KeyValuePairs<String, ColumnType>) -> LandedTable {
        let fields = columns.enumerated().map { Field(id: $0 + 1, name: $1.key, type: $1.value) }
        return LandedTable(
            captured: CapturedTable(
                identity: 1,
                namespace: "public",
                name: name,
                schema: Schema(fields: fields),
                key: [0]
            ),
            bronze: TableName(namespace: "bronze", name: name),
            silver: TableName(namespace: "silver", name: name)
        )
    }

    private static let money = ColumnType.decimal(precision: 12, scale: 2)
    private static let tables = [
        table("customers", ["id": .long, "email": .string, "country": .string]),
        table("products", ["id": .long, "name": .string, "category": .string]),
        table(
            "orders",
            ["id": .long, "customer_id": .long, "status": .string, "total": money, "ordered_at": .timestamptz]
        ),
        table(
            "order_items",
            ["order_id": .long, "line_number": .int, "product_id": .long, "quantity": .int, "unit_price": money]
        ),
        table("payments", ["id": .uuid, "order_id": .long, "amount": money, "paid_at": .timestamptz]),
        table("refunds", ["id": .long, "payment_id": .uuid, "amount": money, "refunded_at": .timestamptz]),
    ]

    @Test("the example compiles on what the source said, and its tests pass, without a lake and without a source")
    func example() async throws {
        try await withShop { project in
            try remember(Self.tables, in: project)
            let assets = ProjectAssets(project)
            let compiled = try await assets.compile()
            #expect(compiled.problems.map(\.text) == [])
            #expect(
                compiled.graph.order.map(\.description)
                    == ["gold.joined_orders", "gold.customer_value", "gold.revenue_by_category", "gold.revenue_daily"]
            )
            expectGolden(AssetListing.text(compiled.graph.order.compactMap { compiled.assets[$0] }), "assets.txt")
            let reader = AssetTestReader(try assets.testFiles())
            #expect(reader.problems.isEmpty)
            let run = try AssetTestRun(compiled)
            for test in reader.tests {
                let result = try await run.run(test)
                #expect(result.isPassed, "\(result.outcome)")
            }
            #expect(reader.tests.count == 2)
        }
    }

    @Test("lineage goes from the example's report down to the tables of the shop, and back")
    func lineage() async throws {
        try await withShop { project in
            try remember(Self.tables, in: project)
            let graph = LineageGraph(try await ProjectAssets(project).compile())
            let up = try LineageReport(of: "gold.revenue_by_category.revenue", .up, in: graph)
            expectGolden(up.text, "lineage-up.txt")
            let down = try LineageReport(of: "silver.products.category", .down, in: graph)
            expectGolden(down.text, "lineage-down.txt")
            #expect(up.edges.contains { $0.input.description == "shop:public.order_items.unit_price" })
        }
    }

    @Test("a source that was never asked is named where its tables are missed")
    func neverAsked() async throws {
        try await withShop { project in
            let compiled = try await ProjectAssets(project).compile()
            #expect(!compiled.problems.isEmpty)
            #expect(compiled.problems.allSatisfy { $0.error.code == .tableMissing })
            #expect(compiled.problems.allSatisfy { $0.error.remedy.contains("`tarn source check shop`") })
        }
    }

    @Test("the mistakes that the documentation shows are found as it shows them")
    func mistakes() async throws {
        try await withShop { project in
            try remember(Self.tables, in: project)
            let path = "\(project.folder)/assets/gold/revenue_by_category.sql"
            let text = try #require(try Files.read(path).map { String(decoding: $0, as: UTF8.self) })
            let wrong = text.replacing("owner:", with: "onwer:").replacing("    category,", with: "    catgory,")
                .replacing("GROUP BY month, category", with: "GROUP BY month, category HAVING sum(o.amount) > 0")
            try Files.write(wrong, to: path)
            let compiled = try await ProjectAssets(project).compile()
            expectGolden(compiled.problems.map { "\($0.text)\n" }.joined(), "compile-problems.txt")
        }
    }

    @Test("what was compiled is kept in the state folder, and can be deleted, damaged or impossible to keep")
    func cache() async throws {
        try await withShop { project in
            try remember(Self.tables, in: project)
            let path = "\(project.configuration.state)/cache/compile"
            func compile() async throws -> String {
                let compiled = try await ProjectAssets(project).compile()
                #expect(compiled.problems.isEmpty)
                return compiled.json.text
            }
            let first = try await compile()
            let kept = try #require(try Files.read(path))
            #expect(try await compile() == first)
            #expect(try Files.read(path) == kept)
            try Files.write(Array(kept.dropFirst(100)), to: path)
            #expect(try await compile() == first)
            #expect(try Files.read(path) == kept)
            try Files.remove(path)
            #expect(try await compile() == first)
            try Files.remove(path)
            try Files.makeFolder(path)
            #expect(try await compile() == first)
        }
    }

    @Test("checks are read from files in folders below checks/")
    func checks() async throws {
        try await withShop { project in
            try remember(Self.tables, in: project)
            try Files.makeFolder("\(project.folder)/checks/silver")
            try Files.write(
                "table: silver.orders\nchecks: [missing(totl) = 0]",
                to: "\(project.folder)/checks/silver/a.yaml"
            )
            try Files.write("table: gold.revenue_daily\nchecks: [row_count > 0]", to: "\(project.folder)/checks/b.yml")
            let compiled = try await ProjectAssets(project).compile()
            #expect(compiled.problems.map(\.place.description) == ["checks/silver/a.yaml:2:10"])
            #expect(compiled.json.text.contains("row_count > 0"))
        }
    }
}
