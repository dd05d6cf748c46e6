import Base
import Testing

@testable import Iceberg

@Suite struct AvroTests {
    private func type(_ json: JSONValue) throws -> AvroType { try AvroSchemaParser.parse(json) }

    @Test("numbers of every size survive", arguments: [0, -1, 1, 63, -64, 64, 300, Int64.max, Int64.min])
    func longs(value: Int64) throws {
        var encoder = AvroEncoder()
        encoder.long(value)
        var decoder = AvroDecoder(encoder.bytes)
        #expect(try decoder.long() == value)
        #expect(decoder.isAtEnd)
    }

    @Test("a foreign writer's schema is decoded: every type, blocks with sizes, names used again")
    func foreignSchema() throws {
        let schema: JSONValue = [
            "type": "record", "name": "outer", "namespace": "a.b",
            "fields": [
                ["name": "flag", "type": "boolean", "field-id": 1],
                ["name": "ratio", "type": "float"], ["name": "exact", "type": ["type": "double"]],
                ["name": "hash", "type": ["type": "fixed", "name": "h", "size": 2], "field-id": 4],
                ["name": "hash2", "type": ["null", "a.b.h"], "field-id": 5],
                ["name": "kind", "type": ["type": "enum", "name": "k", "symbols": ["x", "y"]]],
                ["name": "tags", "type": ["type": "array", "items": "string"]],
                ["name": "numbers", "type": ["type": "map", "values": "long"]],
            ],
        ]
        guard case .record(let record) = try type(schema) else { throw AvroDecoder.malformed("test") }
        var encoder = AvroEncoder()
        encoder.boolean(true)
        encoder.raw([0, 0, 0x80, 0x3F])
        encoder.raw([0, 0, 0, 0, 0, 0, 0, 0x40])
        encoder.raw([7, 8])
        encoder.int(1)
        encoder.raw([9, 10])
        encoder.int(1)
        encoder.long(-2)
        encoder.long(4)
        encoder.string("a")
        encoder.string("b")
        encoder.long(1)
        encoder.string("c")
        encoder.long(0)
        encoder.long(-1)
        encoder.long(3)
        encoder.string("k")
        encoder.long(-5)
        encoder.long(0)
        var decoder = AvroDecoder(encoder.bytes)
        let value = try decoder.record(record)
        #expect(decoder.isAtEnd)
        #expect(try value.boolean(1, "renamed") == true)
        #expect(try value.bytes(4, "hash") == [7, 8])
        #expect(try value.bytes(5, "hash2") == [9, 10])
        #expect(try value.integer(-1, "kind") == 1)
        #expect(try value.array(-1, "tags").count == 3)
        guard case .map(let numbers) = value[-1, "numbers"], case .integer(-5)? = numbers["k"] else {
            Issue.record("the map is wrong")
            return
        }
        #expect(try value.integer(99, "hash") == nil, "a field with another id must not be found by name")
    }

    @Test("a block that claims more items than there are bytes is refused before memory is taken")
    func absurdCounts() throws {
        for schema in [["type": "array", "items": "null"], ["type": "map", "values": "null"]] as [JSONValue] {
            var encoder = AvroEncoder()
            encoder.long(1 << 40)
            encoder.raw([0, 0, 0])
            var decoder = AvroDecoder(encoder.bytes)
            let kind = try type(schema)
            #expect(throws: TarnError.self) { try decoder.value(kind) }
        }
    }

    @Test("a schema that doubles with each level is refused by the number of values")
    func exponentialSchema() throws {
        var schema: JSONValue = ["type": "record", "name": "r0", "fields": []]
        for level in 1..<50 {
            let again: JSONValue = .string("r\(level - 1)")
            schema = [
                "type": "record", "name": .string("r\(level)"),
                "fields": [["name": "a", "type": schema], ["name": "b", "type": again]],
            ]
        }
        let kind = try type(schema)
        var decoder = AvroDecoder([])
        #expect(throws: TarnError.self) { try decoder.value(kind) }
    }

    @Test("deflate unpacks what it packed, and no more than the limit", arguments: [0, 1, 5000, 300_000])
    func deflate(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }
        let packed = Deflate.pack(bytes)
        #expect(try Deflate.unpack(packed[...], bytesMax: max(packed.count, count)) == bytes)
        guard count > 5000 else { return }
        #expect(throws: TarnError.self) { try Deflate.unpack(packed[...], bytesMax: count - 1) }
    }

    @Test("an unknown codec is refused by name")
    func codec() {
        var encoder = AvroEncoder()
        encoder.raw(AvroFile.magic)
        encoder.array([("avro.codec", "zstandard"), ("avro.schema", "\"int\"")]) {
            $0.string($1.0)
            $0.string($1.1)
        }
        encoder.raw([UInt8](repeating: 0, count: 16))
        let error = #expect(throws: TarnError.self) { try AvroFile.decode(encoder.bytes, subject: "m") }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("zstandard") == true)
    }
}
