extension Bitmap {
    /// All ones, or whole words as the engine hands them over.
    ///
    /// - Parameter words: lowest bit first; bits from `count` on are ignored. Nil means that every bit is 1.
    package init(words source: [UInt64]?, count bits: Int) {
        precondition(bits >= 0)
        let wordCount = (bits + 63) / 64
        var words = source ?? [UInt64](repeating: .max, count: wordCount)
        precondition(words.count == wordCount)
        if bits & 63 != 0 { words[wordCount - 1] &= (1 << UInt64(bits & 63)) - 1 }
        self.init()
        self.words = words
        count = bits
        zeroCount = bits - words.reduce(0) { $0 + $1.nonzeroBitCount }
    }
}
