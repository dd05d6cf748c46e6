/// Durations and sizes as people write them. A unit is always required.
package enum Quantity {
    /// `250ms`, `1s`, `5m`, `2h`, `7d`; nil for anything else.
    package static func duration(_ text: String) -> Duration? {
        guard let (number, unit) = split(text) else { return nil }
        let millisecondsOf: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let factor = millisecondsOf[unit], let value = scaled(number, by: factor) else { return nil }
        return .milliseconds(value)
    }

    /// `4096B`, `64KiB`, `512MiB`, `10GiB`, `1TiB`, and the decimal `KB`, `MB`, `GB`, `TB`; nil for anything else.
    package static func bytes(_ text: String) -> Int64? {
        guard let (number, unit) = split(text) else { return nil }
        let bytesOf: [String: Int64] = [
            "b": 1, "kb": 1000, "mb": 1_000_000, "gb": 1_000_000_000, "tb": 1_000_000_000_000,
            "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
        ]
        guard let factor = bytesOf[unit.lowercased()] else { return nil }
        return scaled(number, by: factor)
    }

    /// Two units at most, the way a person says it: `3 min 20 s`.
    package static func text(_ duration: Duration) -> String {
        let milliseconds = duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
        switch milliseconds {
        case ..<0: return "0 s"
        case ..<1000: return "\(milliseconds) ms"
        case ..<60_000: return tenths(milliseconds, 1000) + " s"
        case ..<3_600_000: return pair(milliseconds / 1000, 60, "min", "s")
        case ..<86_400_000: return pair(milliseconds / 60_000, 60, "h", "min")
        default: return pair(milliseconds / 3_600_000, 24, "d", "h")
        }
    }

    package static func text(bytes: Int64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard bytes >= 1024 else { return "\(bytes) B" }
        var divisor: Int64 = 1024
        var unit = 0
        while unit + 1 < units.count, bytes / divisor >= 1024 {
            divisor *= 1024
            unit += 1
        }
        return tenths(bytes, divisor) + " " + units[unit]
    }

    /// 12,345,678
    package static func text(count: Int64) -> String {
        var groups: [Substring] = []
        var digits = Substring(String(count.magnitude))
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = digits.dropLast(3)
        }
        return (count < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    private static func tenths(_ value: Int64, _ divisor: Int64) -> String {
        let whole = value / divisor
        let tenth = value % divisor * 10 / divisor
        return tenth == 0 ? "\(whole)" : "\(whole).\(tenth)"
    }

    private static func pair(_ value: Int64, _ divisor: Int64, _ large: String, _ small: String) -> String {
        let rest = value % divisor
        return rest == 0 ? "\(value / divisor) \(large)" : "\(value / divisor) \(large) \(rest) \(small)"
    }

    private static func split(_ text: String) -> (number: Substring, unit: String)? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text[number.endIndex...].drop { $0 == " " }
        guard !number.isEmpty, !unit.isEmpty else { return nil }
        return (number, String(unit))
    }

    private static func scaled(_ number: Substring, by factor: Int64) -> Int64? {
        if let whole = Int64(number) {
            let (value, overflow) = whole.multipliedReportingOverflow(by: factor)
            return overflow ? nil : value
        }
        guard let value = Double(number), value.isFinite else { return nil }
        return Int64(exactly: (value * Double(factor)).rounded())
    }
}
