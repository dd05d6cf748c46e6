import Base
import Capture
import Columns
import Synchronization

/// A source in memory: one table of which every cell follows from its row's id and salt, with columns added over time.
final class ShopSource: ChangeSource {
    struct Row: Hashable, Sendable {
        var id: Int64
        var salt: Int64
    }

    enum Change: Sendable {
        case create(Row)
        case update(old: Int64, Row)
        case delete(Int64)
        case truncate
    }

    struct Transaction: Sendable {
        var changes: [Change]
        /// How many of the columns the table has by now.
        var columnCount: Int
        /// A part of the stream ends after so many changes, inside the transaction too.
        var changesPerPart = Int.max
    }

    private struct Contents {
        var rows: [Int64: Row] = [:]
        var transactions: [Transaction] = []
        var acknowledged = Position(text: "")
    }

    private let contents = Mutex(Contents())
    private let snapshotRows: [Row]
    /// The positions that the landing acknowledges.
    let acknowledgements: AsyncStream<Position>
    private let acknowledger: AsyncStream<Position>.Continuation

    init(rows: [Row]) {
        (acknowledgements, acknowledger) = AsyncStream.makeStream()
        snapshotRows = rows
        contents.withLock { contents in
            for row in rows { contents.rows[row.id] = row }
        }
    }

    /// What the table holds now, by key.
    var rows: [Int64: Row] { contents.withLock { $0.rows } }

    var end: Position { Self.position(contents.withLock { $0.transactions.count }) }

    func append(_ changes: [Change], columnCount: Int, changesPerPart: Int = .max) {
        contents.withLock { contents in
            for change in changes { Self.apply(change, to: &contents.rows) }
            contents.transactions.append(
                Transaction(changes: changes, columnCount: columnCount, changesPerPart: changesPerPart)
            )
        }
    }

    static func apply(_ change: Change, to rows: inout [Int64: Row]) {
        switch change {
        case .create(let row): rows[row.id] = row
        case .update(let old, let row):
            rows[old] = nil
            rows[row.id] = row
        case .delete(let id): rows[id] = nil
        case .truncate: rows = [:]
        }
    }

    func matchingTables() async throws(TarnError) -> [MatchingTable] {
        [ShopTable.captured(columnCount: ShopTable.firstColumnCount)].map {
            MatchingTable(name: SourceTableName(namespace: $0.namespace, name: $0.name), identity: $0.identity)
        }
    }

    func identity() async throws(TarnError) -> String { "memory" }

    func check() async throws(TarnError) -> [SetupProblem] { [] }

    func snapshot() async throws(TarnError) -> any SourceSnapshot { ShopSnapshot(rows: snapshotRows) }

    func stream(from position: Position, tables: [CapturedTable]) async throws(TarnError) -> any ChangeStream {
        ShopStream(self, next: Int(position.text) ?? 0)
    }

    func remove() async throws(TarnError) {}

    func health() async throws(TarnError) -> SourceHealth {
        SourceHealth(
            currentPosition: end,
            confirmedPosition: contents.withLock { $0.acknowledged },
            retainedBytes: 0,
            budgetBytes: nil,
            state: "reserved"
        )
    }

    static func position(_ number: Int) -> Position { Position(text: padded(Int64(number), 16)) }

    fileprivate func transaction(_ number: Int) -> Transaction? {
        contents.withLock { $0.transactions.indices.contains(number) ? $0.transactions[number] : nil }
    }

    fileprivate func acknowledge(_ position: Position) {
        contents.withLock { $0.acknowledged = position }
        acknowledger.yield(position)
    }
}

private struct ShopSnapshot: SourceSnapshot {
    let rows: [ShopSource.Row]
    let position = ShopSource.position(0)
    let tables = [ShopTable.captured(columnCount: ShopTable.firstColumnCount)]
    let stopped: [TableStop] = []
    let readerCount = 1

    var chunks: [SnapshotChunk] {
        [SnapshotChunk(table: 0, number: 0, estimatedRows: Int64(rows.count), range: 0..<Int64(rows.count))]
    }

    func read(
        _ chunk: SnapshotChunk,
        bytesMax: Int,
        _ body: @Sendable (ColumnBatch) async throws(TarnError) -> Void
    ) async throws(TarnError) {
        var batch = ColumnBatch(schema: tables[0].schema)
        for row in rows { ShopTable.append(row, to: &batch) }
        try await body(batch)
    }

    func close() async {}
}

private actor ShopStream: ChangeStream {
    private let source: ShopSource
    private var next: Int
    /// Changes of the present transaction that were delivered already.
    private var delivered = 0

    init(_ source: ShopSource, next: Int) {
        self.source = source
        self.next = next
    }

    func read(limits: StreamLimits) async throws(TarnError) -> StreamPart {
        var part = StreamPart()
        guard let transaction = source.transaction(next) else {
            await Task.yield()
            part.idle = ShopSource.position(next)
            return part
        }
        var batch = ChangeBatch(table: ShopTable.captured(columnCount: transaction.columnCount))
        let info = TransactionInfo(
            position: ShopSource.position(next + 1),
            identifier: String(next),
            commitTime: Timestamp(microseconds: Int64(next))
        )
        batch.transactions.append(info)
        let end = delivered + min(transaction.changesPerPart, transaction.changes.count - delivered)
        for number in delivered..<end { batch.append(transaction.changes[number], sequence: number) }
        part.batches = batch.count == 0 ? [] : [batch]
        delivered = end
        guard end == transaction.changes.count else {
            part.isInsideTransaction = true
            return part
        }
        next += 1
        delivered = 0
        part.reached = info.position
        part.reachedTime = info.commitTime
        part.transactionCount = 1
        return part
    }

    func acknowledge(_ position: Position) async throws(TarnError) { source.acknowledge(position) }

    func close() async {}
}

extension ChangeBatch {
    fileprivate mutating func append(_ change: ShopSource.Change, sequence: Int) {
        transactionOf.append(0)
        sequences.append(Int64(sequence))
        switch change {
        case .create(let row): append(.create, old: nil, row)
        case .update(let old, let row):
            if row.salt % 3 == 0 {
                unavailable.append(UnavailableValue(row: count, column: ShopTable.nameColumn))
            }
            append(.update, old: old == row.id ? nil : old, row)
        case .delete(let id): append(.delete, old: id, nil)
        case .truncate: append(.truncate, old: nil, nil)
        }
    }

    private mutating func append(_ operation: Operation, old: Int64?, _ row: ShopSource.Row?) {
        operations.append(operation)
        hasBefore.append(old != nil)
        hasAfter.append(row != nil)
        if let old {
            before.columns[0].append(int64: old)
            for column in before.columns.indices.dropFirst() { before.columns[column].appendNull() }
        } else {
            for column in before.columns.indices { before.columns[column].appendNull() }
        }
        if let row {
            ShopTable.append(row, to: &after, withoutName: unavailable.last?.row == operations.count - 1)
        } else {
            for column in after.columns.indices { after.columns[column].appendNull() }
        }
    }
}
