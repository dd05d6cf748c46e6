package import Base

/// What one source's landing is doing, for status, health and metrics.
package struct LandingStatus: Sendable {
    package enum Phase: String, Sendable {
        case starting
        case snapshot
        case streaming
        case stopped
        case failed
    }

    package struct SnapshotProgress: Sendable {
        package var rows: Int64 = 0
        package var estimatedRows: Int64 = 0
        package var startedAt: Timestamp
        package var chunksDone = 0
        package var chunkCount = 0

        package init(startedAt: Timestamp) { self.startedAt = startedAt }
    }

    /// One captured table and where it lands.
    package struct Table: Sendable {
        /// The name at the source, `schema.table`.
        package var source: String
        package var bronze: TableName
        /// Nil for a table without a key: it lands in bronze alone.
        package var silver: TableName?
        /// Why the table is no longer followed; nil while it is.
        package var stopped: String?
        /// Changes landed since the process started.
        package var changes: Int64 = 0

        package init(source: String, bronze: TableName, silver: TableName?, stopped: String?) {
            self.source = source
            self.bronze = bronze
            self.silver = silver
            self.stopped = stopped
        }
    }

    package var source: String
    package var phase = Phase.starting
    package var snapshot: SnapshotProgress?
    package var tables: [Table] = []
    /// Tables at the source that its file asks for, and that the lake does not have: they were not there at the
    /// snapshot, or could not be captured.
    package var unfollowed: [String] = []
    /// The checks of rows that the source's file declares.
    package var checks: [CheckState] = []
    /// Why results of checks wait to be recorded; nil while they do not.
    package var unrecordedChecks: String?
    /// Everything up to here is in the lake.
    package var position: String?
    /// The source's commit time of the newest transaction in the lake.
    package var positionTime: Timestamp?
    /// When the lake was last known to hold everything the source had.
    package var caughtUpAt: Timestamp?
    package var version: Int64?
    package var lastCommitAt: Timestamp?
    package var lastCommitMilliseconds: Int64 = 0
    package var commits: Int64 = 0
    package var changes: Int64 = 0
    package var transactions: Int64 = 0
    package var failure: String?

    package init(source: String) { self.source = source }
}
