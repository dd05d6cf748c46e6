/// 128 bits that tell contents apart which differ by accident; no defence against contents made to look alike.
package struct Fingerprint: Sendable, Hashable {
    package private(set) var low: UInt64 = 0x9E37_79B9_7F4A_7C15
    package private(set) var high: UInt64 = 0xC2B2_AE3D_27D4_EB4F

    package init() {}

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    package init(_ bytes: [UInt8]) { add(bytes) }

    /// Adds bytes and where they end: two parts are not the same as both in one.
    package mutating func add(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe add($0) }
    }

    package mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { unsafe add(UnsafeRawBufferPointer($0)) }
    }

    package mutating func add(_ other: Fingerprint) {
        mix(other.low)
        mix(other.high)
    }

    // SAFETY: whole words are read within the buffer, unaligned; the rest byte by byte.
    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 8 <= bytes.count {
            mix(unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(unsafe bytes[offset])
            offset += 1
        }
        mix(rest)
        mix(UInt64(truncatingIfNeeded: bytes.count))
    }

    private mutating func mix(_ word: UInt64) {
        low = (low ^ word) &* 0x9FB2_1C65_1E98_DF25
        low ^= low >> 32
        high = ((high &+ word) << 29 | (high &+ word) >> 35) &* 0xD6E8_FEB8_6659_FD93
        high ^= high >> 29 ^ low
    }
}
