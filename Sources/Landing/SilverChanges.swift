import Base
import Capture
import Columns

/// What a batch of changes comes to for a silver table: which rows stand at its end, and which keys are gone.
///
/// A key changed many times counts once, by its last change. After a truncate only what followed it counts.
struct SilverChanges {
    /// The table was emptied within the batch: nothing from before it stays.
    private(set) var isTruncated = false
    /// Rows of the batch's `after` that stand at the end, ascending.
    private(set) var rows: [Int] = []
    /// Their keys, in the same order.
    private(set) var keys = KeyBatch()
    /// Keys that were touched and have no row at the end.
    private(set) var removedKeys = KeyBatch()

    init(_ batch: ChangeBatch, encoder: KeyEncoder) throws(TarnError) {
        let events = try KeyEvents(batch, encoder: encoder)
        isTruncated = events.isTruncated
        var lastOfRow: [(row: Int, event: Int)] = []
        let order = events.keys.sortedRows()
        var start = 0
        while start < order.count {
            var end = start + 1
            var last = order[start]
            while end < order.count, events.keys.isEqual(order[start], order[end]) {
                last = max(last, order[end])
                end += 1
            }
            if let row = events.rows[last] {
                lastOfRow.append((row, last))
            } else {
                removedKeys.append(last, of: events.keys)
            }
            start = end
        }
        lastOfRow.sort { $0.row < $1.row }
        rows = lastOfRow.map(\.row)
        for (_, event) in lastOfRow { keys.append(event, of: events.keys) }
    }
}

/// The keys that a batch touches, in order: each is set to a row of the batch, or removed.
struct KeyEvents {
    private(set) var keys = KeyBatch()
    /// The row of `after` that the key is set to; nil where the key is removed.
    private(set) var rows: [Int?] = []
    private(set) var isTruncated = false

    init(_ batch: ChangeBatch, encoder: KeyEncoder) throws(TarnError) {
        let start = (batch.operations.lastIndex(of: .truncate) ?? -1) + 1
        isTruncated = start > 0
        let withBefore = (start..<batch.count).filter { batch.hasBefore[$0] }
        let withAfter = (start..<batch.count).filter { batch.hasAfter[$0] }
        let beforeKeys = try encoder.encode(batch.before, rows: withBefore)
        let afterKeys = try encoder.encode(batch.after, rows: withAfter)
        if withBefore.isEmpty {
            keys = afterKeys
            rows = withAfter
            return
        }
        var before = 0
        var after = 0
        for row in start..<batch.count {
            if batch.hasBefore[row] {
                keys.append(before, of: beforeKeys)
                rows.append(nil)
                before += 1
            }
            if batch.hasAfter[row] {
                keys.append(after, of: afterKeys)
                rows.append(row)
                after += 1
            }
        }
    }
}
