import Base
import Columns
import Testing

@testable import Landing

@Suite("Key encoder")
struct KeyIndexEncoderTests {
    private func keys(_ types: [ColumnType], _ fill: (inout ColumnBatch) -> Void) throws -> KeyBatch {
        let fields = types.enumerated().map { Field(id: $0.offset + 1, name: "k\($0.offset)", type: $0.element) }
        let schema = Schema(fields: fields)
        var batch = ColumnBatch(schema: schema)
        fill(&batch)
        return try KeyEncoder(schema: schema, key: Array(types.indices)).encode(batch)
    }

    @Test("the border between two text columns is part of the key")
    func textBorders() throws {
        let pairs: [([UInt8], [UInt8])] = [
            ([97], [98, 99]), ([97, 98], [99]), ([], [97, 98, 99]), ([97, 98, 99], []), ([], []), ([0], []), ([], [0]),
            ([0, 0], []), ([0, 255], []), ([0], [255]), ([], [0, 255]), ([97, 0], [98]), ([97], [0, 98]),
        ]
        let keys = try keys([.binary, .binary]) { batch in
            for (left, right) in pairs {
                batch.columns[0].append(bytes: left)
                batch.columns[1].append(bytes: right)
            }
        }
        #expect(Set((0..<keys.count).map { Array(keys[$0]) }).count == pairs.count)
    }

    @Test("both zeros are one key, and so are all NaN")
    func floatSpecials() throws {
        let doubles = try keys([.double]) { batch in
            for value in [0.0, -0.0, .nan, -.nan, .signalingNaN, .infinity] { batch.columns[0].append(double: value) }
        }
        let floats = try keys([.float]) { batch in
            for value: Float in [0.0, -0.0, .nan, -.nan, .signalingNaN, .infinity] {
                batch.columns[0].append(float: value)
            }
        }
        for keys in [doubles, floats] {
            #expect(keys.isEqual(0, 1))
            #expect(keys.isEqual(2, 3) && keys.isEqual(2, 4))
            #expect(!keys.isEqual(0, 2) && !keys.isEqual(2, 5))
        }
    }

    @Test("the bytes of a key sort as its values do")
    func order() throws {
        let batches = [
            try keys([.int]) { batch in
                for value: Int32 in [.min, -1, 0, 1, .max] { batch.columns[0].append(int32: value) }
            },
            try keys([.timestamptz]) { batch in
                for value: Int64 in [.min, -1, 0, 1, .max] { batch.columns[0].append(int64: value) }
            },
            try keys([.decimal(precision: 38, scale: 2)]) { batch in
                for value: Int128 in [.min, -1, 0, 1, .max] { batch.columns[0].append(int128: value) }
            },
            try keys([.uuid]) { batch in
                for value: Int128 in [0, 1, .max, .min, -1] { batch.columns[0].append(int128: value) }
            },
            try keys([.double]) { batch in
                for value in [-.infinity, -1.5, 0, 1e-300, 2, .infinity, .nan] {
                    batch.columns[0].append(double: value)
                }
            },
            try keys([.string, .boolean]) { batch in
                for (text, flag) in [("", false), ("", true), ("a", false), ("a\0", false), ("ab", false), ("b", true)]
                {
                    batch.columns[0].append(string: text)
                    batch.columns[1].append(bool: flag)
                }
            },
        ]
        for keys in batches {
            for row in 1..<keys.count { #expect(keys.compare(row - 1, row) < 0, "row \(row)") }
        }
    }

    @Test("keys have a known form, which indexes on disk hold")
    func form() throws {
        let keys = try keys([.int, .string, .boolean]) { batch in
            batch.columns[0].append(int32: 258)
            batch.columns[1].append(string: "a\0b")
            batch.columns[2].append(bool: true)
        }
        #expect(Array(keys[0]) == [0x80, 0, 1, 2, 97, 0, 255, 98, 0, 0, 1])
    }

    @Test("long keys keep their beginning and differ by their hash")
    func longKeysDiffer() throws {
        let start = String(repeating: "x", count: 600)
        let keys = try textKeys([start + "a", start + "b", start + "a", String(start.prefix(508)), "short"])
        #expect(keys[0].count == 511 && keys[1].count == 511)
        #expect(keys.isHashed(0) && keys.isHashed(1))
        #expect(!keys.isEqual(0, 1))
        #expect(keys.isEqual(0, 2))
        #expect(keys[3].count == 510 && !keys.isHashed(3))
        #expect(!keys.isHashed(4))
        #expect(keys[0].prefix(495) == ArraySlice(start.utf8.prefix(495)))
    }

    @Test("the hash is SipHash-2-4-128")
    func hashVectors() {
        let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)
        let expected: [([UInt8], [UInt8])] = [
            ([], [0xA3, 0x81, 0x7F, 0x04, 0xBA, 0x25, 0xA8, 0xE6, 0x6D, 0xF6, 0x72, 0x14, 0xC7, 0x55, 0x02, 0x93]),
            ([0], [0xDA, 0x87, 0xC1, 0xD8, 0x6B, 0x99, 0xAF, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9B, 0x22, 0xFC, 0x45]),
            (
                Array(0...8),
                [0x26, 0x44, 0x99, 0x06, 0x0A, 0xD9, 0xBA, 0xAB, 0xC4, 0x7F, 0x8B, 0x02, 0xBB, 0x6D, 0x71, 0xED]
            ),
        ]
        for (bytes, hash) in expected { #expect(SipHash.hash128(bytes[...], key: key) == hash) }
    }

    @Test("chosen rows are encoded in the order asked for")
    func chosenRows() throws {
        let schema = Schema(fields: [Field(id: 1, name: "k", type: .long), Field(id: 2, name: "v", type: .string)])
        var batch = ColumnBatch(schema: schema)
        for number in 0..<4 {
            batch.columns[0].append(int64: Int64(number))
            batch.columns[1].appendNull()
        }
        let encoder = try KeyEncoder(schema: schema, key: [0])
        let expected = try longKeys([3, 1])
        #expect(try encoder.encode(batch, rows: [3, 1]) == expected)
        #expect(try encoder.encode(batch, rows: []).count == 0)
    }

    @Test("a null in a chosen row's key is refused, and names the column alone")
    func nullKey() throws {
        let schema = Schema(fields: [Field(id: 1, name: "code", type: .long)])
        var batch = ColumnBatch(schema: schema)
        batch.columns[0].append(int64: 41)
        batch.columns[0].appendNull()
        let encoder = try KeyEncoder(schema: schema, key: [0])
        #expect(try encoder.encode(batch, rows: [0]).count == 1)
        let refusal = error { _ = try encoder.encode(batch) }
        #expect(refusal?.code == .valueUnrepresentable)
        #expect(refusal?.detail.first?.value == "code")
    }

    @Test("a key of nested values is refused")
    func nestedKey() {
        let list = ColumnType.list(Field(id: 2, name: "element", type: .int))
        let schema = Schema(fields: [Field(id: 1, name: "tags", type: list)])
        #expect(error { _ = try KeyEncoder(schema: schema, key: [0]) }?.code == .unsupported)
    }

    @Test("rows are ordered by key, equal keys by row, whatever the keys share", arguments: 0..<20 as Range<UInt64>)
    func sorting(seed: UInt64) throws {
        let entropy = SeededEntropy(seed: seed)
        let shared = String(repeating: "p", count: Int(entropy.next() % 12))
        let texts = (0..<Int(entropy.next() % 400)).map { _ in
            shared + String(repeating: "q", count: Int(entropy.next() % 10)) + String(entropy.next() % 50, radix: 2)
        }
        let keys = try textKeys(texts)
        let expected = texts.indices.sorted { left, right in
            let a = Array(texts[left].utf8)
            let b = Array(texts[right].utf8)
            return a == b ? left < right : a.lexicographicallyPrecedes(b)
        }
        #expect(keys.sortedRows() == expected)
    }
}
