import Base
import Columns
import Testing

@testable import Iceberg

@Suite struct SingleValueTests {
    struct Case: Sendable {
        let type: ColumnType
        let text: String
        let bytes: [UInt8]
    }

    private static let cases: [Case] = [
        Case(type: .boolean, text: "1", bytes: [1]),
        Case(type: .int, text: "-2", bytes: [0xFE, 0xFF, 0xFF, 0xFF]),
        Case(type: .long, text: "34", bytes: [34, 0, 0, 0, 0, 0, 0, 0]),
        Case(type: .float, text: "1.5", bytes: [0, 0, 0xC0, 0x3F]),
        Case(type: .double, text: "-0.0", bytes: [0, 0, 0, 0, 0, 0, 0, 0x80]),
        Case(type: .decimal(precision: 9, scale: 2), text: "11098.89", bytes: [0x10, 0xEF, 0x81]),
        Case(type: .decimal(precision: 9, scale: 2), text: "-0.01", bytes: [0xFF]),
        Case(type: .decimal(precision: 9, scale: 2), text: "1.28", bytes: [0x00, 0x80]),
        Case(type: .decimal(precision: 9, scale: 2), text: "-1.28", bytes: [0x80]),
        Case(type: .decimal(precision: 9, scale: 2), text: "0.00", bytes: [0]),
        Case(type: .date, text: "2017-11-16", bytes: [0x4E, 0x44, 0, 0]),
        Case(type: .date, text: "1969-12-31", bytes: [0xFF, 0xFF, 0xFF, 0xFF]),
        Case(type: .time, text: "00:00:01.000002", bytes: [0x42, 0x42, 0x0F, 0, 0, 0, 0, 0]),
        Case(type: .timestamp, text: "1970-01-01 00:00:00.000258", bytes: [2, 1, 0, 0, 0, 0, 0, 0]),
        Case(type: .timestamptz, text: "1969-12-31 23:59:59.999999+00", bytes: [UInt8](repeating: 0xFF, count: 8)),
        Case(type: .string, text: "é", bytes: [0xC3, 0xA9]),
        Case(
            type: .uuid,
            text: "f79c3e09-677c-4bbd-a479-3f349cb785e7",
            bytes: [0xF7, 0x9C, 0x3E, 0x09, 0x67, 0x7C, 0x4B, 0xBD, 0xA4, 0x79, 0x3F, 0x34, 0x9C, 0xB7, 0x85, 0xE7]
        ),
        Case(type: .fixed(2), text: "00FF", bytes: [0, 0xFF]),
        Case(type: .binary, text: "626C", bytes: [0x62, 0x6C]),
    ]

    @Test("the engine's text and Iceberg's bytes agree both ways", arguments: cases)
    func bothWays(sample: Case) {
        #expect(SingleValue.encode(sample.text, as: sample.type) == sample.bytes)
        #expect(SingleValue.text(of: sample.bytes, as: sample.type) == sample.text)
    }

    @Test(
        "what is no bound gives none",
        arguments: [
            (ColumnType.double, "nan"), (.double, "inf"), (.float, "-inf"), (.int, "3000000000"),
            (.date, "0044-03-15 (BC)"),
            (.date, "2023-02-29"), (.decimal(precision: 4, scale: 2), "123.45"),
            (.decimal(precision: 4, scale: 2), "1.234"),
            (.decimal(precision: 4, scale: 2), "."), (.timestamp, "infinity"), (.time, "24:00:00"), (.uuid, "12"),
            (.binary, "6"), (.binary, "6g"), (.list(Field(id: 1, name: "e", type: .int)), "[1]"), (.boolean, "2"),
        ]
    )
    func noBound(type: ColumnType, text: String) {
        #expect(SingleValue.encode(text, as: type) == nil)
    }

    @Test("decimals of 38 digits survive and keep their order", arguments: UInt64(0)..<200)
    func decimals(seed: UInt64) throws {
        let type = ColumnType.decimal(precision: 38, scale: 10)
        let samples = Samples(seed: seed)
        let values = (0..<2).map { _ in
            let digits = samples.number(1..<38)
            let limit = (0..<digits).reduce(1 as Int128) { value, _ in value * 10 }
            let magnitude = Int128(samples.entropy.next()) * Int128(samples.entropy.next() >> 4) % limit
            return samples.number(0..<2) == 0 ? magnitude : -magnitude
        }
        let encoded = try values.map { try #require(SingleValue.encode(DecimalText.text($0, scale: 10), as: type)) }
        #expect(encoded.map { SingleValue.text(of: $0, as: type) } == values.map { DecimalText.text($0, scale: 10) })
        let expected = values[0] < values[1] ? -1 : (values[0] == values[1] ? 0 : 1)
        #expect(SingleValue.compare(encoded[0], encoded[1], as: type) == expected)
    }

    @Test("values written before a column was widened compare with newer ones")
    func promotion() {
        #expect(SingleValue.compare([0xFF, 0xFF, 0xFF, 0xFF], SingleValue.long(0), as: .long) == -1)
        #expect(SingleValue.compare([0, 0, 0xC0, 0x3F], [0, 0, 0, 0, 0, 0, 0xF8, 0x3F], as: .double) == 0)
        #expect(SingleValue.compare([0, 0, 0xC0, 0x7F], [0, 0, 0, 0], as: .float) == nil)
        #expect(SingleValue.compare([0, 0, 0, 0x80], [0, 0, 0, 0], as: .float) == -1)
        #expect(SingleValue.compare([1], SingleValue.long(0), as: .long) == nil)
        #expect(SingleValue.compare(Array("ab".utf8), Array("abc".utf8), as: .string) == -1)
        #expect(SingleValue.compare([0x80], [0x7F], as: .binary) == 1)
    }

    @Test("damaged bounds never trap")
    func damagedBounds() {
        let samples = Samples(seed: 9)
        for count in 0..<40 {
            for sample in Self.cases {
                let bytes = count.isMultiple(of: 2) ? samples.bytes(count) : [UInt8](repeating: 0x7F, count: count / 2)
                _ = SingleValue.text(of: bytes, as: sample.type)
                _ = SingleValue.compare(bytes, sample.bytes, as: sample.type)
            }
        }
    }

    @Test("a long text is cut to 16 code points, and the upper bound rounded up")
    func textTruncation() {
        let text = Array(String(repeating: "é", count: 20).utf8)
        #expect(SingleValue.lowerBound(text, as: .string) == Array(String(repeating: "é", count: 16).utf8))
        let upper = String(repeating: "é", count: 15) + "\u{EA}"
        #expect(SingleValue.upperBound(text, as: .string) == Array(upper.utf8))
        let short = Array("short".utf8)
        #expect(SingleValue.upperBound(short, as: .string) == short)
        let surrogates = Array(("a" + String(repeating: "\u{D7FF}", count: 20)).utf8)
        let next = "a" + String(repeating: "\u{D7FF}", count: 14) + "\u{E000}"
        #expect(SingleValue.upperBound(surrogates, as: .string) == Array(next.utf8))
        let carried = Array(("ab" + String(repeating: "\u{10FFFF}", count: 20)).utf8)
        #expect(SingleValue.upperBound(carried, as: .string) == Array("ac".utf8))
        let highest = Array(String(repeating: "\u{10FFFF}", count: 20).utf8)
        #expect(SingleValue.upperBound(highest, as: .string) == nil)
    }

    @Test("a long binary is cut to 16 bytes, and the upper bound rounded up")
    func binaryTruncation() {
        let value = [UInt8](repeating: 1, count: 14) + [UInt8](repeating: 0xFF, count: 6)
        #expect(SingleValue.lowerBound(value, as: .binary) == Array(value.prefix(16)))
        #expect(SingleValue.upperBound(value, as: .binary) == [UInt8](repeating: 1, count: 13) + [2])
        #expect(SingleValue.upperBound([UInt8](repeating: 0xFF, count: 17), as: .binary) == nil)
    }
}
