package import Base
import Columns
import Engine
import Lake

/// A catalog in memory that has the project's tables without their rows, in an engine that can reach nothing else:
/// statements are bound against it as they are written.
package actor ShadowCatalog {
    private let connection: EngineConnection
    private var namespaces: Set<String> = []
    private var tables: [TableName: Schema] = [:]
    private var types: [String: ColumnType] = [:]

    package init() throws(TarnError) {
        let configuration = EngineConfiguration(memoryLimitBytes: 256 << 20, threads: 1, isLockedDown: true)
        connection = try Engine(configuration).connect()
    }

    /// The connection that the catalog belongs to.
    nonisolated var engine: EngineConnection { connection }

    /// Adds a table; it takes the place of one of the same name with other columns.
    func add(_ name: TableName, _ schema: Schema) async throws(TarnError) {
        guard tables.updateValue(schema, forKey: name) != schema else { return }
        var statements: [String] = []
        if namespaces.insert(name.namespace).inserted {
            statements.append("CREATE SCHEMA IF NOT EXISTS \(sqlIdentifier(name.namespace))")
        }
        let columns = schema.fields.map { "\(sqlIdentifier($0.name)) \($0.type.sql)" }
        statements.append("CREATE OR REPLACE TABLE \(Self.sql(name)) (\(columns.joined(separator: ", ")))")
        try await connection.execute(statements.joined(separator: ";"))
    }

    /// The type that a name in SQL stands for.
    ///
    /// - Throws: `query.invalid` where it is the name of none.
    func type(named text: String) async throws(TarnError) -> ColumnType {
        if let known = types[text] { return known }
        let schema = try await connection.schema(of: "SELECT CAST(NULL AS \(text)\n)")
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
