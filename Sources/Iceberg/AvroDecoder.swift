import Base

/// Decodes values of a writer's schema from outside bytes. Never traps; what it builds is bounded by the input.
struct AvroDecoder {
    private let bytes: [UInt8]
    private var offset = 0
    /// A value can take no bytes at all, so the number of values needs a bound of its own.
    private var valuesLeft: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        valuesLeft = min(bytes.count, 1 << 40) * 64 + 65_536
    }

    var isAtEnd: Bool { offset == bytes.count }
    var remaining: Int { bytes.count - offset }

    mutating func value(_ type: AvroType) throws(TarnError) -> AvroValue {
        valuesLeft -= 1
        guard valuesLeft > 0 else { throw Self.malformed("it holds too many values") }
        switch type {
        case .null: return .null
        case .boolean: return .boolean(try boolean())
        case .int, .long: return .integer(try long())
        case .float: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: try littleEndian(4))))
        case .double: return .double(Double(bitPattern: try littleEndian(8)))
        case .bytes: return .bytes(try take(try length()))
        case .string: return .string(try string())
        case .fixed(let size): return .bytes(try take(size))
        case .enumeration(let count):
            let index = try long()
            guard index >= 0, index < Int64(count) else { throw Self.malformed("an unknown symbol") }
            return .integer(index)
        case .array(let element): return .array(try array(element))
        case .map(let element): return .map(try map(element))
        case .pairs(let element): return .pairs(try pairs(element))
        case .record(let record): return .record(try self.record(record))
        case .union(let branches):
            let index = try long()
            guard index >= 0, index < Int64(branches.count) else { throw Self.malformed("an unknown union branch") }
            return try value(branches[Int(index)])
        }
    }

    mutating func record(_ type: AvroRecordType) throws(TarnError) -> AvroRecord {
        var values: [AvroValue] = []
        values.reserveCapacity(type.fields.count)
        for field in type.fields { values.append(try value(field.type)) }
        return AvroRecord(type: type, values: values)
    }

    private mutating func array(_ element: AvroType) throws(TarnError) -> [AvroValue] {
        var values: [AvroValue] = []
        while let count = try blockCount() {
            values.reserveCapacity(values.count + count)
            for _ in 0..<count { values.append(try value(element)) }
        }
        return values
    }

    private mutating func map(_ element: AvroType) throws(TarnError) -> [String: AvroValue] {
        var values: [String: AvroValue] = [:]
        while let count = try blockCount() {
            for _ in 0..<count {
                let key = try string()
                values[key] = try value(element)
            }
        }
        return values
    }

    private mutating func pairs(_ element: AvroType) throws(TarnError) -> [(key: Int64, value: AvroValue)] {
        var values: [(key: Int64, value: AvroValue)] = []
        while let count = try blockCount() {
            values.reserveCapacity(values.count + count)
            for _ in 0..<count {
                let key = try long()
                values.append((key, try value(element)))
            }
        }
        return values
    }

    /// The items of the next block of an array or map, nil at its end. A negative count has the block's size behind it.
    private mutating func blockCount() throws(TarnError) -> Int? {
        var count = try long()
        if count < 0 {
            count = try Int64(exactly: count.magnitude).orThrow(Self.malformed("a block count"))
            _ = try long()
        }
        guard count > 0 else { return nil }
        guard count <= Int64(remaining) else { throw Self.malformed("a block holds more items than bytes are left") }
        return Int(count)
    }

    mutating func long() throws(TarnError) -> Int64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < bytes.count else { throw truncated() }
            let byte = bytes[offset]
            offset += 1
            guard shift < 63 || byte <= 1 else { throw Self.malformed("a number is too long") }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        return Int64(bitPattern: result >> 1) ^ -Int64(bitPattern: result & 1)
    }

    mutating func take(_ count: Int) throws(TarnError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw truncated() }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    mutating func length() throws(TarnError) -> Int {
        let length = try long()
        guard length >= 0, length <= Int64(remaining) else { throw truncated() }
        return Int(length)
    }

    mutating func string() throws(TarnError) -> String {
        let slice = try take(try length())
        guard let text = String(validating: slice, as: UTF8.self) else { throw Self.malformed("a text is not UTF-8") }
        return text
    }

    private mutating func boolean() throws(TarnError) -> Bool {
        switch try take(1).first {
        case 0: return false
        case 1: return true
        default: throw Self.malformed("a boolean is neither 0 nor 1")
        }
    }

    private mutating func littleEndian(_ count: Int) throws(TarnError) -> UInt64 {
        try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func truncated() -> TarnError {
        TarnError(.corruptData, "The Avro data ends too early.", detail: ["offset": String(offset)])
    }

    static func malformed(_ what: String) -> TarnError {
        TarnError(.corruptData, "The Avro data is malformed: \(what).")
    }
}

extension Optional {
    func orThrow(_ error: @autoclosure () -> TarnError) throws(TarnError) -> Wrapped {
        guard let self else { throw error() }
        return self
    }
}
