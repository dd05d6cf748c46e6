import Base
import CZlib

/// Raw deflate (RFC 1951), as Avro blocks use it.
enum Deflate {
    private static let rawWindowBits: Int32 = -15
    private static let chunkBytes = 64 << 10

    static func pack(_ input: [UInt8]) -> [UInt8] {
        var stream = unsafe z_stream()
        var status = unsafe deflateInit2_(
            &stream,
            Z_DEFAULT_COMPRESSION,
            Z_DEFLATED,
            rawWindowBits,
            8,
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        precondition(status == Z_OK, "zlib refused constant parameters or memory ran out")
        defer { unsafe deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(unsafe deflateBound(&stream, UInt(input.count))))
        var source = input
        // SAFETY: both buffers outlive the call, which gets their true sizes; deflateBound makes one call enough.
        let written = unsafe source.withUnsafeMutableBufferPointer { from in
            unsafe output.withUnsafeMutableBufferPointer { to in
                unsafe stream.next_in = from.baseAddress
                unsafe stream.avail_in = UInt32(from.count)
                unsafe stream.next_out = to.baseAddress
                unsafe stream.avail_out = UInt32(to.count)
                status = unsafe deflate(&stream, Z_FINISH)
                return unsafe to.count - Int(stream.avail_out)
            }
        }
        precondition(status == Z_STREAM_END, "deflateBound promises room enough")
        output.removeLast(output.count - written)
        return output
    }

    /// - Throws: `data.corrupt` where the bytes are no whole stream or unpack to more than `bytesMax`.
    static func unpack(_ input: ArraySlice<UInt8>, bytesMax: Int) throws(TarnError) -> [UInt8] {
        guard input.count <= bytesMax else { throw tooLarge(bytesMax) }
        var stream = unsafe z_stream()
        let ready = unsafe inflateInit2_(&stream, rawWindowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard ready == Z_OK else { throw TarnError(.corruptData, "A deflated block cannot be unpacked.") }
        defer { unsafe inflateEnd(&stream) }
        var source = Array(input)
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(chunkBytes, max(1024, input.count * 4)))
        var status = Z_OK
        // SAFETY: `source` lives and stays in place for the whole closure, `chunk` for each call on it.
        unsafe source.withUnsafeMutableBufferPointer { from in
            unsafe stream.next_in = from.baseAddress
            unsafe stream.avail_in = UInt32(from.count)
            while status == Z_OK, output.count <= bytesMax {
                let written = unsafe chunk.withUnsafeMutableBufferPointer { to in
                    unsafe stream.next_out = to.baseAddress
                    unsafe stream.avail_out = UInt32(to.count)
                    status = unsafe inflate(&stream, Z_NO_FLUSH)
                    return unsafe to.count - Int(stream.avail_out)
                }
                output += chunk[..<written]
            }
        }
        guard output.count <= bytesMax else { throw tooLarge(bytesMax) }
        guard status == Z_STREAM_END else { throw TarnError(.corruptData, "A deflated block cannot be unpacked.") }
        return output
    }

    private static func tooLarge(_ bytesMax: Int) -> TarnError {
        TarnError(.corruptData, "A deflated block unpacks to more than \(bytesMax) bytes.")
    }
}
