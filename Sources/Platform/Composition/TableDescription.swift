package import Base
internal import Columns
internal import Iceberg
package import Lake
internal import Settings

/// What `tarn describe` shows of a table.
package struct TableDescription: Sendable {
    private let snapshot: TableSnapshot
    private let listing: TableListing

    package static func make(
        of text: String,
        in lake: Lake,
        at reference: VersionReference = .newest
    ) async throws(TarnError) -> TableDescription {
        let state = try await lake.state(at: reference)
        let name = try Self.name(text, in: state)
        guard let table = state.tables[name] else { throw Self.missing(text, in: state) }
        let snapshot = try await lake.reader.snapshot(name, table)
        return TableDescription(snapshot: snapshot, listing: TableListing(snapshot))
    }

    /// The table that a person means; a namespace may be left out where one table alone has the name.
    static func name(_ text: String, in state: LakeState) throws(TarnError) -> TableName {
        if let name = TableName(text), state.tables[name] != nil { return name }
        let matches = state.tables.keys.filter { $0.name == text }
        guard matches.count == 1, let name = matches.first else { throw missing(text, in: state) }
        return name
    }

    private static func missing(_ text: String, in state: LakeState) -> TarnError {
        let nearest = Spelling.nearest(to: text, in: state.tables.keys.map(\.description))
        return TarnError(
            .tableMissing,
            "The lake has no such table.",
            detail: ["table": text],
            remedy: (nearest.map { "Did you mean `\($0)`? " } ?? "") + ErrorCode.tableMissing.remedy
        )
    }

    private var fields: [Field] { snapshot.schema.fields }
    private var key: [Int] { snapshot.schema.identifierFieldIDs }

    private var partitions: [String] { snapshot.metadata.defaultSpec.terms(in: snapshot.schema).map(\.text) }

    package var text: String {
        let metadata = snapshot.metadata
        var facts = [
            ("table", listing.name.description), ("owner", listing.owner),
            ("format", "Iceberg v\(metadata.formatVersion)"),
            ("rows", listing.rows.map { Quantity.text(count: $0) } ?? "not known without reading"),
            ("files", "\(listing.files), \(Quantity.text(bytes: listing.bytes))"),
            ("metadata", snapshot.state.metadata), ("snapshot", snapshot.state.snapshotID.map { String($0) } ?? "none"),
        ]
        if !partitions.isEmpty { facts.append(("partitions", partitions.joined(separator: ", "))) }
        facts += metadata.properties.map { ($0.key, $0.value) }
        let width = facts.map(\.0.count).max() ?? 0
        let lines = facts.map { "\($0.0)\(String(repeating: " ", count: width - $0.0.count))  \($0.1)\n" }
        var table = TextTable([("id", .right), ("column", .left), ("type", .left), ("about", .left)])
        for field in fields {
            let mark = key.contains(field.id) ? "key" : (field.isRequired ? "required" : nil)
            let about = [mark, field.documentation].compactMap { $0 }.joined(separator: ", ")
            table.add([String(field.id), field.name, field.type.sql, about])
        }
        return lines.joined() + "\n" + table.text
    }

    package var json: JSONValue {
        var object = listing.json.object ?? [:]
        object["format_version"] = .integer(Int64(snapshot.metadata.formatVersion))
        object["metadata"] = .string(snapshot.state.metadata)
        object["snapshot_id"] = snapshot.state.snapshotID.map { .integer($0) } ?? .null
        object["columns"] = .array(
            fields.map { field in
                [
                    "id": .integer(Int64(field.id)), "name": .string(field.name), "type": .string(field.type.sql),
                    "required": .bool(field.isRequired), "key": .bool(key.contains(field.id)),
                ]
            }
        )
        object["partitions"] = .array(partitions.map { .string($0) })
        var properties = JSONObject()
        for property in snapshot.metadata.properties { properties[property.key] = .string(property.value) }
        object["properties"] = .object(properties)
        return .object(object)
    }
}
