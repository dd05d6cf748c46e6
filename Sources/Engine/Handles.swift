import Base
import CDuckDB

/// An open DuckDB instance; closed with its last user.
@safe final class DatabaseHandle: @unchecked Sendable {
    // SAFETY: DuckDB lets any thread connect to an instance; the pointer never changes.
    fileprivate let pointer: duckdb_database

    init(settings: [(name: String, value: String)]) throws(TarnError) {
        var configuration: duckdb_config?
        guard unsafe duckdb_create_config(&configuration) == DuckDBSuccess, let made = unsafe configuration else {
            throw TarnError(.engineFailed, "The engine has no memory for its settings.")
        }
        defer { unsafe duckdb_destroy_config(&configuration) }
        for setting in settings {
            guard unsafe duckdb_set_config(made, setting.name, setting.value) == DuckDBSuccess else {
                throw TarnError(
                    .configurationInvalid,
                    "The engine refuses a setting.",
                    detail: ["setting": setting.name]
                )
            }
        }
        var database: duckdb_database?
        var message: UnsafeMutablePointer<CChar>?
        defer { unsafe duckdb_free(message) }
        guard unsafe duckdb_open_ext(nil, &database, made, &message) == DuckDBSuccess, let opened = unsafe database
        else {
            throw unsafe TarnError(engineMessage: message.map { unsafe UnsafePointer($0) })
        }
        unsafe pointer = opened
    }

    deinit {
        var database: duckdb_database? = unsafe pointer
        unsafe duckdb_close(&database)
    }
}

/// One DuckDB connection. Statements run on one thread at a time, which its owner sees to; `interrupt` and `progress`
/// may be called from any.
@safe final class ConnectionHandle: @unchecked Sendable {
    // SAFETY: the pointer never changes, lives as long as this object, and the two calls that other threads make are
    // those that DuckDB allows from any thread.
    let pointer: duckdb_connection
    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) throws(TarnError) {
        var connection: duckdb_connection?
        guard unsafe duckdb_connect(database.pointer, &connection) == DuckDBSuccess, let made = unsafe connection else {
            throw TarnError(.engineFailed, "The engine gives no more connections.")
        }
        unsafe pointer = made
        self.database = database
    }

    deinit {
        var connection: duckdb_connection? = unsafe pointer
        unsafe duckdb_disconnect(&connection)
    }

    func interrupt() { unsafe duckdb_interrupt(pointer) }

    /// Between 0 and 100; nil where nothing runs or DuckDB cannot tell.
    var percentage: Double? {
        let progress = unsafe duckdb_query_progress(pointer)
        return progress.percentage < 0 ? nil : progress.percentage
    }
}
