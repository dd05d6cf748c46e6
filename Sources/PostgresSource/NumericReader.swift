/// A numeric in binary: groups of four decimal digits, the first worth 10000 to the power of `weight`.
struct NumericReader {
    private let weight: Int
    private let isNegative: Bool
    private let scale: Int
    private let groupCount: Int
    private let groups: ByteReader

    /// - Throws: `ValueFault.notFinite` for NaN and infinity.
    init(_ field: ByteReader) throws {
        var reader = field
        groupCount = Int(try reader.integer(Int16.self))
        weight = Int(try reader.integer(Int16.self))
        let sign = try reader.integer(UInt16.self)
        scale = Int(try reader.integer(UInt16.self))
        switch sign {
        case 0x0000: isNegative = false
        case 0x4000: isNegative = true
        case 0xC000, 0xD000, 0xF000: throw ValueFault.notFinite
        default: throw ValueFault.malformed
        }
        guard groupCount >= 0, reader.count == groupCount * 2 else { throw ValueFault.malformed }
        groups = reader
    }

    /// The value times 10 to the power of `scale`, exactly.
    func unscaled(precision: Int, scale: Int) throws -> Int128 {
        var groups = groups
        var value: Int128 = 0
        var exponent = 4 * (weight + 1) + scale
        for _ in 0..<groupCount {
            let group = Int128(try Self.nextGroup(&groups))
            exponent -= 4
            if exponent >= 0 {
                value = try Self.multiply(value, by: 10_000, adding: group)
            } else if exponent > -4 {
                let cut = Self.power(-exponent)
                guard group % cut == 0 else { throw ValueFault.outOfRange }
                value = try Self.multiply(value, by: Self.power(4 + exponent), adding: group / cut)
            } else {
                guard group == 0 else { throw ValueFault.outOfRange }
            }
        }
        if value != 0, exponent > 0 {
            guard exponent <= WireType.decimalDigitsMax else { throw ValueFault.outOfRange }
            value = try Self.multiply(value, by: Self.power(exponent), adding: 0)
        }
        guard value < Self.power(precision) else { throw ValueFault.outOfRange }
        return isNegative ? -value : value
    }

    /// PostgreSQL's own digits, with as many behind the point as the value was written with.
    func text() throws -> [UInt8] {
        guard scale <= 16_383 else { throw ValueFault.malformed }
        let digits = try allDigits()
        let whole = 4 * (weight + 1)
        var result: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        let zero = UInt8(ascii: "0")
        if whole <= 0 {
            result.append(zero)
        } else {
            let padded = (0..<whole).map { $0 < digits.count ? digits[$0] : zero }
            result += padded.drop { $0 == zero }.isEmpty ? [zero] : padded.drop { $0 == zero }
        }
        guard scale > 0 else { return result }
        result.append(UInt8(ascii: "."))
        for place in whole..<whole + scale {
            result.append(place >= 0 && place < digits.count ? digits[place] : zero)
        }
        return result
    }

    private func allDigits() throws -> [UInt8] {
        var groups = groups
        var digits: [UInt8] = []
        digits.reserveCapacity(groupCount * 4)
        for _ in 0..<groupCount {
            var group = try Self.nextGroup(&groups)
            for unit: UInt16 in [1000, 100, 10, 1] {
                digits.append(UInt8(ascii: "0") + UInt8(group / unit))
                group %= unit
            }
        }
        return digits
    }

    private static func nextGroup(_ groups: inout ByteReader) throws -> UInt16 {
        let group = try groups.integer(UInt16.self)
        guard group < 10_000 else { throw ValueFault.malformed }
        return group
    }

    private static func multiply(_ value: Int128, by factor: Int128, adding added: Int128) throws -> Int128 {
        let (product, productOverflow) = value.multipliedReportingOverflow(by: factor)
        let (sum, sumOverflow) = product.addingReportingOverflow(added)
        guard !productOverflow, !sumOverflow else { throw ValueFault.outOfRange }
        return sum
    }

    private static func power(_ exponent: Int) -> Int128 { powersOfTen[exponent] }
}

/// 10^0 to 10^38.
private let powersOfTen: [Int128] = (0..<WireType.decimalDigitsMax).reduce(into: [1]) { powers, index in
    powers.append(powers[index] * 10)
}
