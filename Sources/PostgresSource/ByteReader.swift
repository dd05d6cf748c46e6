/// Why bytes from the server could not be read. Carries nothing, so that throwing it costs nothing.
package enum WireFault: Error { case malformed }

/// Borrowed bytes from the server, read front to back in network byte order. Every read is checked against the end.
///
/// Valid only while the memory it was made from is: it never outlives the call that hands it out.
// SAFETY: `base` is only dereferenced below `count`, which every method checks first.
@safe package struct ByteReader {
    private let base: UnsafeRawBufferPointer
    private var offset = 0

    package init(_ base: UnsafeRawBufferPointer) { unsafe self.base = base }

    @inline(__always) package var count: Int { unsafe base.count - offset }

    @inline(__always) package mutating func unsigned8() throws(WireFault) -> UInt8 {
        guard count >= 1 else { throw .malformed }
        defer { offset += 1 }
        return unsafe base[offset]
    }

    @inline(__always) package mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _: Value.Type
    ) throws(WireFault) -> Value {
        let width = Value.bitWidth / 8
        guard count >= width else { throw .malformed }
        defer { offset += width }
        return unsafe Value(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// The only integer of a field that must hold exactly that.
    @inline(__always) package func whole<Value: FixedWidthInteger & BitwiseCopyable>(
        _: Value.Type
    ) throws(WireFault) -> Value {
        guard count == Value.bitWidth / 8 else { throw .malformed }
        return unsafe Value(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    @inline(__always) package mutating func take(_ length: Int) throws(WireFault) -> ByteReader {
        guard length >= 0, length <= count else { throw .malformed }
        defer { offset += length }
        return unsafe ByteReader(UnsafeRawBufferPointer(rebasing: base[offset..<offset + length]))
    }

    /// Text up to a zero byte, which is skipped.
    package mutating func terminatedText() throws(WireFault) -> String {
        let start = offset
        var end = start
        while unsafe end < base.count, unsafe base[end] != 0 { end += 1 }
        guard unsafe end < base.count else { throw .malformed }
        offset = end + 1
        return unsafe String(decoding: base[start..<end], as: UTF8.self)
    }

    /// What is left, for one copy into a column.
    @inline(__always) package var rest: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(rebasing: base[offset...])
    }

    package var restArray: [UInt8] { unsafe Array(base[offset...]) }
}

extension ByteReader {
    /// Reads an array's bytes through a reader that lives as long as `body`.
    package static func reading<Value, Failure: Error>(
        _ bytes: [UInt8],
        _ body: (ByteReader) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let result: Result<Value, Failure> = unsafe bytes.withUnsafeBytes { buffer in
            do throws(Failure) { return .success(try unsafe body(ByteReader(buffer))) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
