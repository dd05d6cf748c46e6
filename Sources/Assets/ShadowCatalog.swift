package import Base
import Columns
import Engine
import Lake

/// A catalog in memory that has the project's tables without their rows, in an engine that can reach nothing else:
/// statements are bound against it as they are written.
package actor ShadowCatalog {
    /// More than small machines have cores, so that the engine has work while answers are read.
    private static let connectionCount = 4

    /// All see the same tables.
    private nonisolated let connections: [EngineConnection]
    private var namespaces: Set<String> = []
    private var tables: [TableName: Schema] = [:]
    private var types: [String: ColumnType] = [:]
    private var isAdding = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package init() throws(TarnError) {
        var configuration = EngineConfiguration(memoryLimitBytes: 256 << 20, threads: 1, isLockedDown: true)
        configuration.optimizes = false
        let engine = try Engine(configuration)
        var connections: [EngineConnection] = []
        for _ in 0..<Self.connectionCount { connections.append(try engine.connect()) }
        self.connections = connections
    }

    /// A connection to the catalog, for statements that come one after the other.
    nonisolated var engine: EngineConnection { connections[0] }

    /// Does the same for many items, on all connections at once; the results are in the order of the items.
    nonisolated func concurrently<Item: Sendable, Value: Sendable>(
        _ items: [Item],
        _ body: @escaping @Sendable (EngineConnection, Item) async throws(TarnError) -> Value
    ) async throws(TarnError) -> [Value] {
        let width = connections.count
        let connections = connections
        let parts = try await Base.concurrently(Array(0..<width), width: width) { (part) throws(TarnError) in
            var values: [Value] = []
            for index in stride(from: part, to: items.count, by: width) {
                values.append(try await body(connections[part], items[index]))
            }
            return values
        }
        return items.indices.map { parts[$0 % width][$0 / width] }
    }

    /// Adds tables; they take the place of those of the same names with other columns.
    func add(_ added: [TableName: Schema]) async throws(TarnError) {
        while isAdding { await withCheckedContinuation { waiting.append($0) } }
        let missing = added.filter { tables[$0.key] != $0.value }.sorted { $0.key < $1.key }
        guard !missing.isEmpty else { return }
        isAdding = true
        defer {
            isAdding = false
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
        var statements = Set(missing.map(\.key.namespace)).subtracting(namespaces).sorted().map {
            "CREATE SCHEMA IF NOT EXISTS \(sqlIdentifier($0))"
        }
        for (name, schema) in missing {
            let columns = schema.fields.map { "\(sqlIdentifier($0.name)) \($0.type.sql)" }
            statements.append("CREATE OR REPLACE TABLE \(Self.sql(name)) (\(columns.joined(separator: ", ")))")
        }
        try await engine.execute((["BEGIN"] + statements + ["COMMIT"]).joined(separator: ";"))
        namespaces.formUnion(missing.map(\.key.namespace))
        for (name, schema) in missing { tables[name] = schema }
    }

    /// The type that a name in SQL stands for.
    ///
    /// - Throws: `query.invalid` where it is the name of none.
    func type(named text: String) async throws(TarnError) -> ColumnType {
        if let known = types[text] { return known }
        let schema = try await engine.schema(of: "SELECT CAST(NULL AS \(text)\n)")
        guard schema.fields.count == 1, let type = schema.fields.first?.type else {
            throw TarnError(.queryInvalid, "There is no such type.")
        }
        types[text] = type
        return type
    }

    static func sql(_ name: TableName) -> String {
        "\(sqlIdentifier(name.namespace)).\(sqlIdentifier(name.name))"
    }
}
