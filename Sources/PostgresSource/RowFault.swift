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
    static func error(_ table: CapturedTable, _ column: Int, _ fault: ValueFault, key: String) -> TarnError {
        let name = table.schema.fields[column].name
        return TarnError(
            .valueUnrepresentable,
            "A value of \(table.qualifiedName).\(name) cannot be kept: \(fault.reason).",
            detail: ["table": table.qualifiedName, "column": name, "row": key]
        )
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
