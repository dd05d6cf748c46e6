/// Finds what somebody meant to write.
package enum Spelling {
    /// The candidate with the fewest edits, when they are few enough to be a slip; nil else.
    package static func nearest(to word: String, in candidates: [String]) -> String? {
        let limit = max(1, word.count / 3)
        return
            candidates
            .map { (candidate: $0, distance: distance(Array(word.lowercased()), Array($0.lowercased()))) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?
            .candidate
    }

    /// At most three values about equally near, in their order; none that differ in more than a third of their letters.
    package static func nearest<Value>(
        to wanted: String,
        among values: [Value],
        by name: (Value) -> String
    ) -> [Value] {
        let wanted = Array(wanted.lowercased().prefix(lettersMax))
        let ranked = values.enumerated().map { index, value in
            let letters = Array(name(value).lowercased().prefix(lettersMax))
            return (value: value, distance: distance(wanted, letters), index: index)
        }
        let best = ranked.map(\.distance).min() ?? 0
        let near = ranked.filter { $0.distance <= min(best + 1, max(2, wanted.count / 3)) }
        return near.sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }.prefix(3).map(\.value)
    }

    private static let lettersMax = 64

    /// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        guard left.count <= lettersMax, right.count <= lettersMax else { return .max }
        var older: [Int] = []
        var previous = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let replaced = previous[column] + (left[row] == right[column] ? 0 : 1)
                var best = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, older[column - 1] + 1)
                }
                current.append(best)
            }
            (older, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
