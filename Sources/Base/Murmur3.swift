/// Murmur3 in its 32-bit x86 form with seed 0: the hash that Iceberg's bucket partitions are defined by.
package enum Murmur3 {
    package static func hash(_ bytes: some Collection<UInt8>) -> Int32 {
        var hash: UInt32 = 0
        var block: UInt32 = 0
        var filled: UInt32 = 0
        for byte in bytes {
            block |= UInt32(byte) << (8 * filled)
            filled += 1
            guard filled == 4 else { continue }
            hash ^= scrambled(block)
            hash = rotated(hash, 13) &* 5 &+ 0xE654_6B64
            block = 0
            filled = 0
        }
        if filled > 0 { hash ^= scrambled(block) }
        return finished(hash, length: UInt32(truncatingIfNeeded: bytes.count))
    }

    /// Of the number's eight bytes, the lowest first: so are all integers, dates and times hashed.
    package static func hash(_ number: Int64) -> Int32 {
        let bits = UInt64(bitPattern: number)
        var hash: UInt32 = 0
        for block in [UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32)] {
            hash ^= scrambled(block)
            hash = rotated(hash, 13) &* 5 &+ 0xE654_6B64
        }
        return finished(hash, length: 8)
    }

    private static func scrambled(_ block: UInt32) -> UInt32 {
        rotated(block &* 0xCC9E_2D51, 15) &* 0x1B87_3593
    }

    private static func rotated(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value << count | value >> (32 - count)
    }

    private static func finished(_ state: UInt32, length: UInt32) -> Int32 {
        var hash = state ^ length
        hash ^= hash >> 16
        hash = hash &* 0x85EB_CA6B
        hash ^= hash >> 13
        hash = hash &* 0xC2B2_AE35
        hash ^= hash >> 16
        return Int32(bitPattern: hash)
    }
}

/// The number in two's complement, the highest byte first, in as few bytes as hold it.
package func minimalBigEndian(_ value: Int128) -> [UInt8] {
    var bytes = (0..<16).reversed().map { UInt8(truncatingIfNeeded: value >> Int128($0 * 8)) }
    let sign: UInt8 = value < 0 ? 0xFF : 0
    while bytes.count > 1, bytes[0] == sign, bytes[1] & 0x80 == sign & 0x80 { bytes.removeFirst() }
    return bytes
}
