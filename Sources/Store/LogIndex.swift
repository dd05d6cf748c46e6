package import Base
import GRDB

/// A local index over the lake's commit log: which record made which version of which table, and when.
///
/// It answers what would otherwise need a read of the whole log: the state at an older version, a version by time, the
/// history of a table. Filled from the log by whoever reads it; deleting it loses nothing.
package struct LogIndex: Sendable {
    private let database: StateDatabase

    package struct Row: Sendable {
        package var version: Int64
        package var body: String

        package init(version: Int64, body: String) {
            self.version = version
            self.body = body
        }
    }

    /// What one log record says of one table or source; `body` is nil where it was dropped.
    package struct Entry: Sendable {
        package var name: String
        package var body: String?

        package init(name: String, body: String?) {
            self.name = name
            self.body = body
        }
    }

    /// - Parameter lake: the identity of the lake; an index of another lake at this path is emptied first.
    package init(_ database: StateDatabase, lake: String) throws(TarnError) {
        self.database = database
        try database.write { database in
            if try String.fetchOne(database, sql: "SELECT id FROM lake") == lake { return }
            for table in ["lake", "log_record", "table_state", "source_state"] {
                try database.execute(sql: "DELETE FROM \(table)")
            }
            try database.execute(sql: "INSERT INTO lake VALUES (?)", arguments: [lake])
        }
    }

    /// Forgets all records.
    package func removeAll() throws(TarnError) {
        try database.write { database in
            for table in ["log_record", "table_state", "source_state"] {
                try database.execute(sql: "DELETE FROM \(table)")
            }
        }
    }

    /// The newest version that is indexed; 0 for none.
    package func lastVersion() throws(TarnError) -> Int64 {
        try database.read { try Int64.fetchOne($0, sql: "SELECT max(version) FROM log_record") ?? 0 }
    }

    /// Adds one record, if it is the next one: the index never has a gap. One that is there already stays as it is.
    package func add(
        _ record: Row,
        time: Timestamp,
        tables: [Entry],
        sources: [Entry]
    ) throws(TarnError) {
        try database.write { database in
            let last = try Int64.fetchOne(database, sql: "SELECT max(version) FROM log_record") ?? 0
            guard record.version == last + 1 else { return }
            try database.execute(
                sql: "INSERT INTO log_record VALUES (?, ?, ?)",
                arguments: [record.version, time.microseconds, record.body]
            )
            for (kind, entries) in [("table_state", tables), ("source_state", sources)] {
                for entry in entries {
                    try database.execute(
                        sql: "INSERT INTO \(kind) VALUES (?, ?, ?)",
                        arguments: [entry.name, record.version, entry.body]
                    )
                }
            }
        }
    }

    /// The bodies of all tables as they were at `version`, by name.
    package func tables(at version: Int64) throws(TarnError) -> [Entry] { try states("table_state", at: version) }

    package func sources(at version: Int64) throws(TarnError) -> [Entry] { try states("source_state", at: version) }

    /// The newest version whose commit is not after `time`; nil when the lake is younger.
    package func version(at time: Timestamp) throws(TarnError) -> Int64? {
        try database.read {
            try Int64.fetchOne(
                $0,
                sql: "SELECT max(version) FROM log_record WHERE time <= ?",
                arguments: [time.microseconds]
            )
        }
    }

    package func body(of version: Int64) throws(TarnError) -> String? {
        try database.read {
            try String.fetchOne($0, sql: "SELECT body FROM log_record WHERE version = ?", arguments: [version])
        }
    }

    /// Records, newest first; with `table`, only those that changed it.
    package func records(ofTable table: String?, limit: Int) throws(TarnError) -> [Row] {
        try database.read { database in
            let condition =
                table == nil
                ? "?1 IS NULL" : "version IN (SELECT version FROM table_state WHERE name = ?1)"
            let rows = try GRDB.Row.fetchAll(
                database,
                sql: "SELECT version, body FROM log_record WHERE \(condition) ORDER BY version DESC LIMIT ?2",
                arguments: [table, limit]
            )
            return rows.map { Row(version: $0[0], body: $0[1]) }
        }
    }

    private func states(_ kind: String, at version: Int64) throws(TarnError) -> [Entry] {
        try database.read { database in
            let rows = try GRDB.Row.fetchAll(
                database,
                sql: """
                    SELECT name, body FROM \(kind) AS newest
                    WHERE version = (SELECT max(version) FROM \(kind) WHERE name = newest.name AND version <= ?)
                    ORDER BY name
                    """,
                arguments: [version]
            )
            return rows.map { Entry(name: $0[0], body: $0[1]) }
        }
    }
}
