package import Base
import GRDB

/// What a person asked of the sources on this machine: which are paused.
package struct SourceControl: Sendable {
    private let database: StateDatabase

    package init(_ database: StateDatabase) { self.database = database }

    package func isPaused(_ source: String) throws(TarnError) -> Bool {
        try database.read {
            try Bool.fetchOne(
                $0,
                sql: "SELECT count(*) > 0 FROM paused_source WHERE name = ?",
                arguments: [source]
            ) ?? false
        }
    }

    package func setPaused(_ source: String, _ isPaused: Bool) throws(TarnError) {
        let statement =
            isPaused ? "INSERT OR IGNORE INTO paused_source VALUES (?)" : "DELETE FROM paused_source WHERE name = ?"
        try database.write { try $0.execute(sql: statement, arguments: [source]) }
    }
}
