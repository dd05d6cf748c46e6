import Base
import Columns
import Engine
import Lake
import Testing

@testable import Assets

/// Lineage against the truth: other values are put into one input column at a time, and every output column that
/// changes has to name that input.
@Suite struct LineageOracleTests {
    @Test("no dependency is missed in random statements; a seed repeats them", arguments: [UInt64(11), 12, 13, 14])
    func random(seed: UInt64) async throws {
        var generator = RandomQueries(seed: seed)
        let queries = (0..<50).map { _ in generator.query() }
        let oracle = try await Oracle(catalog: RandomQueries.catalog, rowCount: 7, seed: seed) { field, entropy in
            field.type == .int ? "\(1 + entropy.next() % 5)" : "'\(["p", "q", "r", "ss"][Int(entropy.next() % 4)])'"
        }
        let changes = try await oracle.check(queries)
        #expect(changes > 200, "too little changed for this to prove anything")
    }

    @Test("no dependency is missed in the 22 queries of TPC-H")
    func benchmark() async throws {
        let words = TPCH.queries.flatMap(Self.literals)
        let oracle = try await Oracle(catalog: TPCH.catalog, rowCount: 60, seed: 22) { field, entropy in
            switch field.type {
            case .string: "'\(words[Int(entropy.next() % UInt64(words.count))])'"
            case .date: "DATE '\(1993 + entropy.next() % 6)-0\(1 + entropy.next() % 9)-1\(entropy.next() % 9)'"
            case .decimal: "\(entropy.next() % 40).\(10 + entropy.next() % 89)"
            default: "\(1 + entropy.next() % 4)"
            }
        }
        let changes = try await oracle.check(TPCH.queries)
        #expect(changes > 20, "too little changed for this to prove anything")
    }

    /// What stands between quotes, so that conditions find something.
    private static func literals(_ query: String) -> [String] {
        query.split(separator: "'", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element).replacing("%", with: "") }.filter { !$0.isEmpty && $0.first?.isNumber == false }
    }
}

/// Runs statements on random rows, and again with other values in one column.
private struct Oracle {
    private let connection: EngineConnection
    private let catalog: TableCatalog
    private let seed: UInt64

    init(
        catalog: TableCatalog,
        rowCount: Int,
        seed: UInt64,
        value: (Field, SeededEntropy) -> String
    ) async throws {
        self.catalog = catalog
        self.seed = seed
        connection = try Engine(EngineConfiguration(memoryLimitBytes: 256 << 20, threads: 1)).connect()
        let entropy = SeededEntropy(seed: seed)
        for (name, table) in catalog.tables.sorted(by: { $0.key < $1.key }) {
            for store in ["first", "other"] {
                let columns = table.schema.fields.map { "\($0.name) \($0.type.sql)" }.joined(separator: ", ")
                let rows = (0..<rowCount).map { _ in
                    "(\(table.schema.fields.map { value($0, entropy) }.joined(separator: ", ")))"
                }
                try await connection.execute(
                    """
                    CREATE SCHEMA IF NOT EXISTS \(store); CREATE SCHEMA IF NOT EXISTS \(name.namespace);
                    CREATE TABLE \(store).\(name.name) (\(columns));
                    INSERT INTO \(store).\(name.name) VALUES \(rows.joined(separator: ", "))
                    """
                )
            }
            try await show(name)
        }
    }

    private func show(_ name: TableName, other column: String? = nil) async throws {
        let select = column.map {
            "SELECT f.* REPLACE (o.\($0) AS \($0)) FROM first.\(name.name) f POSITIONAL JOIN other.\(name.name) o"
        }
        let sql = select ?? "SELECT * FROM first.\(name.name)"
        try await connection.execute("CREATE OR REPLACE TABLE \(name) AS \(sql)")
    }

    /// - Returns: how many changes were seen and found in the lineage.
    func check(_ queries: [String]) async throws -> Int {
        let files = queries.enumerated().map { number, query in
            SourceText(path: "assets/gold/q\(number).sql", bytes: Array(query.utf8))
        }
        let project = try await AssetCompiler.compile(files, catalog: catalog, on: try ShadowCatalog())
        #expect(project.report == "")
        var before: [[String]] = []
        for query in queries { before.append(try await answer(query)) }
        var changes = 0
        for (name, table) in catalog.tables.sorted(by: { $0.key < $1.key }) {
            for field in table.schema.fields {
                try await show(name, other: field.name)
                let input = ColumnPath(table: name, path: [field.name])
                for (number, query) in queries.enumerated() {
                    let asset = TableName(namespace: "gold", name: "q\(number)")
                    let lineage = try #require(project.assets[asset]?.lineage)
                    let after = try await answer(query)
                    for (position, column) in lineage.columns.enumerated()
                    where after[position] != before[number][position] {
                        let isKnown = lineage.indirect[input] != nil || column.lineage.inputs.contains(input)
                        #expect(isKnown, "\(input) changes \(column.name), seed \(seed): \(query)")
                        changes += 1
                    }
                }
            }
            try await show(name)
        }
        return changes
    }

    /// A digest of the values of each column, sorted: the order of rows is not promised.
    private func answer(_ query: String) async throws -> [String] {
        let result = try await connection.query(
            "SELECT md5(CAST(list_sort(list(CAST(COLUMNS(*) AS VARCHAR))) AS VARCHAR)) FROM (\(query)\n) AS answer"
        )
        return result.batches[0].columns.map { column in
            guard !column.isNull(0), case .slices(let slices) = column.storage else { return "" }
            return String(decoding: slices[0], as: UTF8.self)
        }
    }
}
