/// Appends values in Avro's binary form; the caller keeps to the order of its schema.
struct AvroEncoder {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func long(_ value: Int64) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func int(_ value: Int) { long(Int64(value)) }

    mutating func boolean(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func raw(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

    mutating func bytes(_ value: some Collection<UInt8>) {
        int(value.count)
        bytes.append(contentsOf: value)
    }

    mutating func string(_ value: String) { bytes(value.utf8) }

    /// A value of a union `[null, T]`.
    mutating func optional<Value>(_ value: Value?, _ write: (inout AvroEncoder, Value) -> Void) {
        guard let value else { return int(0) }
        int(1)
        write(&self, value)
    }

    mutating func array<Element>(_ values: [Element], _ write: (inout AvroEncoder, Element) -> Void) {
        if !values.isEmpty {
            int(values.count)
            for value in values { write(&self, value) }
        }
        int(0)
    }
}
