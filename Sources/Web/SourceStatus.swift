package import Base

/// What one source is doing.
package struct SourceStatus: Sendable, Equatable {
    package enum Phase: String, Sendable, CaseIterable {
        case starting
        case snapshot
        case streaming
        case paused
        /// Waits before the next attempt.
        case retrying
        case stopped
        case failed
    }

    package struct Snapshot: Sendable, Equatable {
        package var rows: Int64
        package var estimatedRows: Int64
        package var chunksDone: Int64
        package var chunkCount: Int64
        package var startedAt: Timestamp

        package init(rows: Int64, estimatedRows: Int64, chunksDone: Int64, chunkCount: Int64, startedAt: Timestamp) {
            self.rows = rows
            self.estimatedRows = estimatedRows
            self.chunksDone = chunksDone
            self.chunkCount = chunkCount
            self.startedAt = startedAt
        }
    }

    package struct Table: Sendable, Equatable {
        package var source: String
        package var bronze: String
        package var silver: String?
        /// Why it is no longer followed; nil while it is.
        package var stopped: String?
        package var changes: Int64

        package init(source: String, bronze: String, silver: String?, stopped: String? = nil, changes: Int64 = 0) {
            self.source = source
            self.bronze = bronze
            self.silver = silver
            self.stopped = stopped
            self.changes = changes
        }
    }

    /// A check of the rows of one of its silver tables.
    package struct Check: Sendable, Equatable {
        package var table: String
        package var check: String
        /// Of the rows that changed last: `pass`, `warn`, `fail` or `error`; nil before any did.
        package var outcome: String?
        /// Since when it is that.
        package var since: Timestamp?
        /// Rows looked at since then, and those that failed.
        package var rows: Int64 = 0
        package var failingRows: Int64 = 0
        /// Why it could not be evaluated.
        package var reason: String?
        /// Since the landing began.
        package var failingRowsTotal: Int64 = 0

        package init(table: String, check: String, outcome: String? = nil) {
            self.table = table
            self.check = check
            self.outcome = outcome
        }

        package var isFailing: Bool { outcome.map { $0 != "pass" } ?? false }
    }

    /// What the source's log costs the source.
    package struct Log: Sendable, Equatable {
        package var position: String
        package var confirmedPosition: String?
        package var retainedBytes: Int64
        /// What the source's file allows before a warning.
        package var budgetBytes: Int64
        /// What may still be written before the source gives up on Tarn; nil when unlimited.
        package var leftBytes: Int64?
        /// In the source's own words.
        package var state: String

        package init(
            position: String,
            confirmedPosition: String?,
            retainedBytes: Int64,
            budgetBytes: Int64,
            leftBytes: Int64?,
            state: String
        ) {
            self.position = position
            self.confirmedPosition = confirmedPosition
            self.retainedBytes = retainedBytes
            self.budgetBytes = budgetBytes
            self.leftBytes = leftBytes
            self.state = state
        }
    }

    package var name: String
    package var kind: String
    package var phase: Phase
    /// The error of the last attempt, while it matters.
    package var failure: String?
    /// When the next attempt is made, while retrying.
    package var nextAttemptAt: Timestamp?
    package var snapshot: Snapshot?
    package var position: String?
    package var positionTime: Timestamp?
    /// How far the lake is behind the source; nil while that is unknown.
    package var lagMilliseconds: Int64?
    package var log: Log?
    package var changes: Int64 = 0
    package var transactions: Int64 = 0
    package var commits: Int64 = 0
    package var changesPerSecond: Int64 = 0
    package var lastCommitAt: Timestamp?
    package var lastCommitMilliseconds: Int64 = 0
    package var tables: [Table] = []
    package var checks: [Check] = []

    package init(name: String, kind: String, phase: Phase) {
        self.name = name
        self.kind = kind
        self.phase = phase
    }

    package var isOverLogBudget: Bool { log.map { $0.retainedBytes > $0.budgetBytes } ?? false }
}
