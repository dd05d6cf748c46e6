import Base
import Capture
import Columns
import Testing

@testable import PostgresSource

@Suite struct ValueTests {
    private func decode(_ type: WireType, _ bytes: [UInt8]) throws -> String {
        var column = Column(type.columnType(childID: 1))
        try ByteReader.reading(bytes) { (reader) throws(ValueFault) in try type.append(reader, to: &column) }
        return column.plainText(0)
    }

    @Test(
        "numerics become exact decimals",
        arguments: [
            ([], 0, 0x0000, 4, "0.0000"),
            ([1], 0, 0x4000, 4, "-1.0000"),
            ([1], -1, 0x0000, 4, "0.0001"),
            ([12, 3456, 7800], 1, 0x0000, 2, "123456.7800"),
            (
                [9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 99], 7, 0x4000, 4,
                "-99999999999999999999999999999999.0099"
            ),
            ([5], 2, 0x0000, 0, "500000000.0000"),
        ] as [([UInt16], Int16, UInt16, UInt16, String)]
    )
    func decimals(_ groups: [UInt16], _ weight: Int16, _ sign: UInt16, _ scale: UInt16, _ text: String) throws {
        let bytes = numeric(groups: groups, weight: weight, sign: sign, scale: scale)
        #expect(try decode(.decimal(precision: 38, scale: 4), bytes) == text)
    }

    @Test(
        "unbounded numerics keep their digits",
        arguments: [
            ([], 0, 0x0000, 3, "0.000"),
            ([1], 5, 0x0000, 0, "100000000000000000000"),
            ([123], -3, 0x4000, 12, "-0.000000000123"),
            ([12, 3400], 0, 0x0000, 1, "12.3"),
        ] as [([UInt16], Int16, UInt16, UInt16, String)]
    )
    func texts(_ groups: [UInt16], _ weight: Int16, _ sign: UInt16, _ scale: UInt16, _ text: String) throws {
        let bytes = numeric(groups: groups, weight: weight, sign: sign, scale: scale)
        #expect(try decode(.numericText, bytes) == "'\(text)'")
    }

    @Test(
        "values without a place are refused with the reason",
        arguments: [
            (.numericText, numeric(groups: [], weight: 0, sign: 0xC000, scale: 0), .notFinite),
            (.decimal(precision: 4, scale: 1), numeric(groups: [1, 2345], weight: 1, scale: 1), .outOfRange),
            (.decimal(precision: 4, scale: 1), numeric(groups: [1, 2345], weight: 0, scale: 4), .outOfRange),
            (.date, bigEndian(Int32.max), .notFinite),
            (.date, bigEndian(Int32(-730_120)), .outOfRange),
            (.timestamptz, bigEndian(Int64.min), .notFinite),
            (.timestamp, bigEndian(Int64.max - 1), .outOfRange),
            (.time, bigEndian(Int64(86_400_000_000)), .endOfDay),
            (.int4, [0, 1], .malformed),
            (.jsonb, [2, 0x7B, 0x7D], .malformed),
            (.array(.int4), bigEndian(Int32(2)) + bigEndian(Int64(0)), .arrayShape),
        ] as [(WireType, [UInt8], ValueFault)]
    )
    func refusals(_ type: WireType, _ bytes: [UInt8], _ fault: ValueFault) {
        #expect(throws: fault) { try decode(type, bytes) }
    }

    @Test(
        "addresses are written as PostgreSQL shows them",
        arguments: [
            ([0, 0, 0, 0, 0, 0, 0, 2], 128, "::2"), ([0, 0, 0, 0, 0, 0, 0, 0xFFFF], 128, "::ffff"),
            ([0, 0, 0, 0, 0, 0, 0, 0x6000], 115, "::6000/115"), ([0, 0, 0, 0, 0, 0, 1, 2], 128, "::0.1.0.2"),
            ([0, 0, 0, 0, 0, 0xFFFF, 0x102, 0x304], 128, "::ffff:1.2.3.4"), ([0, 1, 0, 0, 0, 0, 0, 0], 128, "0:1::"),
        ] as [([UInt16], UInt8, String)]
    )
    func addresses(_ words: [UInt16], _ prefix: UInt8, _ text: String) throws {
        var bytes: [UInt8] = [3, prefix, 0, 16]
        for word in words { bytes += bigEndian(word) }
        #expect(try decode(.network, bytes) == "'\(text)'")
    }

    @Test("random bytes never trap in any type")
    func randomBytes() {
        let random = SeededEntropy(seed: 77)
        let types: [WireType] = [
            .bool, .int2, .int4, .int8, .unsigned4, .float4, .float8, .decimal(precision: 38, scale: 10),
            .decimal(precision: 9, scale: 2), .numericText, .text, .singleByte, .jsonb, .bytea, .date, .time, .timetz,
            .timestamp, .interval, .uuid, .network, .macaddr, .bits, .lsn, .array(.int2), .array(.numericText),
        ]
        for round in 0..<3000 {
            let bytes = (0..<Int(random.next() % 40)).map { _ in
                UInt8(truncatingIfNeeded: random.next() % (round % 2 == 0 ? 256 : 5))
            }
            for type in types { _ = try? decode(type, bytes) }
        }
    }

    @Test(
        "type modifiers become decimals only where the lake has one",
        arguments: [
            (-1, .numericText), (10 << 16 | 2 + 4, .decimal(precision: 10, scale: 2)),
            (39 << 16 | 2 + 4, .numericText), (38 << 16 | 38 + 4, .decimal(precision: 38, scale: 38)),
            (5 << 16 | (0x7FF & -2) + 4, .numericText), (3 << 16 | 5 + 4, .numericText),
        ] as [(Int32, WireType)]
    )
    func modifiers(_ modifier: Int32, _ type: WireType) {
        #expect(WireType.numeric(modifier: modifier) == type)
    }

    @Test("log positions are read and written in both forms")
    func positions() {
        #expect(LSN("16/B374D848")?.position.text == "00000016b374d848")
        #expect(LSN(Position(text: "00000016b374d848"))?.description == "16/B374D848")
        for text in ["", "16", "/1", "1/", "1/2/3", "g/1", "+1/2", "123456789/1"] { #expect(LSN(text) == nil) }
        for text in ["", "1", "00000016b374d84g", "+0000016b374d848x"] { #expect(LSN(Position(text: text)) == nil) }
    }

    @Test("patterns match whole names")
    func patterns() {
        #expect(TablePattern("public.*").matches(namespace: "public", name: "orders"))
        #expect(!TablePattern("public.*").matches(namespace: "public2", name: "orders"))
        #expect(TablePattern("orders").matches(namespace: "public", name: "orders"))
        #expect(TablePattern("*.o*_*s").matches(namespace: "x", name: "order_items"))
        #expect(!TablePattern("*.o*_*s").matches(namespace: "x", name: "orders"))
    }

    @Test("slots and publications get a name that PostgreSQL accepts")
    func names() {
        let configuration = PostgresSourceConfiguration(name: "Shop-EU.1", connection: "", tables: [])
        #expect(configuration.slot == "tarn_shop_eu_1")
    }
}
