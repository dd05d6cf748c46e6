/// One bit a row, packed in 64-bit words, lowest bit first: DuckDB's layout of validity (1 = not null).
package struct Bitmap: Sendable, Equatable {
    package internal(set) var words: [UInt64] = []
    package internal(set) var count = 0
    /// How many bits are 0, kept so that readers can skip the whole mask.
    package internal(set) var zeroCount = 0

    package init() {}

    package init(repeating value: Bool, count: Int) {
        append(value, count: count)
    }

    package subscript(index: Int) -> Bool { words[index >> 6] >> UInt64(index & 63) & 1 == 1 }

    package mutating func append(_ value: Bool) {
        if count & 63 == 0 { words.append(0) }
        if value {
            words[count >> 6] |= 1 << UInt64(count & 63)
        } else {
            zeroCount += 1
        }
        count += 1
    }

    package mutating func append(_ value: Bool, count added: Int) {
        guard added > 0 else { return }
        let (first, last) = (count, count + added - 1)
        words.append(contentsOf: repeatElement(0, count: (last >> 6) + 1 - words.count))
        count += added
        guard value else {
            zeroCount += added
            return
        }
        for index in first >> 6...last >> 6 {
            var word = UInt64.max
            if index == first >> 6 { word &= .max << UInt64(first & 63) }
            if index == last >> 6 { word &= .max >> UInt64(63 - last & 63) }
            words[index] |= word
        }
    }

    /// Turns one bit; used where a row is filled in after it was appended.
    package mutating func set(_ index: Int, _ value: Bool) {
        guard self[index] != value else { return }
        words[index >> 6] ^= 1 << UInt64(index & 63)
        zeroCount += value ? -1 : 1
    }

    package mutating func removeAll() {
        words.removeAll(keepingCapacity: true)
        count = 0
        zeroCount = 0
    }
}
