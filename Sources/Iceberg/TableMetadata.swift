package import Base
package import Columns

/// A table's `metadata.json`. The JSON itself is kept as the truth, so that members that Tarn does not know come
/// through a change unchanged; everything typed here is a view of it.
package struct TableMetadata: Sendable, Equatable {
    package internal(set) var raw: JSONObject

    private static let versions: ClosedRange<Int64> = 1...3
    /// Sequence numbers and times beyond this are taken for damage; it keeps arithmetic on them safe.
    private static let numberMax: Int64 = 1 << 60

    /// - Throws: `data.corrupt` where a required member is missing, `data.unsupported` for format versions above 3.
    package init(parsing bytes: [UInt8]) throws(TarnError) {
        let document = try JSONParser.parse(bytes, subject: "table metadata")
        guard let object = document.object else { throw Self.malformed("no object") }
        try self.init(object)
    }

    package init(_ object: JSONObject) throws(TarnError) {
        raw = object
        try validate()
    }

    package func serialized() -> [UInt8] { JSONValue.object(raw).serialized() }

    /// Version 2, unpartitioned, unsorted, without snapshots.
    package static func create(
        uuid: String,
        location: String,
        schema: Schema,
        properties: [Property],
        now: Timestamp
    ) -> TableMetadata {
        var first = schema
        first.id = 0
        var members = JSONObject()
        for property in properties { members[property.key] = .string(property.value) }
        let raw: JSONObject = [
            "format-version": 2, "table-uuid": .string(uuid), "location": .string(location),
            "last-sequence-number": 0, "last-updated-ms": .integer(now.milliseconds),
            "last-column-id": .integer(Int64(schema.lastColumnID)), "current-schema-id": 0,
            "schemas": [SchemaCodec.encode(first)], "default-spec-id": 0,
            "partition-specs": [["spec-id": 0, "fields": []]], "last-partition-id": 999,
            "default-sort-order-id": 0, "sort-orders": [["order-id": 0, "fields": []]],
            "properties": .object(members), "refs": [:], "snapshots": [], "snapshot-log": [], "metadata-log": [],
        ]
        return TableMetadata(trusted: raw)
    }

    private init(trusted raw: JSONObject) { self.raw = raw }

    package struct Property: Sendable, Hashable {
        package var key: String
        package var value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }
}

extension TableMetadata {
    package var formatVersion: Int { Int(integer("format-version") ?? 2) }
    /// Empty only for v1 tables that never got one.
    package var tableUUID: String { raw["table-uuid"]?.string ?? "" }
    package var location: String { raw["location"]?.string ?? "" }
    package var lastSequenceNumber: Int64 { integer("last-sequence-number") ?? 0 }
    package var lastUpdatedMilliseconds: Int64 { integer("last-updated-ms") ?? 0 }
    package var lastColumnID: Int { Int(integer("last-column-id") ?? 0) }
    package var defaultSpecID: Int { Int(integer("default-spec-id") ?? 0) }

    package var currentSchemaID: Int {
        Int(integer("current-schema-id") ?? raw["schema"]?["schema-id"]?.integer ?? 0)
    }

    /// All versions of the columns; every one must be of types the lake has.
    package var schemas: [Schema] {
        get throws(TarnError) {
            var result: [Schema] = []
            for json in schemaDocuments { result.append(try SchemaCodec.decode(json)) }
            return result
        }
    }

    package var currentSchema: Schema {
        get throws(TarnError) {
            guard let schema = try schema(id: currentSchemaID) else {
                throw Self.malformed("its current schema is not among its schemas")
            }
            return schema
        }
    }

    package func schema(id: Int) throws(TarnError) -> Schema? {
        guard let json = schemaDocument(id: id) else { return nil }
        return try SchemaCodec.decode(json)
    }

    package var properties: [Property] {
        raw["properties"]?.object?.members.compactMap { member in
            member.value.string.map { Property(member.key, $0) }
        } ?? []
    }

    package func property(_ key: String) -> String? { raw["properties"]?[key]?.string }

    package var currentSnapshotID: Int64? {
        let id = raw["refs"]?["main"]?["snapshot-id"]?.integer ?? integer("current-snapshot-id")
        return id == -1 ? nil : id
    }

    package var currentSnapshot: Snapshot? { currentSnapshotID.flatMap { snapshot(id: $0) } }

    package var snapshots: [Snapshot] { (raw["snapshots"]?.array ?? []).compactMap(Snapshot.init) }

    package func snapshot(id: Int64) -> Snapshot? {
        (raw["snapshots"]?.array ?? []).first { $0["snapshot-id"]?.integer == id }.flatMap(Snapshot.init)
    }

    /// Branches and tags with the snapshot each names, `main` included, in the order they are written.
    package var refs: [Reference] {
        raw["refs"]?.object?.members.compactMap { member in
            member.value["snapshot-id"]?.integer.map {
                Reference(name: member.key, snapshotID: $0, isTag: member.value["type"]?.string == "tag")
            }
        } ?? []
    }

    package struct Reference: Sendable, Hashable {
        package var name: String
        package var snapshotID: Int64
        package var isTag: Bool
    }

    /// Whether the default spec divides the table; a spec of `void` transforms alone does not.
    package var isPartitioned: Bool { defaultSpec.isPartitioned }

    /// Every way in which the table's files were ever divided.
    package var partitionSpecs: [PartitionSpec] {
        guard let specs = raw["partition-specs"]?.array else {
            return [PartitionSpec(id: 0, members: raw["partition-spec"]?.array ?? [])]
        }
        return specs.compactMap(PartitionSpec.init)
    }

    /// How new files are divided.
    package var defaultSpec: PartitionSpec {
        partitionSpecs.first { $0.id == defaultSpecID } ?? PartitionSpec(id: defaultSpecID, fields: [])
    }

    /// The specs whose values' types are known, by id.
    package var partitionTypes: [Int: PartitionType] {
        get throws(TarnError) {
            let known = try [currentSchema] + schemas.reversed()
            let types = partitionSpecs.compactMap { PartitionType($0, schemas: known) }
            return Dictionary(types.map { ($0.spec.id, $0) }) { first, _ in first }
        }
    }

    func schemaDocument(id: Int) -> JSONValue? {
        schemaDocuments.first { ($0["schema-id"]?.integer ?? 0) == Int64(id) }
    }

    var schemaDocuments: [JSONValue] { raw["schemas"]?.array ?? raw["schema"].map { [$0] } ?? [] }

    func integer(_ key: String) -> Int64? { raw[key]?.integer }
}

extension TableMetadata {
    private func validate() throws(TarnError) {
        guard let version = integer("format-version") else { throw Self.missing("format-version") }
        guard Self.versions.contains(version) else {
            throw TarnError(.unsupported, "Tables of Iceberg format version \(version) are not read by Tarn.")
        }
        guard raw["location"]?.string != nil else { throw Self.missing("location") }
        var required = ["last-updated-ms", "last-column-id"]
        if version >= 2 {
            required += ["last-sequence-number", "current-schema-id", "default-spec-id", "default-sort-order-id"]
            guard raw["table-uuid"]?.string != nil else { throw Self.missing("table-uuid") }
            for key in ["schemas", "partition-specs", "sort-orders"] where raw[key]?.array == nil {
                throw Self.missing(key)
            }
        }
        if version >= 3 { required.append("next-row-id") }
        for key in required {
            guard let value = integer(key) else { throw Self.missing(key) }
            guard (-Self.numberMax...Self.numberMax).contains(value) else {
                throw Self.malformed("`\(key)` is damaged")
            }
        }
        guard schemaDocument(id: currentSchemaID) != nil else {
            throw Self.malformed("its current schema is not among its schemas")
        }
        try validateSnapshots()
    }

    private func validateSnapshots() throws(TarnError) {
        for json in raw["snapshots"]?.array ?? [] where Snapshot(json) == nil {
            throw Self.malformed("a snapshot lacks its id or time")
        }
        guard let id = currentSnapshotID, snapshot(id: id) == nil else { return }
        throw TarnError(
            .corruptData,
            "The table metadata names a current snapshot that it does not list.",
            detail: ["snapshot": String(id)]
        )
    }

    private static func missing(_ key: String) -> TarnError {
        TarnError(.corruptData, "The table metadata has no valid `\(key)`.")
    }

    static func malformed(_ what: String) -> TarnError {
        TarnError(.corruptData, "The table metadata is malformed: \(what).")
    }
}
