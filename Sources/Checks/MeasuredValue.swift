package import Base

/// What a query measured, in the one form in which it is compared and shown.
package enum MeasuredValue: Sendable, Hashable {
    case number(CheckNumber)
    case moment(Timestamp)
    case day(Timestamp)

    /// NaN lies inside of no limits, and outside of none either.
    var isComparable: Bool {
        if case .number(let number) = self { !number.double.isNaN } else { true }
    }

    /// Negative below what the text says, zero at it, positive above; nil where the text is of another kind.
    func compare(_ text: String) -> Int? {
        switch self {
        case .number(let number):
            guard let other = CheckNumber(text) else { return nil }
            return number.equals(other) ? 0 : (number < other ? -1 : 1)
        case .moment(let moment), .day(let moment):
            guard let other = Timestamp(iso8601: text) else { return nil }
            return moment == other ? 0 : (moment < other ? -1 : 1)
        }
    }

    var moment: Timestamp? {
        switch self {
        case .number: nil
        case .moment(let moment), .day(let moment): moment
        }
    }

    /// As a floating point number; moments in seconds since 1970.
    package var double: Double {
        switch self {
        case .number(let number): number.double
        case .moment(let moment), .day(let moment): Double(moment.microseconds) / 1e6
        }
    }
}

extension MeasuredValue: CustomStringConvertible {
    package var description: String {
        switch self {
        case .number(let number): number.description
        case .moment(let moment): moment.description
        case .day(let moment): String(moment.description.prefix { $0 != "T" })
        }
    }
}

extension Timestamp {
    /// Whole seconds since 1970, which subtract without overflow.
    var seconds: Int64 { microseconds.flooringDivide(1_000_000) }
}
