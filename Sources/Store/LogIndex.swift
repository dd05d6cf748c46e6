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

    /// What entries are about. The raw values are in the database.
    package enum Kind: String, Sendable {
        case table
        case source
        case branch
        case tag
    }

    /// What one log record says of one thing; `body` is nil where it was dropped.
    package struct Entry: Sendable {
        package var kind: Kind
        /// Of a table on a branch, the branch; nil for main.
        package var branch: String?
        package var name: String
        package var body: String?
        /// The record's version; filled in by the index.
        package var version: Int64 = 0

        package init(_ kind: Kind, _ name: String, body: String?, branch: String? = nil) {
            self.kind = kind
            self.branch = branch
            self.name = name
            self.body = body
        }
    }

    /// - Parameter lake: the identity of the lake; an index of another lake at this path is emptied first.
    package init(_ database: StateDatabase, lake: String) throws(TarnError) {
        self.database = database
        try database.write { database in
            if try String.fetchOne(database, sql: "SELECT id FROM lake") == lake { return }
            for table in ["lake", "log_record", "entry"] {
                try database.execute(sql: "DELETE FROM \(table)")
            }
            try database.execute(sql: "INSERT INTO lake VALUES (?)", arguments: [lake])
        }
    }

    /// Forgets all records.
    package func removeAll() throws(TarnError) {
        try database.write { database in
            for table in ["log_record", "entry"] {
                try database.execute(sql: "DELETE FROM \(table)")
            }
        }
    }

    /// The newest version that is indexed; 0 for none.
    package func lastVersion() throws(TarnError) -> Int64 {
        try database.read { try Int64.fetchOne($0, sql: "SELECT max(version) FROM log_record") ?? 0 }
    }

    /// Adds one record, if it is the next one: the index never has a gap. One that is there already stays as it is.
    package func add(_ record: Row, time: Timestamp, _ entries: [Entry]) throws(TarnError) {
        try database.write { database in
            let last = try Int64.fetchOne(database, sql: "SELECT max(version) FROM log_record") ?? 0
            guard record.version == last + 1 else { return }
            try database.execute(
                sql: "INSERT INTO log_record VALUES (?, ?, ?)",
                arguments: [record.version, time.microseconds, record.body]
            )
            for entry in entries {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?)",
                    arguments: [entry.kind.rawValue, entry.branch ?? "", entry.name, record.version, entry.body]
                )
            }
        }
    }

    /// The newest entry of each name up to `version`, by name; dropped ones are left out.
    ///
    /// - Parameter start: entries before this version do not count: those of an earlier branch of the same name.
    package func entries(
        _ kind: Kind,
        branch: String? = nil,
        from start: Int64 = 0,
        at version: Int64
    ) throws(TarnError) -> [Entry] {
        try database.read { database in
            let rows = try GRDB.Row.fetchAll(
                database,
                sql: """
                    WITH RECURSIVE names(name) AS (
                        SELECT min(name) FROM entry WHERE kind = ?1 AND branch = ?2
                        UNION ALL
                        SELECT (SELECT min(name) FROM entry WHERE kind = ?1 AND branch = ?2 AND name > names.name)
                        FROM names WHERE names.name IS NOT NULL
                    )
                    SELECT entry.name, entry.body, entry.version FROM names JOIN entry
                    ON entry.kind = ?1 AND entry.branch = ?2 AND entry.name = names.name AND entry.version = (
                        SELECT max(version) FROM entry WHERE kind = ?1 AND branch = ?2 AND name = names.name
                        AND version BETWEEN ?3 AND ?4
                    )
                    WHERE entry.body IS NOT NULL ORDER BY entry.name
                    """,
                arguments: [kind.rawValue, branch ?? "", start, version]
            )
            return rows.map { row in
                var entry = Entry(kind, row[0], body: row[1], branch: branch)
                entry.version = row[2]
                return entry
            }
        }
    }

    /// All bodies that main ever had of one name, the newest first.
    package func bodies(_ kind: Kind, _ name: String) throws(TarnError) -> [String] {
        try database.read {
            try String.fetchAll(
                $0,
                sql: """
                    SELECT body FROM entry WHERE kind = ? AND branch = '' AND name = ? AND body IS NOT NULL
                    ORDER BY version DESC
                    """,
                arguments: [kind.rawValue, name]
            )
        }
    }

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

    /// The versions in which a table changed on main, newest first.
    package func versions(ofTable table: String, limit: Int) throws(TarnError) -> [Int64] {
        try database.read {
            try Int64.fetchAll(
                $0,
                sql: """
                    SELECT version FROM entry WHERE kind = 'table' AND branch = '' AND name = ?
                    ORDER BY version DESC LIMIT ?
                    """,
                arguments: [table, limit]
            )
        }
    }

    /// Records, newest first; with `table`, only those that changed it on main.
    package func records(ofTable table: String?, limit: Int) throws(TarnError) -> [Row] {
        let condition = "version IN (SELECT version FROM entry WHERE kind = 'table' AND branch = '' AND name = ?1)"
        return try records(where: table == nil ? "?1 IS NULL" : condition, table, limit: limit)
    }

    /// The newest record that made, published or dropped the branch; nil where there never was one.
    package func record(ofBranch branch: String) throws(TarnError) -> Row? {
        let condition = "version IN (SELECT version FROM entry WHERE kind = 'branch' AND branch = '' AND name = ?1)"
        return try records(where: condition, branch, limit: 1).first
    }

    private func records(where condition: String, _ name: String?, limit: Int) throws(TarnError) -> [Row] {
        try database.read { database in
            let rows = try GRDB.Row.fetchAll(
                database,
                sql: "SELECT version, body FROM log_record WHERE \(condition) ORDER BY version DESC LIMIT ?2",
                arguments: [name, limit]
            )
            return rows.map { Row(version: $0[0], body: $0[1]) }
        }
    }
}
