/// Reads outside bytes front to back and never traps: every read past the end throws `data.corrupt`.
package struct ByteCursor: Sendable {
    package let bytes: [UInt8]
    package private(set) var offset: Int
    /// What the bytes are, named in errors: `manifest`, `log record` …
    package let subject: String

    package init(_ bytes: [UInt8], subject: String) {
        self.bytes = bytes
        self.subject = subject
        offset = 0
    }

    package var remaining: Int { bytes.count - offset }

    package mutating func byte() throws(TarnError) -> UInt8 {
        guard offset < bytes.count else { throw truncated(1) }
        defer { offset += 1 }
        return bytes[offset]
    }

    package mutating func take(_ count: Int) throws(TarnError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw truncated(count) }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    package mutating func littleEndian<Value: FixedWidthInteger>(_: Value.Type) throws(TarnError) -> Value {
        let slice = try take(Value.bitWidth / 8)
        var value: Value = 0
        for byte in slice.reversed() { value = value << 8 | Value(truncatingIfNeeded: byte) }
        return value
    }

    package mutating func bigEndian<Value: FixedWidthInteger>(_: Value.Type) throws(TarnError) -> Value {
        var value: Value = 0
        for byte in try take(Value.bitWidth / 8) { value = value << 8 | Value(truncatingIfNeeded: byte) }
        return value
    }

    package func truncated(_ wanted: Int) -> TarnError {
        TarnError(
            .corruptData,
            "The \(subject) ends too early.",
            detail: ["offset": String(offset), "wanted bytes": String(wanted), "left": String(remaining)]
        )
    }
}
