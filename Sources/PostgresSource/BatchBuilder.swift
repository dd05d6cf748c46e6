internal import Capture
internal import Columns

/// A batch while it grows. Null rows of the side that a change does not have are counted, and written in one go.
struct BatchBuilder: Sendable {
    private var batch: ChangeBatch
    private var transactionNumber = -1
    private var missingBefore = 0
    private var missingAfter = 0

    /// How the fields of a tuple travel.
    var wires: [WireType]

    init(_ table: CapturedTable, wires: [WireType]) {
        batch = ChangeBatch(table: table)
        self.wires = wires
    }

    var table: CapturedTable { batch.table }
    var count: Int { batch.count }

    mutating func finished() -> ChangeBatch {
        fillBefore()
        fillAfter()
        return batch
    }

    /// Appends an insert, update or delete from what follows the relation's id.
    mutating func append(
        _ letter: UInt8,
        _ message: ByteReader,
        _ open: ChangeAssembler.OpenTransaction
    ) throws(RowFault) {
        var reader = message
        var part = try Self.wire { () throws(WireFault) in try reader.unsigned8() }
        var hasOld = false
        if letter != UInt8(ascii: "I"), part == UInt8(ascii: "K") || part == UInt8(ascii: "O") {
            fillBefore()
            try appendTuple(&reader, toBefore: true, hasOldRow: false)
            hasOld = true
            if letter == UInt8(ascii: "U") { part = try Self.wire { () throws(WireFault) in try reader.unsigned8() } }
        }
        if !hasOld { missingBefore += 1 }
        let hasNew = letter != UInt8(ascii: "D")
        if hasNew {
            guard part == UInt8(ascii: "N") else { throw RowFault() }
            fillAfter()
            try appendTuple(&reader, toBefore: false, hasOldRow: hasOld)
        } else {
            guard hasOld else { throw RowFault() }
            missingAfter += 1
        }
        guard reader.count == 0 else { throw RowFault() }
        close(Self.operation(letter), hasBefore: hasOld, hasAfter: hasNew, open)
    }

    mutating func appendTruncate(_ open: ChangeAssembler.OpenTransaction) {
        missingBefore += 1
        missingAfter += 1
        close(.truncate, hasBefore: false, hasAfter: false, open)
    }

    /// Takes out the rows of the transaction, which are the last ones, and whatever a failed row left behind them.
    mutating func removeRows(of open: ChangeAssembler.OpenTransaction) {
        fillBefore()
        fillAfter()
        var kept = batch.count
        if transactionNumber == open.number, let index = batch.transactions.indices.last {
            while kept > 0, Int(batch.transactionOf[kept - 1]) == index { kept -= 1 }
            batch.transactions.removeLast()
        }
        let removed = batch.count - kept
        batch.operations.removeLast(removed)
        batch.transactionOf.removeLast(removed)
        batch.sequences.removeLast(removed)
        batch.unavailable.removeAll { $0.row >= kept }
        let rows = Array(0..<kept)
        batch.before = batch.before.gathered(rows)
        batch.after = batch.after.gathered(rows)
        batch.hasBefore = batch.hasBefore.prefix(kept)
        batch.hasAfter = batch.hasAfter.prefix(kept)
    }

    private mutating func fillBefore() {
        guard missingBefore > 0 else { return }
        batch.before.appendNullRows(missingBefore)
        missingBefore = 0
    }

    private mutating func fillAfter() {
        guard missingAfter > 0 else { return }
        batch.after.appendNullRows(missingAfter)
        missingAfter = 0
    }

    private static func operation(_ letter: UInt8) -> Operation {
        switch letter {
        case UInt8(ascii: "I"): .create
        case UInt8(ascii: "U"): .update
        default: .delete
        }
    }

    private mutating func close(
        _ operation: Operation,
        hasBefore: Bool,
        hasAfter: Bool,
        _ open: ChangeAssembler.OpenTransaction
    ) {
        if transactionNumber != open.number {
            transactionNumber = open.number
            batch.transactions.append(open.info)
        }
        batch.operations.append(operation)
        batch.transactionOf.append(Int32(truncatingIfNeeded: batch.transactions.count - 1))
        batch.sequences.append(open.sequence)
        batch.hasBefore.append(hasBefore)
        batch.hasAfter.append(hasAfter)
    }

    private mutating func appendTuple(
        _ reader: inout ByteReader,
        toBefore: Bool,
        hasOldRow: Bool
    ) throws(RowFault) {
        let tuple = reader
        let width = try Self.wire { () throws(WireFault) in try reader.integer(UInt16.self) }
        guard Int(width) == wires.count else { throw RowFault() }
        var next = 0
        do throws(ValueFault) {
            if toBefore {
                while let unsent = try batch.before.appendFields(&reader, wires, from: &next) {
                    throw unsent
                }
            } else {
                while try batch.after.appendFields(&reader, wires, from: &next) != nil {
                    appendUnchanged(next, hasOldRow: hasOldRow)
                    next += 1
                }
            }
        } catch {
            guard let key = tuple.keyText(table, wires) else { throw RowFault() }
            throw RowFault(value: RowFault.Value(column: next, fault: error, key: key))
        }
    }

    /// An unchanged out-of-line value is not sent again: the old row has it, when the whole of it was sent.
    private mutating func appendUnchanged(_ column: Int, hasOldRow: Bool) {
        let row = batch.count
        if hasOldRow, !batch.before.columns[column].isNull(row) {
            batch.after.columns[column].append(row, of: batch.before.columns[column])
        } else {
            batch.after.columns[column].appendNull()
            batch.unavailable.append(ChangeBatch.UnavailableValue(row: row, column: column))
        }
    }

    @inline(__always)
    private static func wire<Value>(_ body: () throws(WireFault) -> Value) throws(RowFault) -> Value {
        do throws(WireFault) { return try body() } catch { throw RowFault() }
    }
}

extension ColumnBatch {
    /// Appends the fields of a tuple from column `next` on, up to its end or to a value that was not sent.
    ///
    /// - Returns: nil at the end; else `malformed`, with `next` at the unsent column, for which nothing was appended.
    fileprivate mutating func appendFields(
        _ reader: inout ByteReader,
        _ wires: [WireType],
        from next: inout Int
    ) throws(ValueFault) -> ValueFault? {
        var index = next
        defer { next = index }
        let count = wires.count
        while index < count {
            guard try wires[index].appendField(&reader, to: &columns[index]) else { return .malformed }
            index += 1
        }
        return nil
    }
}

extension Bitmap {
    func prefix(_ length: Int) -> Bitmap {
        var result = Bitmap()
        for index in 0..<length { result.append(self[index]) }
        return result
    }
}
