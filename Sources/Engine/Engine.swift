package import Base
import CDuckDB

/// One DuckDB instance, in memory, with limits of its own. Its catalog starts empty and ends with it.
package final class Engine: Sendable {
    private let database: DatabaseHandle
    private let rowSources = RowSources()
    private let optimizes: Bool

    /// Opens the instance, loads its extensions and locks it as configured. Blocks: 0.2-1 s for each extension.
    package init(_ configuration: EngineConfiguration) throws(TarnError) {
        optimizes = configuration.optimizes
        database = try DatabaseHandle(settings: configuration.openingSettings)
        let connection = try ConnectionHandle(database)
        try registerRowFunction(rowSources, on: connection)
        try registerHashFunctions(on: connection)
        for sql in configuration.statements {
            _ = try Statement(sql, on: connection).run(isStreaming: false, nil)
        }
    }

    /// Of the library that runs statements.
    package static var version: String { unsafe String(cString: duckdb_library_version()) }

    /// A new connection; it keeps the instance open.
    package func connect() throws(TarnError) -> EngineConnection {
        let handle = try ConnectionHandle(database)
        for setting in EngineConfiguration.progressSettings {
            _ = try Statement("SET \(setting.name) = \(setting.value)", on: handle).run(isStreaming: false, nil)
        }
        if !optimizes { _ = try Statement("PRAGMA disable_optimizer", on: handle).run(isStreaming: false, nil) }
        return EngineConnection(handle, rowSources)
    }
}
