import Base

/// Decimals between text and unscaled integers.
enum DecimalText {
    /// Nil where the text is no decimal, or has more digits than precision and scale allow.
    static func unscaled(_ text: String, precision: Int, scale: Int) -> Int128? {
        var digits = Array(text.utf8)[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        let parts = digits.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : []
        guard let whole = parts.first, whole.count + fraction.count > 0, fraction.count <= scale else { return nil }
        var value: Int128 = 0
        for digit in whole + fraction + Array(repeating: UInt8(ascii: "0"), count: scale - fraction.count) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(Int128(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        guard String(value).utf8.count <= precision || value == 0 else { return nil }
        return isNegative ? -value : value
    }

    static func text(_ unscaled: Int128, scale: Int) -> String {
        var digits = String(unscaled.magnitude)
        if digits.utf8.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits }
        let sign = unscaled < 0 ? "-" : ""
        return scale == 0 ? sign + digits : "\(sign)\(digits.dropLast(scale)).\(digits.suffix(scale))"
    }
}

/// Dates and times of day between text and numbers.
enum CalendarText {
    /// Days since 1970-01-01 of `YYYY-MM-DD`.
    static func days(_ text: String) -> Int32? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let year = number(parts[0]), let month = number(parts[1]), let day = number(parts[2]),
            let date = CivilDate(year: year, month: Int(month), day: Int(day))
        else { return nil }
        return Int32(exactly: date.daysSinceEpoch)
    }

    /// Microseconds since midnight of `hh:mm:ss[.ffffff]`.
    static func timeOfDay(_ text: String) -> Int64? {
        guard !text.contains(where: { "+-Z".contains($0) }) else { return nil }
        return Timestamp(iso8601: "1970-01-01 \(text)")?.microseconds
    }

    static func text(timeOfDay micros: Int64) -> String {
        let seconds = micros / 1_000_000
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        let fraction = micros % 1_000_000
        return fraction == 0 ? clock : "\(clock).\(padded(fraction, 6))"
    }

    static func text(timestamp micros: Int64) -> String {
        let days = micros.flooringDivide(86_400_000_000)
        let clock = text(timeOfDay: micros &- days &* 86_400_000_000)
        return "\(CivilDate(daysSinceEpoch: days)) \(clock)"
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.count <= 6 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }
}
