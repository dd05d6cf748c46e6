internal import Base

/// PostgreSQL's own text (`IntervalStyle = postgres`) of the types that the lake has none for.
enum ValueText {
    static func singleByte(_ field: ByteReader) throws -> [UInt8] {
        let byte = try field.whole(UInt8.self)
        guard byte < 0x80 else { throw ValueFault.malformed }
        return byte == 0 ? [] : [byte]
    }

    static func bits(_ field: ByteReader) throws -> [UInt8] {
        var field = field
        let length = Int(try field.integer(Int32.self))
        guard length >= 0, field.count == (length + 7) / 8 else { throw ValueFault.malformed }
        let bytes = field.restArray
        return (0..<length).map { bytes[$0 >> 3] >> UInt8(7 - $0 & 7) & 1 == 1 ? UInt8(ascii: "1") : UInt8(ascii: "0") }
    }

    static func macaddr(_ field: ByteReader) throws -> [UInt8] {
        guard field.count == 6 || field.count == 8 else { throw ValueFault.malformed }
        let pairs = field.restArray.map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return Array(pairs.joined(separator: ":").utf8)
    }

    static func timeWithZone(_ field: ByteReader) throws -> [UInt8] {
        var field = field
        let time = try field.integer(Int64.self)
        let west = Int64(try field.whole(Int32.self))
        guard (0...86_400_000_000).contains(time) else { throw ValueFault.malformed }
        let east = -west
        let size = Int64(east.magnitude)
        var zone = (east < 0 ? "-" : "+") + padded(size / 3600, 2)
        if size % 3600 != 0 { zone += ":" + padded(size / 60 % 60, 2) }
        if size % 60 != 0 { zone += ":" + padded(size % 60, 2) }
        return Array((clock(UInt64(time)) + zone).utf8)
    }

    static func interval(_ field: ByteReader) throws -> [UInt8] {
        var field = field
        let time = try field.integer(Int64.self)
        let days = Int64(try field.integer(Int32.self))
        let months = Int64(try field.whole(Int32.self))
        var parts: [String] = []
        var isBefore = false
        for (value, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] where value != 0 {
            let sign = isBefore && value > 0 ? "+" : ""
            parts.append("\(sign)\(value) \(unit)\(value == 1 ? "" : "s")")
            isBefore = value < 0
        }
        if time != 0 || parts.isEmpty {
            parts.append((time < 0 ? "-" : (isBefore ? "+" : "")) + clock(time.magnitude))
        }
        return Array(parts.joined(separator: " ").utf8)
    }

    /// `hh:mm:ss[.ffffff]` without zeros at the end.
    private static func clock(_ microseconds: UInt64) -> String {
        let seconds = Int64(microseconds / 1_000_000)
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }
        let whole = parts.joined(separator: ":")
        let fraction = Int64(microseconds % 1_000_000)
        guard fraction != 0 else { return whole }
        var digits = Substring(padded(fraction, 6))
        while digits.last == "0" { digits.removeLast() }
        return whole + "." + digits
    }

    /// inet and cidr: family, prefix length, whether it is a cidr, address.
    static func network(_ field: ByteReader) throws -> [UInt8] {
        var field = field
        let family = try field.unsigned8()
        let prefix = try field.unsigned8()
        let isBlock = try field.unsigned8() != 0
        guard Int(try field.unsigned8()) == field.count else { throw ValueFault.malformed }
        let address = field.restArray
        let text: String
        switch (family, address.count) {
        case (2, 4): text = address.map(String.init).joined(separator: ".")
        case (3, 16): text = version6(address)
        default: throw ValueFault.malformed
        }
        let showsPrefix = isBlock || Int(prefix) != address.count * 8
        return Array((showsPrefix ? "\(text)/\(prefix)" : text).utf8)
    }

    private static func version6(_ address: [UInt8]) -> String {
        let words = stride(from: 0, to: 16, by: 2).map { UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]) }
        let gap = longestZeroRun(words)
        let embedsVersion4 =
            gap.lowerBound == 0 && !gap.isEmpty
            && (gap.count == 6 || (gap.count == 5 && words[5] == 0xFFFF))
        var text = ""
        for index in 0..<(embedsVersion4 ? 6 : 8) {
            if gap.contains(index) {
                if index == gap.lowerBound { text += ":" }
                continue
            }
            if index != 0 { text += ":" }
            text += String(words[index], radix: 16)
        }
        if embedsVersion4 { return text + ":" + address[12...].map(String.init).joined(separator: ".") }
        return gap.upperBound == 8 && !gap.isEmpty ? text + ":" : text
    }

    /// The first of the longest runs of at least two zero words.
    private static func longestZeroRun(_ words: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for index in 0...words.count where index == words.count || words[index] != 0 {
            if index - start > best.count { best = start..<index }
            start = index + 1
        }
        return best.count >= 2 ? best : 0..<0
    }
}
