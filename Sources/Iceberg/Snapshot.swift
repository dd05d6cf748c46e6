package import Base

/// One state of a table's files, as table metadata names it.
package struct Snapshot: Sendable, Equatable {
    package var id: Int64
    package var parentID: Int64?
    /// 0 for snapshots of v1 tables.
    package var sequenceNumber: Int64
    package var timestampMilliseconds: Int64
    /// The URI of the manifest list; nil for the oldest v1 snapshots, which list their manifests in place.
    package var manifestList: String?
    /// In the order they are written; `operation` is among them.
    package var summary: [SummaryEntry]
    package var schemaID: Int?

    package struct SummaryEntry: Sendable, Hashable {
        package var key: String
        package var value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    package init(
        id: Int64,
        parentID: Int64?,
        sequenceNumber: Int64,
        timestampMilliseconds: Int64,
        manifestList: String,
        summary: [SummaryEntry],
        schemaID: Int?
    ) {
        self.id = id
        self.parentID = parentID
        self.sequenceNumber = sequenceNumber
        self.timestampMilliseconds = timestampMilliseconds
        self.manifestList = manifestList
        self.summary = summary
        self.schemaID = schemaID
    }

    /// Nil where id or time are missing.
    package init?(_ json: JSONValue) {
        guard let id = json["snapshot-id"]?.integer, let timestamp = json["timestamp-ms"]?.integer else { return nil }
        self.id = id
        parentID = json["parent-snapshot-id"]?.integer
        sequenceNumber = json["sequence-number"]?.integer ?? 0
        timestampMilliseconds = timestamp
        manifestList = json["manifest-list"]?.string
        summary =
            json["summary"]?.object?.members.compactMap { member in
                member.value.string.map { SummaryEntry(member.key, $0) }
            } ?? []
        schemaID = json["schema-id"]?.integer.map(Int.init)
    }

    package subscript(summary key: String) -> String? { summary.first { $0.key == key }?.value }

    package var json: JSONValue {
        var object: JSONObject = ["sequence-number": .integer(sequenceNumber), "snapshot-id": .integer(id)]
        if let parentID { object.append("parent-snapshot-id", .integer(parentID)) }
        object.append("timestamp-ms", .integer(timestampMilliseconds))
        var members = JSONObject()
        for entry in summary { members.append(entry.key, .string(entry.value)) }
        object.append("summary", .object(members))
        if let manifestList { object.append("manifest-list", .string(manifestList)) }
        if let schemaID { object.append("schema-id", .integer(Int64(schemaID))) }
        return .object(object)
    }
}
