/// A value as it was written in a check.
package struct CheckLiteral: Sendable, Hashable {
    package var text: String
    package var place: CheckPlace
}

/// The limits in which a measured value, or a count of rows, has to lie.
package struct Expectation: Sendable, Hashable {
    /// One end of what is expected.
    package struct Limit: Sendable, Hashable {
        package var literal: CheckLiteral
        package var isInclusive = true
    }

    package var lower: Limit?
    package var upper: Limit?
    /// The value has to lie outside of the limits.
    package var isNegated = false
    /// Of the rows that were looked at, where rows are counted.
    package var isPercent = false

    /// Whether a value lies where it has to; nil where a limit is not of the value's kind.
    func isMet(by value: MeasuredValue) -> Bool? {
        var isInside = true
        for (limit, isLower) in [(lower, true), (upper, false)] {
            guard let limit else { continue }
            guard let order = value.compare(limit.literal.text) else { return nil }
            isInside = isInside && (order == 0 ? limit.isInclusive : isLower == (order > 0))
        }
        return value.isComparable && isInside != isNegated
    }

    /// The same limits, of which the value has to stay out: how dbt writes thresholds.
    var negated: Expectation {
        var copy = self
        copy.isNegated.toggle()
        return copy
    }
}

extension Expectation {
    static func none(at place: CheckPlace) -> Expectation { equal(CheckLiteral(text: "0", place: place)) }

    static func equal(_ literal: CheckLiteral) -> Expectation {
        Expectation(lower: Limit(literal: literal), upper: Limit(literal: literal))
    }

    var literals: [CheckLiteral] { [lower, upper].compactMap { $0?.literal } }
}

extension Expectation: CustomStringConvertible {
    /// As in a one-line check: `between 1 and 5`, `< 1%`, `!= 0`.
    package var description: String { description(unit: isPercent ? "%" : "") }

    func description(unit: String) -> String {
        func text(_ limit: Limit) -> String { limit.literal.text + unit }
        func sign(_ limit: Limit, _ direction: String) -> String {
            guard isNegated else { return direction + (limit.isInclusive ? "=" : "") }
            return (direction == ">" ? "<" : ">") + (limit.isInclusive ? "" : "=")
        }
        switch (lower, upper) {
        case (let lower?, let upper?) where lower == upper: return (isNegated ? "!= " : "= ") + text(lower)
        case (let lower?, let upper?) where lower.isInclusive && upper.isInclusive:
            return "\(isNegated ? "not " : "")between \(text(lower)) and \(text(upper))"
        case (let lower?, let upper?):
            return "\(sign(lower, ">")) \(text(lower)) \(isNegated ? "or" : "and") \(sign(upper, "<")) \(text(upper))"
        case (let lower?, nil): return "\(sign(lower, ">")) \(text(lower))"
        case (nil, let upper?): return "\(sign(upper, "<")) \(text(upper))"
        case (nil, nil): return isNegated ? "impossible" : "any"
        }
    }
}
