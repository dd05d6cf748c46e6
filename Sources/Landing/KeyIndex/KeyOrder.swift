#if canImport(Glibc)
    import Glibc
#endif

extension KeyBatch {
    /// The rows in the order of their keys' bytes; rows of equal keys stay in their order.
    ///
    /// Work in this order touches each page of the index once. A radix sort over the first eight bytes that tell the
    /// keys apart does nearly all of it; only keys equal in these are compared.
    package func sortedRows() -> [Int] {
        guard !isSorted() else { return Array(0..<count) }
        let skipped = commonPrefix()
        var entries = (0..<count).map { OrderEntry(prefix: word(of: $0, at: skipped), row: $0) }
        radixSort(&entries)
        sortTies(&entries, skipped: skipped)
        return entries.map(\.row)
    }

    /// Whether two rows have the same key.
    package func isEqual(_ left: Int, _ right: Int) -> Bool { compare(left, right) == 0 }

    /// Negative, zero or positive, as LMDB compares keys.
    func compare(_ left: Int, _ right: Int) -> Int {
        let leftCount = offsets[left + 1] - offsets[left]
        let rightCount = offsets[right + 1] - offsets[right]
        // SAFETY: offsets never point outside `bytes`.
        let order = unsafe bytes.withUnsafeBytes { buffer -> Int32 in
            guard let base = buffer.baseAddress else { return 0 }
            return unsafe memcmp(base + offsets[left], base + offsets[right], min(leftCount, rightCount))
        }
        return order != 0 ? Int(order) : leftCount - rightCount
    }

    private func isSorted() -> Bool {
        var row = 1
        while row < count {
            if compare(row - 1, row) > 0 { return false }
            row += 1
        }
        return true
    }

    /// How many first bytes all keys share.
    private func commonPrefix() -> Int {
        var shared = offsets[1]
        for row in 1..<count where shared > 0 {
            let start = offsets[row]
            shared = min(shared, offsets[row + 1] - start)
            var index = 0
            while index < shared, bytes[index] == bytes[start + index] { index += 1 }
            shared = index
        }
        return shared
    }

    /// Eight bytes of a key from `skipped` on, most significant first, filled up with zeros.
    private func word(of row: Int, at skipped: Int) -> UInt64 {
        let start = offsets[row] + skipped
        let end = min(start + 8, offsets[row + 1])
        var word: UInt64 = 0
        for index in start..<end { word = word << 8 | UInt64(bytes[index]) }
        let missing = 8 - (end - start)
        return missing == 8 ? 0 : word << UInt64(8 * missing)
    }

    private func sortTies(_ entries: inout [OrderEntry], skipped: Int) {
        var start = 0
        while start < entries.count {
            var end = start + 1
            while end < entries.count, entries[end].prefix == entries[start].prefix { end += 1 }
            if end - start > 1 {
                entries[start..<end].sort { left, right in
                    let order = compare(left.row, right.row)
                    return order != 0 ? order < 0 : left.row < right.row
                }
            }
            start = end
        }
    }
}

private struct OrderEntry {
    var prefix: UInt64
    var row: Int
}

/// Stable, one pass for each byte in which the prefixes differ, the last byte first.
private func radixSort(_ entries: inout [OrderEntry]) {
    guard let first = entries.first else { return }
    let differing = entries.reduce(into: 0 as UInt64) { $0 |= $1.prefix ^ first.prefix }
    var target = entries
    for shift in stride(from: 0 as UInt64, to: 64, by: 8) where differing >> shift & 0xFF != 0 {
        var starts = [Int](repeating: 0, count: 257)
        for entry in entries { starts[Int(entry.prefix >> shift & 0xFF) + 1] += 1 }
        for bucket in 1...256 { starts[bucket] += starts[bucket - 1] }
        for entry in entries {
            let bucket = Int(entry.prefix >> shift & 0xFF)
            target[starts[bucket]] = entry
            starts[bucket] += 1
        }
        swap(&entries, &target)
    }
}
