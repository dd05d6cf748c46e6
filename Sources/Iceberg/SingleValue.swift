import Base
package import Columns

/// Single values in the binary form of bounds (the format's appendix D).
package enum SingleValue {
    /// How much of a text or binary value a bound keeps: code points, or bytes.
    package static let truncationLength = 16

    /// Encodes a value that the engine wrote as text, in full.
    ///
    /// - Returns: nil where the text is no value of the type, or one that cannot be a bound (NaN, infinities).
    package static func encode(_ text: String, as type: ColumnType) -> [UInt8]? {
        switch type {
        case .boolean: boolean(text).map { [$0 ? 1 : 0] }
        case .int: Int32(text).map(littleEndian)
        case .long: Int64(text).map(littleEndian)
        case .float: Float(text).flatMap { $0.isFinite ? littleEndian($0.bitPattern) : nil }
        case .double: Double(text).flatMap { $0.isFinite ? littleEndian($0.bitPattern) : nil }
        case .decimal(let precision, let scale):
            DecimalText.unscaled(text, precision: precision, scale: scale).map(minimalBigEndian)
        case .date: CalendarText.days(text).map(littleEndian)
        case .time: CalendarText.timeOfDay(text).map(littleEndian)
        case .timestamp, .timestamptz: Timestamp(iso8601: text).map { littleEndian($0.microseconds) }
        case .string: Array(text.utf8)
        case .uuid: hexadecimalBytes(text.filter { $0 != "-" }).flatMap { $0.count == 16 ? $0 : nil }
        case .fixed(let length): hexadecimalBytes(text).flatMap { $0.count == length ? $0 : nil }
        case .binary: hexadecimalBytes(text)
        case .structure, .list, .map: nil
        }
    }

    /// The text that `encode` reads back; nil where the bytes are no value of the type.
    package static func text(of bytes: [UInt8], as type: ColumnType) -> String? {
        switch type {
        case .boolean: bytes.count == 1 ? (bytes[0] != 0 ? "1" : "0") : nil
        case .int, .long: integer(bytes).map { String($0) }
        case .float, .double:
            bytes.count == 4 ? float(bytes).map { "\($0)" } : double(bytes).map { "\($0)" }
        case .decimal(_, let scale): bigEndian(bytes).map { DecimalText.text($0, scale: scale) }
        case .date:
            integer(bytes).flatMap { Int32(exactly: $0) }.map { CivilDate(daysSinceEpoch: Int64($0)).description }
        case .time:
            integer(bytes).flatMap { (0..<86_400_000_000).contains($0) ? CalendarText.text(timeOfDay: $0) : nil }
        case .timestamp: integer(bytes).map { CalendarText.text(timestamp: $0) }
        case .timestamptz: integer(bytes).map { CalendarText.text(timestamp: $0) + "+00" }
        case .string: String(validating: bytes, as: UTF8.self)
        case .uuid: bytes.count == 16 ? uuidText(bytes) : nil
        case .fixed, .binary: hexadecimalText(bytes)
        case .structure, .list, .map: nil
        }
    }

    /// Compares two encoded values: negative, zero or positive as the first is less, equal or greater.
    ///
    /// Values written before a column was widened (int to long, float to double) compare with newer ones.
    /// - Returns: nil where either is no value of the type, or is not ordered (NaN).
    package static func compare(_ first: [UInt8], _ second: [UInt8], as type: ColumnType) -> Int? {
        switch type {
        case .boolean: first.count == 1 && second.count == 1 ? order(first[0], second[0]) : nil
        case .int, .long, .date, .time, .timestamp, .timestamptz:
            both(integer(first), integer(second), order)
        case .float, .double: both(double(first), double(second), orderDoubles)
        case .decimal: both(bigEndian(first), bigEndian(second), order)
        case .string, .binary, .fixed: orderBytes(first, second)
        case .uuid: first.count == 16 && second.count == 16 ? orderBytes(first, second) : nil
        case .structure, .list, .map: nil
        }
    }

    package static func int(_ value: Int32) -> [UInt8] { littleEndian(value) }
    package static func long(_ value: Int64) -> [UInt8] { littleEndian(value) }
    package static func decimal(_ unscaled: Int128) -> [UInt8] { minimalBigEndian(unscaled) }
}

extension SingleValue {
    /// A lower bound of values not below `exact`: texts and binaries are cut, which makes them smaller.
    package static func lowerBound(_ exact: [UInt8], as type: ColumnType) -> [UInt8] {
        switch type {
        case .binary, .fixed: return Array(exact.prefix(truncationLength))
        case .string:
            guard let text = String(validating: exact, as: UTF8.self) else { return Array(exact) }
            return Array(String(String.UnicodeScalarView(text.unicodeScalars.prefix(truncationLength))).utf8)
        default: return exact
        }
    }

    /// An upper bound of values not above `exact`: a text or binary that is cut must be rounded up.
    ///
    /// - Returns: nil where no value of that length is large enough.
    package static func upperBound(_ exact: [UInt8], as type: ColumnType) -> [UInt8]? {
        switch type {
        case .binary, .fixed:
            guard exact.count > truncationLength else { return exact }
            var cut = Array(exact.prefix(truncationLength))
            while let last = cut.popLast() {
                if last < 0xFF { return cut + [last + 1] }
            }
            return nil
        case .string:
            guard let text = String(validating: exact, as: UTF8.self) else { return nil }
            var cut = Array(text.unicodeScalars.prefix(truncationLength))
            guard cut.count < text.unicodeScalars.count else { return exact }
            while let last = cut.popLast() {
                guard let next = successor(last) else { continue }
                return Array(String(String.UnicodeScalarView(cut + [next])).utf8)
            }
            return nil
        default: return exact
        }
    }

    private static func successor(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        scalar.value == 0xD7FF ? Unicode.Scalar(0xE000) : Unicode.Scalar(scalar.value + 1)
    }
}

extension SingleValue {
    /// A decoded partition value in the form of bounds; nil for null and for what has none.
    static func bytes(of value: AvroValue, _ type: AvroType) -> [UInt8]? {
        switch value {
        case .boolean(let value): [value ? 1 : 0]
        case .integer(let value): type.isInt ? littleEndian(Int32(truncatingIfNeeded: value)) : littleEndian(value)
        case .float(let value): littleEndian(value.bitPattern)
        case .double(let value): littleEndian(value.bitPattern)
        case .bytes(let value): Array(value)
        case .string(let value): Array(value.utf8)
        case .null, .array, .map, .pairs, .record: nil
        }
    }

    static func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
    }

    static func integer(_ bytes: [UInt8]) -> Int64? {
        switch bytes.count {
        case 4: Int64(Int32(truncatingIfNeeded: bytes.reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }))
        case 8: Int64(bitPattern: bytes.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
        default: nil
        }
    }

    private static func float(_ bytes: [UInt8]) -> Float? {
        guard bytes.count == 4 else { return nil }
        let value = Float(bitPattern: bytes.reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) })
        return value.isNaN ? nil : value
    }

    static func double(_ bytes: [UInt8]) -> Double? {
        if bytes.count == 4 { return float(bytes).map { Double($0) } }
        guard bytes.count == 8 else { return nil }
        let value = Double(bitPattern: bytes.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) })
        return value.isNaN ? nil : value
    }

    static func bigEndian(_ bytes: [UInt8]) -> Int128? {
        guard let first = bytes.first, bytes.count <= 16 else { return nil }
        return bytes.reduce(first >= 0x80 ? -1 : 0) { $0 << 8 | Int128($1) }
    }

    private static func boolean(_ text: String) -> Bool? {
        switch text {
        case "1", "true": true
        case "0", "false": false
        default: nil
        }
    }

    private static func both<Value>(_ first: Value?, _ second: Value?, _ order: (Value, Value) -> Int) -> Int? {
        guard let first, let second else { return nil }
        return order(first, second)
    }

    private static func order<Value: Comparable>(_ first: Value, _ second: Value) -> Int {
        first < second ? -1 : (first == second ? 0 : 1)
    }

    /// Negative zero comes before positive zero.
    private static func orderDoubles(_ first: Double, _ second: Double) -> Int {
        first == second ? order(first.sign == .minus ? 0 : 1, second.sign == .minus ? 0 : 1) : order(first, second)
    }

    private static func orderBytes(_ first: [UInt8], _ second: [UInt8]) -> Int {
        for (left, right) in zip(first, second) where left != right { return left < right ? -1 : 1 }
        return order(first.count, second.count)
    }
}

extension SingleValue {
    private static func hexadecimalBytes(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = nibble(digits[index]), let low = nibble(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func hexadecimalText(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func uuidText(_ bytes: [UInt8]) -> String {
        let digits = hexadecimalText(bytes).lowercased()
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }
}

extension AvroType {
    /// Whether a value, or the value of an optional, is 32 bits wide.
    fileprivate var isInt: Bool {
        switch self {
        case .int: true
        case .union(let branches): branches.contains { if case .int = $0 { true } else { false } }
        default: false
        }
    }
}
