/// A number that a person wrote or that was measured: exact where it is a decimal.
package enum CheckNumber: Sendable, Hashable {
    case decimal(unscaled: Int128, scale: Int)
    case double(Double)

    package init(_ integer: Int64) { self = .decimal(unscaled: Int128(integer), scale: 0) }

    /// `-12.50`: digits with at most one point; nil for anything else, or beyond 38 digits.
    package init?(_ text: some StringProtocol) {
        var unscaled: Int128 = 0
        var scale = 0
        var hasPoint = false
        var digits = 0
        let isNegative = text.hasPrefix("-")
        for byte in text.utf8.dropFirst(isNegative ? 1 : 0) {
            if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else if (0x30...0x39).contains(byte), digits < 38 {
                unscaled = unscaled * 10 + Int128(byte - 0x30)
                digits += 1
                scale += hasPoint ? 1 : 0
            } else {
                return nil
            }
        }
        guard digits > 0, !text.hasSuffix(".") else { return nil }
        self = .decimal(unscaled: isNegative ? -unscaled : unscaled, scale: scale)
    }

    package var double: Double {
        switch self {
        case .decimal(let unscaled, let scale): Double(unscaled) / Self.power(scale)
        case .double(let value): value
        }
    }

    package var isWhole: Bool {
        switch self {
        case .decimal(_, let scale): scale == 0
        case .double(let value): value == value.rounded()
        }
    }

    /// Exact between decimals, as far as 128 bits reach. NaN is neither below nor above anything.
    package static func < (left: Self, right: Self) -> Bool {
        guard let (first, second) = aligned(left, right) else { return left.double < right.double }
        return first < second
    }

    package func equals(_ other: Self) -> Bool {
        guard let (first, second) = Self.aligned(self, other) else { return double == other.double }
        return first == second
    }

    /// `nil` where the difference leaves 128 bits.
    package func distance(to other: Self) -> CheckNumber? {
        guard case .decimal(_, let left) = self, case .decimal(_, let right) = other,
            let (first, second) = Self.aligned(self, other)
        else { return .double(abs(double - other.double)) }
        let (difference, overflow) = first.subtractingReportingOverflow(second)
        guard !overflow, difference != .min else { return nil }
        return .decimal(unscaled: abs(difference), scale: max(left, right))
    }

    private static func aligned(_ left: Self, _ right: Self) -> (Int128, Int128)? {
        guard case .decimal(let first, let firstScale) = left, case .decimal(let second, let secondScale) = right else {
            return nil
        }
        let scale = max(firstScale, secondScale)
        guard let scaledFirst = scaled(first, by: scale - firstScale),
            let scaledSecond = scaled(second, by: scale - secondScale)
        else { return nil }
        return (scaledFirst, scaledSecond)
    }

    private static func scaled(_ value: Int128, by digits: Int) -> Int128? {
        var result = value
        for _ in 0..<digits {
            let (next, overflow) = result.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            result = next
        }
        return result
    }

    private static func power(_ scale: Int) -> Double { (0..<scale).reduce(1) { power, _ in power * 10 } }
}

extension CheckNumber: CustomStringConvertible {
    package var description: String {
        switch self {
        case .decimal(let unscaled, let scale):
            guard scale > 0 else { return String(unscaled) }
            let digits = String(unscaled.magnitude)
            let all = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
            return (unscaled < 0 ? "-" : "") + all.dropLast(scale) + "." + all.suffix(scale)
        case .double(let value):
            // At most six digits after the point: what is shown is read by people.
            guard abs(value) < 1e12 else { return String(value) }
            let rounded = (value * 1e6).rounded() / 1e6
            return rounded == rounded.rounded() ? String(Int64(rounded)) : String(rounded)
        }
    }
}
