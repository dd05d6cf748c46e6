package import Base
import GRDB

/// The local SQLite file: what helps Tarn but is not the lake's truth. It can be deleted at any time.
///
/// One process may have it open several times and several processes at once: SQLite's write-ahead log orders them.
package final class StateDatabase: Sendable {
    let pool: DatabasePool

    /// Opens the file, makes it when missing, and brings its schema up to date.
    /// - Throws: `state.newer` when a newer Tarn wrote it.
    package init(path: String) throws(TarnError) {
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            pool = try DatabasePool(path: path, configuration: configuration)
            let migrator = StateMigrations.migrator
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
                throw TarnError(.stateNewer, "A newer Tarn wrote the state database.", detail: ["path": path])
            }
            try migrator.migrate(pool)
        } catch let error as TarnError {
            throw error
        } catch {
            throw TarnError(
                .stateFailed,
                "The state database cannot be opened.",
                detail: ["path": path],
                cause: error
            )
        }
    }

    func read<Value>(_ body: @Sendable (Database) throws -> Value) throws(TarnError) -> Value {
        do { return try pool.read(body) } catch { throw .stateFailed(error) }
    }

    func write<Value>(_ body: @Sendable (Database) throws -> Value) throws(TarnError) -> Value {
        do { return try pool.write(body) } catch { throw .stateFailed(error) }
    }
}

extension TarnError {
    fileprivate static func stateFailed(_ error: any Error) -> TarnError {
        let reason = (error as? DatabaseError)?.resultCode.description ?? "unknown"
        return TarnError(.stateFailed, "The state database failed.", detail: ["SQLite result": reason])
    }
}
