import Base
import Columns
import Iceberg
import Testing

@Suite struct TableMetadataTests {
    private let now = Timestamp(microseconds: 1_700_000_000_000_000)

    private let schema = Schema(
        fields: [
            Field(id: 1, name: "id", type: .long, isRequired: true, documentation: "the key"),
            Field(id: 2, name: "price", type: .decimal(precision: 12, scale: 2)),
            Field(id: 3, name: "hash", type: .fixed(16)),
            Field(
                id: 4,
                name: "tags",
                type: .list(Field(id: 5, name: "element", type: .string, isRequired: true))
            ),
            Field(
                id: 6,
                name: "labels",
                type: .map(
                    key: Field(id: 7, name: "key", type: .string, isRequired: true),
                    value: Field(id: 8, name: "value", type: .structure([Field(id: 9, name: "at", type: .timestamptz)]))
                )
            ),
        ],
        identifierFieldIDs: [1]
    )

    private func table() -> TableMetadata {
        .create(
            uuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1",
            location: "file:///lake/t",
            schema: schema,
            properties: [.init("a", "1")],
            now: now
        )
    }

    private func snapshot(_ id: Int64, parent: Int64? = nil) -> Snapshot {
        Snapshot(
            id: id,
            parentID: parent,
            sequenceNumber: id,
            timestampMilliseconds: now.milliseconds + id,
            manifestList: "file:///lake/t/metadata/snap-\(id).avro",
            summary: [.init("operation", "append")],
            schemaID: 0
        )
    }

    @Test("a column with a default for older rows is refused, and one for newer rows alone is not")
    func defaults() throws {
        func decode(_ member: String) throws -> Schema {
            let field = "{\"id\":1,\"name\":\"a\",\"required\":false,\"type\":\"int\",\(member)}"
            let text = "{\"type\":\"struct\",\"schema-id\":0,\"fields\":[\(field)]}"
            return try SchemaCodec.decode(try JSONParser.parse(Array(text.utf8), subject: "test"))
        }
        let refused = #expect(throws: TarnError.self) { try decode("\"initial-default\":7") }
        #expect(refused?.code == .unsupported)
        #expect(try decode("\"initial-default\":null,\"write-default\":7").fields.map(\.name) == ["a"])
    }

    @Test("a new table reads back as it was made")
    func creation() throws {
        let made = table()
        let read = try TableMetadata(parsing: made.serialized())
        #expect(read == made)
        #expect(read.formatVersion == 2)
        #expect(try read.currentSchema == schema)
        #expect(read.currentSnapshot == nil)
        #expect(!read.isPartitioned)
        #expect(read.properties == [.init("a", "1")])
        #expect(read.lastColumnID == 9)
    }

    @Test(
        "every type survives the way through JSON",
        arguments: [
            ColumnType.boolean, .int, .long, .float, .double, .decimal(precision: 38, scale: 0), .date, .time,
            .timestamp,
            .timestamptz, .string, .uuid, .fixed(7), .binary,
        ]
    )
    func types(type: ColumnType) throws {
        let schema = Schema(id: 3, fields: [Field(id: 1, name: "c", type: type)])
        #expect(try SchemaCodec.decode(SchemaCodec.encode(schema)) == schema)
    }

    @Test(
        "a type the lake lacks is refused by name, but the metadata is read",
        arguments: ["variant", "timestamp_ns", "timestamptz_ns", "unknown", "geometry(srid:0)", "decimal(39,0)"]
    )
    func foreignTypes(name: String) throws {
        var raw = table().raw
        raw["schemas"] = [
            [
                "type": "struct", "schema-id": 0,
                "fields": [["id": 1, "name": "c", "required": false, "type": .string(name)]],
            ]
        ]
        let read = try TableMetadata(parsing: JSONValue.object(raw).serialized())
        let error = #expect(throws: TarnError.self) { _ = try read.currentSchema }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("`c`") == true && error?.message.contains(name) == true)
    }

    @Test("members nobody knows come through changes unchanged")
    func unknownMembers() throws {
        var raw = table().raw
        raw["x-future"] = ["deep": [1, "two", .number("3.50")]]
        raw["refs"] = ["main": ["type": "branch", "snapshot-id": 1, "max-ref-age-ms": 5]]
        raw["snapshots"] = [["snapshot-id": 1, "timestamp-ms": 1, "manifest-list": "m", "x-new": true]]
        raw["current-snapshot-id"] = 1
        var read = try TableMetadata(parsing: JSONValue.object(raw).serialized())
        read.add(snapshot(2, parent: 1), now: now)
        read.setProperties([.init("b", "2")])
        read.addMetadataLog(previousLocation: "m1", timestamp: now)
        let again = try TableMetadata(parsing: read.serialized())
        #expect(again.raw["x-future"] == ["deep": [1, "two", .number("3.50")]])
        #expect(again.raw["snapshots"]?.array?.first?["x-new"] == true)
        #expect(again.raw["refs"]?["main"]?["max-ref-age-ms"] == 5)
        #expect(again.currentSnapshotID == 2)
        #expect(again.lastSequenceNumber == 2)
        #expect(again.properties == [.init("a", "1"), .init("b", "2")])
    }

    @Test("a schema equal to an earlier one takes its id, another the next")
    func schemaChange() throws {
        var changed = table()
        var wider = schema
        wider.fields.append(Field(id: 10, name: "note", type: .string))
        #expect(changed.setSchema(wider) == 1)
        #expect(changed.lastColumnID == 10)
        #expect(changed.setSchema(schema) == 0)
        #expect(changed.lastColumnID == 10)
        #expect(try changed.currentSchema == schema)
        #expect(try changed.schemas.count == 2)
    }

    @Test("old snapshots are forgotten, but not those that a tag names")
    func expiry() throws {
        var changed = table()
        changed.add(snapshot(1), now: now)
        var references = changed.raw["refs"]?.object ?? [:]
        references["keep"] = ["type": "tag", "snapshot-id": 1]
        var raw = changed.raw
        raw["refs"] = .object(references)
        changed = try TableMetadata(raw)
        for id in Int64(2)...30 { changed.add(snapshot(id, parent: id - 1), now: now, snapshotsMax: 5) }
        #expect(changed.snapshots.map(\.id) == [1, 27, 28, 29, 30])
        #expect(changed.raw["snapshot-log"]?.array?.compactMap { $0["snapshot-id"]?.integer } == [27, 28, 29, 30])
        #expect(changed.refs.map(\.name) == ["main", "keep"])
        for step in 0..<50 { changed.addMetadataLog(previousLocation: "m\(step)", timestamp: now, max: 3) }
        #expect(changed.raw["metadata-log"]?.array?.map { $0["metadata-file"]?.string } == ["m47", "m48", "m49"])
    }

    @Test(
        "metadata without a required member is refused",
        arguments: [
            "format-version", "table-uuid", "location", "last-sequence-number", "last-updated-ms", "last-column-id",
            "schemas", "current-schema-id", "partition-specs", "default-spec-id", "sort-orders",
            "default-sort-order-id",
        ]
    )
    func requiredMembers(key: String) throws {
        var raw = table().raw
        raw[key] = nil
        let error = #expect(throws: TarnError.self) { try TableMetadata(raw) }
        #expect(error?.code == .corruptData)
    }

    @Test("version 1 with a single schema is read, version 4 is not")
    func versions() throws {
        let old: JSONObject = [
            "format-version": 1, "location": "l", "last-updated-ms": 5, "last-column-id": 1, "current-snapshot-id": -1,
            "schema": ["type": "struct", "fields": [["id": 1, "name": "c", "required": true, "type": "int"]]],
            "partition-spec": [["name": "c", "transform": "identity", "source-id": 1, "field-id": 1000]],
        ]
        let read = try TableMetadata(old)
        #expect(try read.currentSchema.fields.map(\.name) == ["c"])
        #expect(read.isPartitioned)
        #expect(read.currentSnapshot == nil)
        var new = table().raw
        new["format-version"] = 4
        #expect(throws: TarnError.self) { try TableMetadata(new) }
    }

    @Test("damaged metadata is refused and never traps")
    func damage() {
        let bytes = table().serialized()
        for end in 0..<bytes.count {
            #expect(throws: TarnError.self) { try TableMetadata(parsing: Array(bytes[..<end])) }
        }
        let entropy = SeededEntropy(seed: 7)
        for _ in 0..<1000 {
            var damaged = bytes
            damaged[Int(entropy.next() % UInt64(bytes.count))] ^= UInt8(1 << (entropy.next() % 8))
            guard let read = try? TableMetadata(parsing: damaged) else { continue }
            _ = try? read.currentSchema
            var changed = read
            changed.setSchema(schema)
            changed.add(snapshot(1), now: now)
        }
    }
}
