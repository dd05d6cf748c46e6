internal import Base
internal import Capture
internal import Columns

/// Turns the messages of `COPY … (FORMAT binary)` into column batches.
struct CopyDecoder: Sendable {
    private let table: CapturedTable
    private let wires: [WireType]
    private var batch: ColumnBatch
    private var hasHeader = false
    private(set) var bytesGathered = 0
    private(set) var isAtEnd = false

    private static let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]

    init(table: CapturedTable, wires: [WireType]) {
        self.table = table
        self.wires = wires
        batch = ColumnBatch(schema: table.schema)
    }

    /// The rows gathered since the last call.
    mutating func takeBatch() -> ColumnBatch? {
        guard batch.rowCount > 0 else { return nil }
        let taken = batch
        batch = ColumnBatch(schema: table.schema)
        bytesGathered = 0
        return taken
    }

    /// - Throws: `data.valueUnrepresentable` when a value cannot be kept; the gathered rows are then of no use.
    mutating func consume(_ message: ByteReader) throws(TarnError) {
        var reader = message
        bytesGathered += message.count
        do throws(RowFault) {
            try consume(&reader)
        } catch {
            guard let value = error.value else {
                throw TarnError(.corruptData, "A row of the snapshot of \(table.qualifiedName) is malformed.")
            }
            throw RowFault.Value.error(table, value.column, value.fault, key: value.key)
        }
    }

    private mutating func consume(_ reader: inout ByteReader) throws(RowFault) {
        do throws(WireFault) {
            if !hasHeader { try header(&reader) }
        } catch {
            throw RowFault()
        }
        while reader.count > 0 {
            guard !isAtEnd, let count = try? reader.integer(Int16.self) else { throw RowFault() }
            if count == -1 {
                isAtEnd = true
            } else {
                guard Int(count) == wires.count else { throw RowFault() }
                try row(&reader)
            }
        }
    }

    private mutating func header(_ reader: inout ByteReader) throws(WireFault) {
        guard try reader.take(Self.signature.count).restArray == Self.signature else { throw .malformed }
        _ = try reader.integer(Int32.self)
        _ = try reader.take(Int(try reader.integer(Int32.self)))
        hasHeader = true
    }

    private mutating func row(_ reader: inout ByteReader) throws(RowFault) {
        let fields = reader
        for index in 0..<wires.count {
            do throws(ValueFault) {
                guard let value = try Self.field(&reader) else {
                    batch.columns[index].appendNull()
                    continue
                }
                try wires[index].append(value, to: &batch.columns[index])
            } catch {
                guard let key = keyText(fields) else { throw RowFault() }
                throw RowFault(value: RowFault.Value(column: index, fault: error, key: key))
            }
        }
    }

    @inline(__always)
    private static func field(_ reader: inout ByteReader) throws(ValueFault) -> ByteReader? {
        do throws(WireFault) {
            let length = try reader.integer(Int32.self)
            return length == -1 ? nil : try reader.take(Int(length))
        } catch {
            throw .malformed
        }
    }

    private func keyText(_ fields: ByteReader) -> String? {
        var reader = fields
        var parts: [String] = []
        for index in wires.indices {
            guard let field = try? Self.field(&reader) else {
                if reader.count == 0 { return nil }
                continue
            }
            guard table.key.contains(index) else { continue }
            parts.append("\(table.schema.fields[index].name)=\(wires[index].keyText(field, table, index))")
        }
        return parts.isEmpty ? "the table has no key" : parts.joined(separator: ", ")
    }
}
