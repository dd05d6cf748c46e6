package import Base
package import Checks

/// How one check of a mirror stands: what it said of the rows that changed last.
package struct CheckState: Sendable, Equatable {
    package var table: TableName
    package var check: String
    /// Of the newest rows that changed; nil before any did.
    package var outcome: CheckResult.Outcome?
    /// Since when the outcome is the same.
    package var since: Timestamp?
    /// Rows that were looked at since then, and those of them that failed.
    package var rows: Int64 = 0
    package var failingRows: Int64 = 0
    /// Why the check could not be evaluated.
    package var reason: String?
    /// Since the landing began, as are all below.
    package var rowsTotal: Int64 = 0
    package var failingRowsTotal: Int64 = 0
    /// How often the check began to fail.
    package var failureCount: Int64 = 0

    package init(table: TableName, check: String) {
        self.table = table
        self.check = check
    }

    package var isFailing: Bool { outcome.map { $0 != .pass } ?? false }
}

extension CheckState {
    /// The form in which the commit log keeps checks that do not pass, beside the table that they are of.
    var json: JSONValue {
        [
            "check": .string(check), "outcome": outcome.map { .string($0.rawValue) } ?? .null,
            "since": since.map { .string($0.description) } ?? .null, "rows": .integer(rows),
            "failing_rows": .integer(failingRows), "reason": reason.map { .string($0) } ?? .null,
        ]
    }

    /// Nil for what another version of Tarn may have written.
    init?(_ json: JSONValue, of table: TableName) {
        guard let check = json["check"]?.string else { return nil }
        self.init(table: table, check: check)
        outcome = json["outcome"]?.string.flatMap(CheckResult.Outcome.init)
        since = json["since"]?.string.flatMap { Timestamp(iso8601: $0) }
        rows = json["rows"]?.integer ?? 0
        failingRows = json["failing_rows"]?.integer ?? 0
        reason = json["reason"]?.string
    }
}
