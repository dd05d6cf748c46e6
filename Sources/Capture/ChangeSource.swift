package import Base
package import Columns

/// A database whose changes Tarn captures. One implementation a kind of database.
///
/// Contract: the rows of `snapshot()` are the tables at its position, and `stream(from:)` that position delivers every
/// later change once and in order, with no gap between the two.
package protocol ChangeSource: Sendable {
    /// Everything that keeps this source from being captured, each with its remedy. Empty when ready.
    func check() async throws(TarnError) -> [SetupProblem]

    /// The tables that the source's file asks for and that are there now, whether or not they can be captured. Cheap,
    /// and waits for no lock: it is asked again and again while the log is followed.
    func matchingTables() async throws(TarnError) -> [MatchingTable]

    /// Tells this database and its log from every other, and from itself after it was set back to an earlier moment.
    /// The lake keeps it beside the position, which means nothing in another log.
    func identity() async throws(TarnError) -> String

    /// Starts anew: drops what an earlier unfinished snapshot left, and fixes one position for all tables.
    func snapshot() async throws(TarnError) -> any SourceSnapshot

    /// - Parameters:
    ///   - position: the end of the last transaction that the lake holds.
    ///   - tables: their shapes as the lake knows them, to compare later shapes with.
    /// - Throws: `source.slotMissing`, `source.slotLost`, `source.slotAhead` when the log no longer reaches back to it;
    ///   `source.replaced` when the log ends before it.
    func stream(from position: Position, tables: [CapturedTable]) async throws(TarnError) -> any ChangeStream

    /// Leaves nothing behind at the source (PostgreSQL: drops the slot, and the publication when Tarn made it).
    func remove() async throws(TarnError)

    /// What the log costs the source now.
    func health() async throws(TarnError) -> SourceHealth
}

/// A table as the source knows it.
package struct SourceTableName: Sendable, Hashable {
    package var namespace: String
    package var name: String

    package var qualified: String { "\(namespace).\(name)" }

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }
}

/// A table that is at the source now.
package struct MatchingTable: Sendable, Hashable {
    package var name: SourceTableName
    /// As in `CapturedTable`: another table of the same name has another one.
    package var identity: UInt64
    package var layout: TableLayout?

    package init(name: SourceTableName, identity: UInt64, layout: TableLayout? = nil) {
        self.name = name
        self.identity = identity
        self.layout = layout
    }
}

/// One thing to be mended at the source, with the exact statement that does it.
package struct SetupProblem: Sendable, Hashable {
    package var message: String
    /// SQL or a setting to apply, exact.
    package var remedy: String
    /// Capture can start nevertheless (a table without key, for example).
    package var isWarning: Bool

    package init(message: String, remedy: String, isWarning: Bool = false) {
        self.message = message
        self.remedy = remedy
        self.isWarning = isWarning
    }
}

package struct SourceHealth: Sendable {
    /// The end of the source's log now.
    package var currentPosition: Position
    /// The position the source knows to be safe in the lake; nil without a slot.
    package var confirmedPosition: Position?
    /// Bytes of log kept because of Tarn.
    package var retainedBytes: Int64
    /// Bytes of log that may still be written before the source gives the slot up; nil when unlimited.
    package var budgetBytes: Int64?
    /// `reserved`, `extended`, `unreserved`, `lost`, as PostgreSQL names them.
    package var state: String

    package init(
        currentPosition: Position,
        confirmedPosition: Position?,
        retainedBytes: Int64,
        budgetBytes: Int64?,
        state: String
    ) {
        self.currentPosition = currentPosition
        self.confirmedPosition = confirmedPosition
        self.retainedBytes = retainedBytes
        self.budgetBytes = budgetBytes
        self.state = state
    }
}

/// All tables at one position. Chunks may be read concurrently.
package protocol SourceSnapshot: Sendable {
    var position: Position { get }
    var tables: [CapturedTable] { get }
    /// Tables that cannot be captured, with the reason; the others go on.
    var stopped: [TableStop] { get }
    var chunks: [SnapshotChunk] { get }
    /// How many chunks the source wants read at once.
    var readerCount: Int { get }

    /// Reads one chunk; `body` gets batches of at most about `bytesMax` bytes, in order.
    func read(
        _ chunk: SnapshotChunk,
        bytesMax: Int,
        _ body: @Sendable (ColumnBatch) async throws(TarnError) -> Void
    ) async throws(TarnError)

    /// Ends the snapshot's transactions at the source.
    func close() async
}

/// A part of a table that one reader reads.
package struct SnapshotChunk: Sendable, Hashable {
    /// Index into the snapshot's `tables`.
    package var table: Int
    package var number: Int
    package var estimatedRows: Int64
    /// The part in the source's own terms (PostgreSQL: a range of heap blocks).
    package var range: Range<Int64>

    package init(table: Int, number: Int, estimatedRows: Int64, range: Range<Int64>) {
        self.table = table
        self.number = number
        self.estimatedRows = estimatedRows
        self.range = range
    }
}

/// The log from a position on.
package protocol ChangeStream: Sendable {
    /// Waits for changes and returns them at the end of a transaction, when `limits` says so; inside a transaction only
    /// when `limits.bytesMax` is reached. With nothing to return after `limits.wait`, an empty part.
    func read(limits: StreamLimits) async throws(TarnError) -> StreamPart

    /// Tells the source that everything up to `position` is durable in the lake.
    func acknowledge(_ position: Position) async throws(TarnError)

    func close() async
}

package struct StreamLimits: Sendable {
    /// Return at the next end of a transaction once this long has passed since the call.
    package var wait: Duration
    package var rowsMax: Int
    /// Return at once, even inside a transaction, when the batches hold this much.
    package var bytesMax: Int

    package init(wait: Duration, rowsMax: Int, bytesMax: Int) {
        self.wait = wait
        self.rowsMax = rowsMax
        self.bytesMax = bytesMax
    }
}

/// What one read of the log brought.
package struct StreamPart: Sendable {
    /// At most one a table and shape, in the order of their first change. A table whose shape changes within the part
    /// has a batch for each shape, the older first.
    package var batches: [ChangeBatch] = []
    /// The end of the last transaction in this part; nil when none ended.
    package var reached: Position?
    /// The commit time of that transaction at the source.
    package var reachedTime: Timestamp?
    /// Transactions that ended in this part.
    package var transactionCount = 0
    /// The part ends within a transaction: nothing of it may become visible yet.
    package var isInsideTransaction = false
    /// The end of the source's log, when nothing is pending: safe to acknowledge once stored durably.
    package var idle: Position?
    /// Proof of how far the log was read: whatever the source had logged by then is in this part or an earlier one. Nil
    /// without a word from the source; a silent source may have much to tell.
    package var caughtUpAt: Timestamp?
    /// Tables that stopped in this part. Their earlier changes in this part are whole transactions.
    package var stopped: [TableStop] = []

    package init() {}
}

/// A table that can no longer be followed; the other tables go on.
package struct TableStop: Sendable {
    package var table: String
    package var error: TarnError

    package init(table: String, error: TarnError) {
        self.table = table
        self.error = error
    }
}
