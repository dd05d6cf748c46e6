internal import Base
internal import Capture
internal import Columns

/// Why a row was not taken in: a malformed message (`value` is nil), or one value that cannot be kept.
struct RowFault: Error {
    struct Value {
        var column: Int
        var fault: ValueFault
        /// The key of the row, as `column=value, …`.
        var key: String
    }

    var value: Value?
}

extension RowFault.Value {
    func error(_ table: FollowedTable) -> TarnError { Self.error(table.table, column, fault, key: key) }

    static func error(_ table: CapturedTable, _ column: Int, _ fault: ValueFault, key: String) -> TarnError {
        let name = table.schema.fields[column].name
        return TarnError(
            .valueUnrepresentable,
            "A value of \(table.qualifiedName).\(name) cannot be kept: \(fault.reason).",
            detail: ["table": table.qualifiedName, "column": name, "row": key]
        )
    }
}

extension ChangeBatch {
    /// Appends an insert, update or delete from what follows the relation's id.
    mutating func append(
        _ letter: UInt8,
        _ message: ByteReader,
        _ wires: [WireType],
        _ open: ChangeAssembler.OpenTransaction
    ) throws(RowFault) {
        var reader = message
        var part = try Self.wire { () throws(WireFault) in try reader.unsigned8() }
        var hasOld = false
        if letter != UInt8(ascii: "I"), part == UInt8(ascii: "K") || part == UInt8(ascii: "O") {
            try appendTuple(&reader, wires, toBefore: true, hasOldRow: false)
            hasOld = true
            if letter == UInt8(ascii: "U") { part = try Self.wire { () throws(WireFault) in try reader.unsigned8() } }
        }
        if !hasOld { before.appendNullRow() }
        let hasNew = letter != UInt8(ascii: "D")
        if hasNew {
            guard part == UInt8(ascii: "N") else { throw RowFault() }
            try appendTuple(&reader, wires, toBefore: false, hasOldRow: hasOld)
        } else {
            guard hasOld else { throw RowFault() }
            after.appendNullRow()
        }
        guard reader.count == 0 else { throw RowFault() }
        close(Self.operation(letter), hasBefore: hasOld, hasAfter: hasNew, open)
    }

    mutating func appendTruncate(_ open: ChangeAssembler.OpenTransaction) {
        before.appendNullRow()
        after.appendNullRow()
        close(.truncate, hasBefore: false, hasAfter: false, open)
    }

    /// Takes out the rows of a transaction, which are the last ones, and whatever a failed row left behind them.
    mutating func removeRows(of info: TransactionInfo) {
        var kept = operations.count
        if let index = transactions.lastIndex(of: info) {
            while kept > 0, Int(transactionOf[kept - 1]) == index { kept -= 1 }
            transactions.remove(at: index)
        }
        let removed = operations.count - kept
        operations.removeLast(removed)
        transactionOf.removeLast(removed)
        sequences.removeLast(removed)
        unavailable.removeAll { $0.row >= kept }
        let rows = Array(0..<kept)
        before = before.gathered(rows)
        after = after.gathered(rows)
        hasBefore = hasBefore.prefix(kept)
        hasAfter = hasAfter.prefix(kept)
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
        if operations.isEmpty || transactions.last?.position != open.info.position { transactions.append(open.info) }
        operations.append(operation)
        transactionOf.append(Int32(truncatingIfNeeded: transactions.count - 1))
        sequences.append(open.sequence)
        self.hasBefore.append(hasBefore)
        self.hasAfter.append(hasAfter)
    }

    private mutating func appendTuple(
        _ reader: inout ByteReader,
        _ wires: [WireType],
        toBefore: Bool,
        hasOldRow: Bool
    ) throws(RowFault) {
        let tuple = reader
        let width = try Self.wire { () throws(WireFault) in try reader.integer(UInt16.self) }
        guard Int(width) == wires.count else { throw RowFault() }
        for index in 0..<wires.count {
            do throws(ValueFault) {
                if toBefore {
                    guard try wires[index].appendField(&reader, to: &before.columns[index]) else { throw .malformed }
                } else if try !wires[index].appendField(&reader, to: &after.columns[index]) {
                    appendUnchanged(index, hasOldRow: hasOldRow)
                }
            } catch {
                guard let key = tuple.keyText(table, wires) else { throw RowFault() }
                throw RowFault(value: RowFault.Value(column: index, fault: error, key: key))
            }
        }
    }

    /// An unchanged out-of-line value is not sent again: the old row has it, when the whole of it was sent.
    private mutating func appendUnchanged(_ column: Int, hasOldRow: Bool) {
        let row = operations.count
        if hasOldRow, !before.columns[column].isNull(row) {
            after.columns[column].append(row, of: before.columns[column])
        } else {
            after.columns[column].appendNull()
            unavailable.append(UnavailableValue(row: row, column: column))
        }
    }

    @inline(__always)
    private static func wire<Value>(_ body: () throws(WireFault) -> Value) throws(RowFault) -> Value {
        do throws(WireFault) { return try body() } catch { throw RowFault() }
    }
}

extension WireType {
    /// Appends one field of a tuple. False: the value is unchanged and was not sent, nothing was appended.
    @inline(__always)
    func appendField(_ reader: inout ByteReader, to column: inout Column) throws(ValueFault) -> Bool {
        let format: UInt8
        let value: ByteReader
        do throws(WireFault) {
            format = try reader.unsigned8()
            if format == UInt8(ascii: "n") {
                column.appendNull()
                return true
            }
            if format == UInt8(ascii: "u") { return false }
            value = try reader.take(Int(try reader.integer(Int32.self)))
        } catch {
            throw .malformed
        }
        if format == UInt8(ascii: "b") {
            try append(value, to: &column)
        } else {
            guard format == UInt8(ascii: "t"), self == .text else { throw .wrongFormat }
            unsafe column.append(raw: value.rest)
        }
        return true
    }
}

extension ByteReader {
    /// The key of a tuple for a message to the operator; nil when the tuple itself cannot be read.
    func keyText(_ table: CapturedTable, _ wires: [WireType]) -> String? {
        var reader = self
        var parts: [String] = []
        do throws(WireFault) {
            _ = try reader.integer(UInt16.self)
            for index in wires.indices {
                let format = try reader.unsigned8()
                guard format != UInt8(ascii: "n"), format != UInt8(ascii: "u") else { continue }
                guard format == UInt8(ascii: "b") || format == UInt8(ascii: "t") else { return nil }
                let value = try reader.take(Int(try reader.integer(Int32.self)))
                guard table.key.contains(index) else { continue }
                parts.append("\(table.schema.fields[index].name)=\(wires[index].keyText(value, table, index))")
            }
        } catch {
            return nil
        }
        return parts.isEmpty ? "the table has no key" : parts.joined(separator: ", ")
    }
}

extension WireType {
    func keyText(_ value: ByteReader, _ table: CapturedTable, _ index: Int) -> String {
        var column = Column(table.schema.fields[index].type)
        guard (try? append(value, to: &column)) != nil, column.count == 1 else { return "?" }
        return column.plainText(0)
    }
}

extension Column {
    /// One value for a message to a person.
    func plainText(_ row: Int) -> String {
        switch (type, storage) {
        case (.date, .int32(let values)): CivilDate(daysSinceEpoch: Int64(values[row])).description
        case (.timestamp, .int64(let values)), (.timestamptz, .int64(let values)):
            Timestamp(microseconds: values[row]).description
        case (.decimal(_, let scale), .int64(let values)): decimalText(Int128(values[row]), scale: scale)
        case (.decimal(_, let scale), .int128(let values)): decimalText(values[row], scale: scale)
        case (.uuid, .int128(let values)): uuidText(UInt128(truncatingIfNeeded: values[row]))
        case (_, .bytes1(let values)): values[row] == 0 ? "false" : "true"
        case (_, .int32(let values)): String(values[row])
        case (_, .int64(let values)): String(values[row])
        case (.string, .slices(let values)): "'" + String(decoding: values[row], as: UTF8.self) + "'"
        default: "?"
        }
    }

    private func decimalText(_ value: Int128, scale: Int) -> String {
        var digits = String(value.magnitude)
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        let sign = value < 0 ? "-" : ""
        return scale == 0 ? sign + digits : sign + digits.dropLast(scale) + "." + digits.suffix(scale)
    }

    private func uuidText(_ value: UInt128) -> String {
        let digits = hexadecimal(UInt64(value >> 64)) + hexadecimal(UInt64(truncatingIfNeeded: value))
        return digits.enumerated().map { ([8, 12, 16, 20].contains($0) ? "-" : "") + String($1) }.joined()
    }
}

extension ColumnBatch {
    mutating func appendNullRow() {
        for index in columns.indices { columns[index].appendNull() }
    }
}

extension Bitmap {
    func prefix(_ length: Int) -> Bitmap {
        var result = Bitmap()
        for index in 0..<length { result.append(self[index]) }
        return result
    }
}
