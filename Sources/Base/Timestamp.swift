/// A moment as microseconds since 1970-01-01 UTC, the resolution of the lake.
package struct Timestamp: Hashable, Sendable, Comparable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package var milliseconds: Int64 { microseconds.flooringDivide(1000) }

    package static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC with microseconds: `2026-01-31T08:00:00.000001Z`.
    package var description: String {
        let days = microseconds.flooringDivide(86_400_000_000)
        // By remainder: a product would overflow in the first day that there is.
        let rest = (microseconds % 86_400_000_000 + 86_400_000_000) % 86_400_000_000
        let seconds = rest / 1_000_000
        let date = CivilDate(daysSinceEpoch: days)
        let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(date)T\(time).\(padded(rest % 1_000_000, 6))Z"
    }

    /// Parses ISO 8601 `YYYY-MM-DD[(T| )hh:mm[:ss[.ffffff]]][Z|±hh[:mm]]`; without a zone the text is UTC.
    package init?(iso8601 text: String) {
        var scanner = DigitScanner(text)
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), let date = CivilDate(year: year, month: Int(month), day: Int(day))
        else { return nil }
        var micros = date.daysSinceEpoch * 86_400_000_000
        if scanner.skip("T") || scanner.skip(" ") {
            guard let clock = scanner.clock() else { return nil }
            micros += clock
        }
        guard let offset = scanner.zone(), scanner.isAtEnd else { return nil }
        self.init(microseconds: micros - offset)
    }
}

/// A day of the proleptic Gregorian calendar.
package struct CivilDate: Hashable, Sendable, CustomStringConvertible {
    package var year: Int64
    package var month: Int
    package var day: Int

    package init?(year: Int64, month: Int, day: Int) {
        guard (1...12).contains(month), day >= 1, day <= Self.daysIn(month, of: year) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Source of both conversions: the days-from-civil algorithms of Howard Hinnant.
    package init(daysSinceEpoch: Int64) {
        let shifted = daysSinceEpoch + 719_468
        let era = shifted.flooringDivide(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
        month = Int(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSinceEpoch: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.flooringDivide(400)
        let yearOfEra = shiftedYear - era * 400
        let marchMonth = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * marchMonth + 2) / 5 + Int64(day) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package var description: String { "\(padded(year, 4))-\(padded(Int64(month), 2))-\(padded(Int64(day), 2))" }

    private static func daysIn(_ month: Int, of year: Int64) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    /// Division rounding towards negative infinity, as calendars need it before 1970.
    package func flooringDivide(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

/// The decimal digits of `value`, with zeros in front up to `width`; a minus sign comes before them.
package func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value.magnitude)
    let zeros = String(repeating: "0", count: Swift.max(0, width - digits.count))
    return (value < 0 ? "-" : "") + zeros + digits
}

private struct DigitScanner {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        guard offset + width <= bytes.count else { return nil }
        var value: Int64 = 0
        for byte in bytes[offset..<offset + width] {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        offset += width
        return value
    }

    /// `hh:mm[:ss[.f…]]` in microseconds; digits beyond the sixth are refused rather than dropped.
    mutating func clock() -> Int64? {
        guard let hour = number(2), hour < 24, skip(":"), let minute = number(2), minute < 60 else { return nil }
        var micros = (hour * 3600 + minute * 60) * 1_000_000
        guard skip(":") else { return micros }
        guard let second = number(2), second < 60 else { return nil }
        micros += second * 1_000_000
        guard skip(".") else { return micros }
        var scale: Int64 = 100_000
        guard offset < bytes.count else { return nil }
        while scale > 0, let digit = number(1) {
            micros += digit * scale
            scale /= 10
        }
        return micros
    }

    mutating func zone() -> Int64? {
        if isAtEnd || skip("Z") { return 0 }
        let sign: Int64 = skip("-") ? -1 : (skip("+") ? 1 : 0)
        guard sign != 0, let hour = number(2) else { return nil }
        _ = skip(":")
        let minute = isAtEnd ? 0 : number(2)
        return minute.map { sign * (hour * 3600 + $0 * 60) * 1_000_000 }
    }
}
