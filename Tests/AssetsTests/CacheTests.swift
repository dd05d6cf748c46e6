import Base
import Checks
import Columns
import TestKit
import Testing

@testable import Assets

/// A compilation with a cache gives what one without gives, whatever was changed in between.
@Suite struct CacheTests {
    private static let version = "test"

    @Test(
        "after random edits the answer is that of a compilation without a cache; a seed repeats them",
        arguments: [UInt64(1), 2, 3]
    )
    func edits(seed: UInt64) async throws {
        var project = EditedProject(seed: seed)
        var cache = CompileCache(version: Self.version)
        var saved = 0
        for step in 0..<40 {
            if step > 0 { project.edit() }
            // As the next process finds it.
            cache = CompileCache(cache.serialized(), version: Self.version)
            let known = try await project.compile(&cache)
            var nothing = CompileCache(version: Self.version)
            let plain = try await project.compile(&nothing)
            #expect(known.picture == plain.picture, "seed \(seed), step \(step): \(project.lastEdit)")
            saved += nothing.bound.count - cache.bound.count
        }
        #expect(saved > 200, "the cache saved too little for this to prove anything")
    }

    @Test("only what changed, and what reads a table whose columns changed, is bound again")
    func affected() async throws {
        var files = [
            "assets/gold/a.sql": "SELECT id, total FROM silver.orders",
            "assets/gold/b.sql": "SELECT id, total > 5 AS is_large FROM gold.a",
            "assets/gold/c.sql": "SELECT id FROM gold.b",
            "assets/gold/d.sql": "SELECT id FROM silver.customers",
        ]
        var cache = CompileCache(version: Self.version)
        func bound() async throws -> [String] {
            cache = CompileCache(cache.serialized(), version: Self.version)
            let project = try await Self.compile(files, &cache)
            #expect(project.report == "")
            return cache.bound.map(\.description).sorted()
        }
        #expect(try await bound() == ["gold.a", "gold.b", "gold.c", "gold.d"])
        #expect(try await bound() == [])
        #expect(cache.isChanged == false)
        files["assets/gold/a.sql"] = "SELECT id, total FROM silver.orders WHERE total > 0"
        #expect(try await bound() == ["gold.a"])
        files["assets/gold/a.sql"] = "SELECT id, CAST(total AS double) AS total FROM silver.orders"
        #expect(try await bound() == ["gold.a", "gold.b"])
        files["assets/gold/c.sql"] = nil
        #expect(try await bound() == [])
        #expect(cache.isChanged)
    }

    @Test("a cache that is damaged, cut short or of another version is as good as none")
    func damage() async throws {
        let files = [
            "assets/gold/a.sql":
                "/* ---\nchecks: [\"sum(id) = sum(id) of silver.customers\"]\n--- */\nSELECT id, address FROM silver.orders",
            "checks/a.yaml": "table: silver.orders\nchecks: [{expression: id > 0}]",
        ]
        var cache = CompileCache(version: Self.version)
        let plain = try await Self.compile(files, &cache)
        let bytes = cache.serialized()
        #expect(CompileCache(bytes, version: Self.version).entries.count == 1)
        #expect(CompileCache(bytes, version: Self.version).tables.count == 1)
        #expect(CompileCache(bytes, version: "other").entries.isEmpty)
        for position in bytes.indices {
            var damaged = bytes
            damaged[position] ^= 0x41
            #expect(CompileCache(damaged, version: Self.version).entries.isEmpty, "\(position)")
            #expect(CompileCache(Array(bytes[..<position]), version: Self.version).entries.isEmpty, "\(position)")
        }
        var empty = CompileCache(Array(bytes.dropLast()), version: Self.version)
        #expect(try await Self.compile(files, &empty).picture == plain.picture)
        #expect(empty.serialized() == bytes)
    }

    @Test("columns of tables of the lake are read once, and forgotten when nobody asks")
    func tables() async throws {
        let schema = Schema(fields: [Field(id: 1, name: "id", type: .long)])
        var cache = CompileCache(version: Self.version)
        for state in ["one", "two", "one"] {
            #expect(try await cache.schema(of: state) { () throws(TarnError) in schema } == schema)
        }
        cache = CompileCache(cache.serialized(), version: Self.version)
        let failure = TarnError(.corruptData, "This has to be known.")
        #expect(try await cache.schema(of: "one") { () throws(TarnError) in throw failure } == schema)
        #expect(!cache.isChanged)
        cache = CompileCache(cache.serialized(), version: Self.version)
        await #expect(throws: TarnError.self) {
            _ = try await cache.schema(of: "two") { () throws(TarnError) in throw failure }
        }
    }

    @Test("every type of a column comes through the cache", arguments: [ColumnType.fixed(3), .uuid, .time, .binary])
    func types(type: ColumnType) throws {
        let nested = Field(
            id: 4,
            name: "deep",
            type: .map(
                key: Field(id: 5, name: "key", type: .string, isRequired: true),
                value: Field(id: 6, name: "value", type: .list(Field(id: 7, name: "element", type: type)))
            ),
            documentation: "über"
        )
        let schema = Schema(
            id: 3,
            fields: [
                Field(id: 1, name: "a", type: .decimal(precision: 38, scale: 2)),
                Field(id: 2, name: "b", type: .structure([nested])),
            ],
            identifierFieldIDs: [1]
        )
        var writer = CacheWriter()
        writer.schema(schema)
        var reader = CacheReader(writer.bytes)
        #expect(try reader.schema() == schema)
        #expect(reader.isAtEnd)
    }

    static func compile(_ files: [String: String], _ cache: inout CompileCache) async throws -> CompiledProject {
        try await AssetCompiler.compile(
            files.map { SourceText(path: $0.key, bytes: Array($0.value.utf8)) },
            catalog: Shop.catalog,
            on: try ShadowCatalog(),
            cache: &cache
        )
    }
}

/// A project that is edited at random: statements, headers, checks, files and the tables beneath.
private struct EditedProject {
    private var random: SeededEntropy
    private var files: [String: String] = [:]
    private var catalog = Shop.catalog
    private(set) var lastEdit = ""

    private static let count = 16

    init(seed: UInt64) {
        random = SeededEntropy(seed: seed)
        for number in 0..<Self.count { write(number) }
    }

    func compile(_ cache: inout CompileCache) async throws -> CompiledProject {
        try await AssetCompiler.compile(
            files.map { SourceText(path: $0.key, bytes: Array($0.value.utf8)) },
            catalog: catalog,
            on: try ShadowCatalog(),
            cache: &cache
        )
    }

    mutating func edit() {
        let number = Int(random.next() % UInt64(Self.count))
        switch random.next() % 12 {
        case 0 where random.next() % 3 == 0:
            files["assets/gold/t\(number).sql"] = nil
            lastEdit = "removed \(number)"
        case 1:
            let column = pick(["id", "total", "gone"])
            let table = pick(["gold.t\(number)", "silver.orders", "silver.nothing", "gold.T\(number)"])
            files["checks/c\(number % 3).yaml"] = "table: \(table)\nchecks: [\"\(check(column))\"]"
            lastEdit = "checks of \(table)"
        case 2:
            files["checks/c\(number % 3).yaml"] = nil
            lastEdit = "removed checks"
        case 3:
            let fields = [
                Field(id: 1, name: "id", type: random.next() % 2 == 0 ? .long : .int),
                Field(id: 2, name: "total", type: random.next() % 2 == 0 ? .double : .int),
            ]
            catalog.tables[TableName("silver.orders")] = KnownTable(schema: Schema(fields: fields), owner: .open)
            lastEdit = "other columns of silver.orders"
        case 4:
            catalog.tables[TableName("silver.orders")] = Shop.catalog.tables[TableName("silver.orders")]
            lastEdit = "the first columns of silver.orders"
        default:
            write(number)
            lastEdit = "wrote \(number)"
        }
    }

    private mutating func write(_ number: Int) {
        // Mostly of what comes before, so that circles are rare.
        let other = random.next() % 24 == 0 ? number : Int(random.next() % UInt64(number + 1))
        let input = other == number && random.next() % 8 != 0 ? "silver.orders" : "gold.t\(other)"
        let column = random.next() % 24 == 0 ? "gone" : pick(["id", "total"])
        var header: [String] = ["description: \(random.next() % 3)"]
        if random.next() % 3 == 0 { header.append("checks: [\"\(check(column))\"]") }
        if random.next() % 8 == 0 { header.append("materialized: append\ncontract: {id: bigint, total: double}") }
        if random.next() % 24 == 0 { header.append("onwer: me") }
        let total = pick(["total", "total", "CAST(total AS double) AS total", "CAST(id AS bigint) AS total"])
        files["assets/gold/t\(number).sql"] = """
            /* ---
            \(header.joined(separator: "\n"))
            --- */
            SELECT id, \(total) FROM \(input) WHERE \(column) IS NOT NULL
            """
    }

    private mutating func check(_ column: String) -> String {
        let other = "gold.t\(random.next() % UInt64(Self.count))"
        return pick([
            "missing(\(column)) = 0", "sum(\(column)) > 0", "row_count > \(random.next() % 3)",
            "row_count = row_count of \(other)", "row_count > 0 where \(column) IN (SELECT id FROM \(other))",
        ])
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }
}

extension CompiledProject {
    /// All that a compilation gives.
    fileprivate var picture: String {
        var lines = [report, "order: \(graph.order)", "cycles: \(graph.cycles)"]
        for name in graph.order {
            guard let asset = assets[name] else { continue }
            lines.append("\(name): \(asset.inputs) \(asset.readsItself) \(asset.checkInputs) \(asset.planHash)")
            lines.append("  \(asset.checks.map { "\($0.name) \($0.place) \($0.meaning.text)" })")
            lines.append("  \(asset.asset.header.description ?? "") \(asset.asset.header.materialization.description)")
            lines.append("  \(asset.schema.map { "\($0)" } ?? "no schema")")
            lines.append("  \(asset.lineage?.summary ?? "no lineage")")
        }
        for (name, checks) in tableChecks.sorted(by: { $0.key < $1.key }) {
            lines.append("\(name): \(checks.map(\.name))")
        }
        return lines.joined(separator: "\n")
    }
}
