package import Base
package import Columns

/// Values as text: one form for people, and JSON for what is nested.
package enum ValueText {
    /// The value in the form that people and other databases read; nil for null.
    ///
    /// Decimals keep every digit, moments are ISO 8601 with a space (`2026-01-31 08:00:00.5+00`), bytes are `\x` and
    /// hexadecimal digits, lists, structs and maps are JSON.
    package static func text(_ column: Column, _ row: Int) -> String? {
        guard !column.isNull(row) else { return nil }
        switch (column.type, column.storage) {
        case (.boolean, .bytes1(let values)): return values[row] != 0 ? "true" : "false"
        case (.date, .int32(let values)): return date(values[row])
        case (_, .int32(let values)): return String(values[row])
        case (.time, .int64(let values)): return clock(values[row])
        case (.timestamp, .int64(let values)): return moment(values[row], separator: " ", zone: "")
        case (.timestamptz, .int64(let values)): return moment(values[row], separator: " ", zone: "+00")
        case (.decimal(_, let scale), .int64(let values)): return decimal(Int128(values[row]), scale: scale)
        case (.decimal(_, let scale), .int128(let values)): return decimal(values[row], scale: scale)
        case (_, .int64(let values)): return String(values[row])
        case (_, .int128(let values)): return uuid(values[row])
        case (_, .float(let values)): return float(values[row].isNaN, values[row].isInfinite, "\(values[row])")
        case (_, .double(let values)): return float(values[row].isNaN, values[row].isInfinite, "\(values[row])")
        case (.string, .slices(let slices)): return String(decoding: slices[row], as: UTF8.self)
        case (_, .slices(let slices)): return "\\x" + hexadecimalDigits(slices[row])
        case (_, .list), (_, .structure), (_, .bytes1): return json(column, row).text
        }
    }

    /// The value as JSON: moments with a `T`, a zone where they have one; what JSON cannot hold is text.
    package static func json(_ column: Column, _ row: Int) -> JSONValue {
        guard !column.isNull(row) else { return .null }
        switch (column.type, column.storage) {
        case (.boolean, .bytes1(let values)): return .bool(values[row] != 0)
        case (.int, .int32(let values)): return .integer(Int64(values[row]))
        case (.long, .int64(let values)): return .integer(values[row])
        case (.timestamp, .int64(let values)): return .string(moment(values[row], separator: "T", zone: ""))
        case (.timestamptz, .int64(let values)): return .string(moment(values[row], separator: "T", zone: "Z"))
        case (.decimal, _): return text(column, row).map { .number($0) } ?? .null
        case (_, .float(let values)) where values[row].isFinite: return .number("\(values[row])")
        case (_, .double(let values)) where values[row].isFinite: return .number("\(values[row])")
        case (.structure(let fields), .structure(let children)): return structure(fields, children, row)
        case (.map, .list(let offsets, let child)): return map(child[0], offsets[row]..<offsets[row + 1])
        case (_, .list(let offsets, let child)):
            return .array((offsets[row]..<offsets[row + 1]).map { json(child[0], $0) })
        default: return text(column, row).map { .string($0) } ?? .null
        }
    }

    private static func structure(_ fields: [Field], _ children: [Column], _ row: Int) -> JSONValue {
        var object = JSONObject()
        for (field, child) in zip(fields, children) { object.append(field.name, json(child, row)) }
        return .object(object)
    }

    private static func map(_ entries: Column, _ rows: Range<Int>) -> JSONValue {
        guard case .structure(let pair) = entries.storage else { return .null }
        var object = JSONObject()
        for row in rows { object.append(text(pair[0], row) ?? "", json(pair[1], row)) }
        return .object(object)
    }
}

extension ValueText {
    /// The engine's infinities stand at the ends of the range.
    private static func date(_ days: Int32) -> String {
        switch days {
        case .max: "infinity"
        case -.max: "-infinity"
        default: CivilDate(daysSinceEpoch: Int64(days)).description
        }
    }

    private static func moment(_ micros: Int64, separator: String, zone: String) -> String {
        if micros == .max { return "infinity" }
        if micros == -.max { return "-infinity" }
        let days = micros.flooringDivide(86_400_000_000)
        let rest = micros &- days &* 86_400_000_000
        return "\(CivilDate(daysSinceEpoch: days))\(separator)\(clock(rest))\(zone)"
    }

    /// Zeros at the end of the fraction are left out.
    private static func clock(_ micros: Int64) -> String {
        let seconds = micros / 1_000_000
        let whole = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        var fraction = Substring(padded(micros % 1_000_000, 6))
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? whole : "\(whole).\(fraction)"
    }

    private static func decimal(_ unscaled: Int128, scale: Int) -> String {
        var digits = String(unscaled.magnitude)
        guard scale > 0 else { return (unscaled < 0 ? "-" : "") + digits }
        if digits.utf8.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.utf8.count) + digits }
        return "\(unscaled < 0 ? "-" : "")\(digits.dropLast(scale)).\(digits.suffix(scale))"
    }

    private static func float(_ isNaN: Bool, _ isInfinite: Bool, _ text: String) -> String {
        isNaN ? "NaN" : isInfinite ? (text.hasPrefix("-") ? "-Infinity" : "Infinity") : text
    }

    private static func uuid(_ value: Int128) -> String {
        let bits = UInt128(bitPattern: value)
        let digits =
            hexadecimal(UInt64(truncatingIfNeeded: bits >> 64)) + hexadecimal(UInt64(truncatingIfNeeded: bits))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hexadecimalDigits(_ bytes: ArraySlice<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension ColumnType {
    /// Shown at the right end of its column.
    var isNumeric: Bool {
        switch self {
        case .int, .long, .float, .double, .decimal: true
        default: false
        }
    }
}
