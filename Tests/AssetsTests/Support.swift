import Base
import Columns

@testable import Assets

extension TableName {
    init(_ literal: StaticString) {
        let parts = literal.description.split(separator: ".").map { String($0) }
        self.init(namespace: parts[0], name: parts[1])
    }
}

/// A project of files in memory, over a small shop whose tables a source mirrors.
enum Shop {
    static func compile(_ files: [String: String], unknownSources: [String] = []) async throws -> CompiledProject {
        var catalog = catalog
        catalog.unknownSources = unknownSources
        return try await AssetCompiler.compile(
            files.map { SourceText(path: $0.key, bytes: Array($0.value.utf8)) },
            catalog: catalog,
            on: try ShadowCatalog()
        )
    }

    /// The statement as the asset `gold.answer`.
    static func compile(sql: String) async throws -> CompiledProject {
        try await compile(["assets/gold/answer.sql": sql])
    }

    static var catalog: TableCatalog {
        TableCatalog(tables: [
            TableName("silver.orders"): mirror(of: "bronze.orders", orders),
            TableName("silver.items"): mirror(of: "bronze.items", items),
            TableName("silver.customers"): mirror(of: "bronze.customers", customers),
            TableName("bronze.orders"): KnownTable(
                schema: Schema(fields: [
                    Field(id: 1, name: "op", type: .string), Field(id: 2, name: "after", type: .structure(orders)),
                ]),
                owner: .source("shop"),
                origin: .changes(source: "shop", table: "public.orders")
            ),
            TableName("reference.countries"): KnownTable(
                schema: Schema(fields: [Field(id: 1, name: "code", type: .string)]),
                owner: .open
            ),
        ])
    }

    private static func mirror(of bronze: StaticString, _ fields: [Field]) -> KnownTable {
        KnownTable(schema: Schema(fields: fields), owner: .source("shop"), origin: .rows(of: TableName(bronze)))
    }

    private static let orders = [
        Field(id: 1, name: "id", type: .long), Field(id: 2, name: "customer_id", type: .long),
        Field(id: 3, name: "status", type: .string),
        Field(id: 4, name: "total", type: .decimal(precision: 12, scale: 2)),
        Field(id: 5, name: "ordered_at", type: .timestamptz),
        Field(
            id: 6,
            name: "address",
            type: .structure([Field(id: 7, name: "city", type: .string), Field(id: 8, name: "zip", type: .string)])
        ),
        Field(id: 9, name: "tags", type: .list(Field(id: 10, name: "element", type: .string))),
    ]
    private static let items = [
        Field(id: 1, name: "order_id", type: .long), Field(id: 2, name: "line", type: .int),
        Field(id: 3, name: "product", type: .string), Field(id: 4, name: "quantity", type: .int),
        Field(id: 5, name: "price", type: .decimal(precision: 12, scale: 2)),
    ]
    private static let customers = [
        Field(id: 1, name: "id", type: .long), Field(id: 2, name: "name", type: .string),
        Field(id: 3, name: "country", type: .string),
    ]
}

extension CompiledProject {
    /// All problems as a person reads them.
    var report: String { problems.map { "\($0.text)\n" }.joined() }
}

extension TableLineage {
    /// `name: inputs | what decides about it`, one a line, then what decides about the rows. Tables of one namespace
    /// keep their own name alone.
    var summary: String {
        var lines = columns.map { column -> String in
            let direct = column.lineage.direct.sorted { $0.key < $1.key }.map {
                "\(short($0.key)) \($0.value.rawValue)"
            }
            let own = Self.text(column.lineage.indirect)
            return "\(column.name): \(direct.joined(separator: ", "))\(own.isEmpty ? "" : " | \(own)")"
        }
        let rows = Self.text(indirect)
        if !rows.isEmpty { lines.append("rows: \(rows)") }
        return lines.joined(separator: "\n")
    }

    private static func text(_ influences: [ColumnPath: Set<Influence>]) -> String {
        influences.sorted { $0.key < $1.key }.map { path, kinds in
            "\(short(path)) \(kinds.sorted().map(\.rawValue).joined(separator: "+"))"
        }.joined(separator: ", ")
    }

    private static func short(_ path: ColumnPath) -> String { "\(path.table.name).\(path.column)" }

    private func short(_ path: ColumnPath) -> String { Self.short(path) }
}
