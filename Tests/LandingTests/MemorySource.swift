import Base
import Capture
import Columns
import Synchronization

/// A source in memory: a table of rows, and a log of transactions that can be replayed from any position.
final class MemorySource: ChangeSource {
    struct Row: Equatable {
        var id: Int64
        var name: String?
        var big: String?
    }

    enum Change {
        case create(Row)
        /// `keepsBig`: the source does not send `big`, because it did not change.
        case update(old: Int64, Row, keepsBig: Bool)
        case delete(Int64)
        case truncate
    }

    private struct Contents {
        var snapshot: [Row] = []
        var rows: [Int64: Row] = [:]
        var transactions: [[Change]] = []
        var acknowledged = Position(text: "")
    }

    static let table = CapturedTable(
        identity: 7,
        namespace: "public",
        name: "orders",
        schema: Schema(fields: [
            Field(id: 1, name: "id", type: .long), Field(id: 2, name: "name", type: .string),
            Field(id: 3, name: "big", type: .string),
        ]),
        key: [0]
    )

    private let contents = Mutex(Contents())
    /// Bytes after which a part ends inside a transaction: counted here in changes.
    let changesPerPart: Int
    private let identityText: String

    init(rows: [Row], changesPerPart: Int = .max, identity: String = "memory") {
        self.changesPerPart = changesPerPart
        identityText = identity
        contents.withLock { contents in
            contents.snapshot = rows
            for row in rows { contents.rows[row.id] = row }
        }
    }

    /// What the table holds now, by key.
    var rows: [Int64: Row] { contents.withLock { $0.rows } }

    var acknowledged: Position { contents.withLock { $0.acknowledged } }

    var end: Position { Self.position(contents.withLock { $0.transactions.count }) }

    /// All changes of the log so far.
    var changeCount: Int { contents.withLock { $0.transactions.reduce(0) { $0 + $1.count } } }

    func append(_ changes: [Change]) {
        contents.withLock { contents in
            for change in changes {
                switch change {
                case .create(let row): contents.rows[row.id] = row
                case .update(let old, let row, _):
                    contents.rows[old] = nil
                    contents.rows[row.id] = row
                case .delete(let id): contents.rows[id] = nil
                case .truncate: contents.rows = [:]
                }
            }
            contents.transactions.append(changes)
        }
    }

    func matchingTables() async throws(TarnError) -> [MatchingTable] {
        [Self.table].map {
            MatchingTable(name: SourceTableName(namespace: $0.namespace, name: $0.name), identity: $0.identity)
        }
    }

    func identity() async throws(TarnError) -> String { identityText }

    func check() async throws(TarnError) -> [SetupProblem] { [] }

    func snapshot() async throws(TarnError) -> any SourceSnapshot {
        MemorySnapshot(rows: contents.withLock { $0.snapshot })
    }

    func stream(from position: Position, tables: [CapturedTable]) async throws(TarnError) -> any ChangeStream {
        MemoryStream(self, next: Int(position.text) ?? 0)
    }

    func remove() async throws(TarnError) {}

    func health() async throws(TarnError) -> SourceHealth {
        SourceHealth(
            currentPosition: end,
            confirmedPosition: acknowledged,
            retainedBytes: 0,
            budgetBytes: nil,
            state: "reserved"
        )
    }

    static func position(_ number: Int) -> Position { Position(text: padded(Int64(number), 16)) }

    fileprivate func transaction(_ number: Int) -> [Change]? {
        contents.withLock { $0.transactions.indices.contains(number) ? $0.transactions[number] : nil }
    }

    fileprivate func acknowledge(_ position: Position) { contents.withLock { $0.acknowledged = position } }
}

private struct MemorySnapshot: SourceSnapshot {
    let rows: [MemorySource.Row]
    let position = MemorySource.position(0)
    let tables = [MemorySource.table]
    let stopped: [TableStop] = []
    let readerCount = 2

    var chunks: [SnapshotChunk] {
        stride(from: 0, to: max(1, rows.count), by: 10).enumerated().map {
            SnapshotChunk(table: 0, number: $0, estimatedRows: 10, range: Int64($1)..<Int64($1 + 10))
        }
    }

    func read(
        _ chunk: SnapshotChunk,
        bytesMax: Int,
        _ body: @Sendable (ColumnBatch) async throws(TarnError) -> Void
    ) async throws(TarnError) {
        var batch = ColumnBatch(schema: MemorySource.table.schema)
        for row in rows[min(rows.count, Int(chunk.range.lowerBound))..<min(rows.count, Int(chunk.range.upperBound))] {
            batch.append(row, keepsBig: false)
        }
        try await body(batch)
    }

    func close() async {}
}

private actor MemoryStream: ChangeStream {
    private let source: MemorySource
    private var next: Int
    /// Changes of the present transaction that were delivered already.
    private var delivered = 0

    init(_ source: MemorySource, next: Int) {
        self.source = source
        self.next = next
    }

    func read(limits: StreamLimits) async throws(TarnError) -> StreamPart {
        var part = StreamPart()
        guard let changes = source.transaction(next) else {
            await Task.yield()
            part.idle = MemorySource.position(next)
            return part
        }
        var batch = ChangeBatch(table: MemorySource.table)
        let info = TransactionInfo(
            position: MemorySource.position(next + 1),
            identifier: String(next),
            commitTime: Timestamp(microseconds: Int64(next))
        )
        batch.transactions.append(info)
        let end = delivered + min(source.changesPerPart, changes.count - delivered)
        for number in delivered..<end { batch.append(changes[number], sequence: number) }
        part.batches = batch.count == 0 ? [] : [batch]
        delivered = end
        guard end == changes.count else {
            part.isInsideTransaction = true
            return part
        }
        next += 1
        delivered = 0
        part.reached = MemorySource.position(next)
        part.reachedTime = info.commitTime
        part.transactionCount = 1
        return part
    }

    func acknowledge(_ position: Position) async throws(TarnError) { source.acknowledge(position) }

    func close() async {}
}

extension ColumnBatch {
    fileprivate mutating func append(_ row: MemorySource.Row, keepsBig: Bool) {
        columns[0].append(int64: row.id)
        if let name = row.name { columns[1].append(string: name) } else { columns[1].appendNull() }
        if let big = row.big, !keepsBig { columns[2].append(string: big) } else { columns[2].appendNull() }
    }

    fileprivate mutating func appendNulls() { for index in columns.indices { columns[index].appendNull() } }
}

extension ChangeBatch {
    fileprivate mutating func append(_ change: MemorySource.Change, sequence: Int) {
        transactionOf.append(0)
        sequences.append(Int64(sequence))
        switch change {
        case .create(let row): append(.create, old: nil, row, keepsBig: false)
        case .update(let old, let row, let keepsBig):
            append(.update, old: old == row.id ? nil : old, row, keepsBig: keepsBig)
        case .delete(let id): append(.delete, old: id, nil, keepsBig: false)
        case .truncate: append(.truncate, old: nil, nil, keepsBig: false)
        }
    }

    private mutating func append(_ operation: Operation, old: Int64?, _ row: MemorySource.Row?, keepsBig: Bool) {
        if keepsBig { unavailable.append(UnavailableValue(row: count, column: 2)) }
        operations.append(operation)
        hasBefore.append(old != nil)
        hasAfter.append(row != nil)
        if let old {
            before.columns[0].append(int64: old)
            before.columns[1].appendNull()
            before.columns[2].appendNull()
        } else {
            before.appendNulls()
        }
        if let row { after.append(row, keepsBig: keepsBig) } else { after.appendNulls() }
    }
}
