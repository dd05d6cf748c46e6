/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein), under a fixed key unless told otherwise: the same
/// bytes have the same hash in every run and on every machine.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    /// The hash as 16 bytes, in the byte order of the reference implementation.
    static func hash128(
        _ bytes: ArraySlice<UInt8>,
        key: (UInt64, UInt64) = (0x7461_726E_2E6B_6579, 0x696E_6465_782E_7631)
    ) -> [UInt8] {
        var state = SipHash(key)
        var index = bytes.startIndex
        while bytes.endIndex - index >= 8 {
            state.absorb(word(bytes, index, 8))
            index += 8
        }
        let last = word(bytes, index, bytes.endIndex - index)
        state.absorb(last | UInt64(truncatingIfNeeded: bytes.count) << 56)
        state.v2 ^= 0xEE
        let low = state.squeeze()
        state.v1 ^= 0xDD
        let high = state.squeeze()
        return littleEndian(low) + littleEndian(high)
    }

    private init(_ key: (UInt64, UInt64)) {
        v0 = key.0 ^ 0x736F_6D65_7073_6575
        v1 = key.1 ^ 0x646F_7261_6E64_6F6D ^ 0xEE
        v2 = key.0 ^ 0x6C79_6765_6E65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
    }

    private mutating func absorb(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    private mutating func squeeze() -> UInt64 {
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
        v0 = v0 &+ v1
        v1 = rotated(v1, 13) ^ v0
        v0 = rotated(v0, 32)
        v2 = v2 &+ v3
        v3 = rotated(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = rotated(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = rotated(v1, 17) ^ v2
        v2 = rotated(v2, 32)
    }

    private func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }

    private static func word(_ bytes: ArraySlice<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return word
    }

    private static func littleEndian(_ word: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
    }
}
