package import Base
package import Columns

extension TableMetadata {
    /// How many snapshots a table's metadata keeps by default; older versions live in older metadata files.
    package static let snapshotsMaxDefault = 20
    /// How many earlier metadata files are named by default.
    package static let metadataLogMaxDefault = 20

    /// Makes `schema` the current one, under its old id where an equal one is known, else under the next id.
    ///
    /// - Returns: the id. `schema.id` is ignored.
    @discardableResult
    package mutating func setSchema(_ schema: Schema) -> Int {
        let known = schemaDocuments
        let equal = known.first { json in
            guard let old = try? SchemaCodec.decode(json) else { return false }
            return old.fields == schema.fields && old.identifierFieldIDs == schema.identifierFieldIDs
        }
        if let equal {
            let id = equal["schema-id"]?.integer ?? 0
            raw["current-schema-id"] = .integer(id)
            return Int(id)
        }
        var next = schema
        next.id =
            (known.compactMap { $0["schema-id"]?.integer.flatMap { Int32(exactly: $0) }.map(Int.init) }.max() ?? -1) + 1
        raw["schemas"] = .array(known + [SchemaCodec.encode(next)])
        raw["current-schema-id"] = .integer(Int64(next.id))
        raw["last-column-id"] = .integer(Int64(max(lastColumnID, schema.lastColumnID)))
        return next.id
    }

    /// Makes `spec` the one by which new files are divided: under its old id where an equal one is known, in place of
    /// the only one where the table never had files, else under the next id. Its fields keep the ids of equal ones.
    ///
    /// - Returns: the spec with its ids. Those of the argument are ignored.
    @discardableResult
    package mutating func setSpec(_ spec: PartitionSpec) -> PartitionSpec {
        let known = partitionSpecs
        var last = Int(integer("last-partition-id") ?? Int64(PartitionSpec.firstFieldID - 1))
        var next = PartitionSpec(fields: [])
        for field in spec.fields {
            let equal = known.lazy.flatMap(\.fields).first { $0.isSame(as: field) }
            last = equal == nil ? last + 1 : last
            var copy = field
            copy.fieldID = equal?.fieldID ?? last
            next.fields.append(copy)
        }
        if let equal = known.first(where: { $0.fields == next.fields }) {
            raw["default-spec-id"] = .integer(Int64(equal.id))
            return equal
        }
        let isFirst = known.count == 1 && !known[0].isPartitioned && snapshots.isEmpty
        next.id = isFirst ? known[0].id : (known.map(\.id).max() ?? -1) + 1
        let others = isFirst ? [] : raw["partition-specs"]?.array ?? []
        raw["partition-specs"] = .array(others + [next.json])
        raw["default-spec-id"] = .integer(Int64(next.id))
        raw["last-partition-id"] = .integer(Int64(last))
        return next
    }

    /// Sets each property; others stay.
    package mutating func setProperties(_ properties: [Property]) {
        guard !properties.isEmpty else { return }
        var members = raw["properties"]?.object ?? JSONObject()
        for property in properties { members[property.key] = .string(property.value) }
        raw["properties"] = .object(members)
    }

    /// Moves `main` to a new snapshot and forgets the oldest ones beyond `snapshotsMax`.
    ///
    /// Snapshots that another branch or a tag names stay, whatever their number.
    package mutating func add(_ snapshot: Snapshot, now: Timestamp, snapshotsMax: Int = snapshotsMaxDefault) {
        raw["snapshots"] = .array((raw["snapshots"]?.array ?? []) + [snapshot.json])
        raw["last-sequence-number"] = .integer(max(lastSequenceNumber, snapshot.sequenceNumber))
        touch(now)
        show(snapshot.id, at: snapshot.timestampMilliseconds)
        forgetSnapshots(max: max(1, snapshotsMax))
    }

    /// Makes the current snapshot, schema, spec, order and properties of an older state of the same table current
    /// again.
    ///
    /// What was given out since stays given out: sequence numbers, ids of columns, schemas and specs.
    /// - Throws: `data.corrupt` where the older state has a schema or spec that this one does not know as the same.
    package mutating func restore(_ older: TableMetadata, now: Timestamp) throws(TarnError) {
        let (specID, specs) = (older.defaultSpecID, older.partitionSpecs)
        let isSameSpec =
            partitionSpecs.first { $0.id == specID }?.fields == specs.first { $0.id == specID }?.fields
        // The spec of a table without files may have made way for another under its id.
        guard schemaDocument(id: older.currentSchemaID) == older.schemaDocument(id: older.currentSchemaID),
            isSameSpec || older.snapshots.isEmpty
        else { throw Self.malformed("its history parts before the state that is to be restored") }
        for key in ["current-schema-id", "default-sort-order-id", "properties"] { raw[key] = older.raw[key] }
        if isSameSpec { raw["default-spec-id"] = older.raw["default-spec-id"] } else { setSpec(older.defaultSpec) }
        touch(now)
        guard let id = older.currentSnapshotID else {
            var references = raw["refs"]?.object ?? JSONObject()
            references["main"] = nil
            raw["refs"] = .object(references)
            raw["current-snapshot-id"] = nil
            raw["snapshot-log"] = []
            return
        }
        if snapshot(id: id) == nil {
            let document = older.raw["snapshots"]?.array?.first { $0["snapshot-id"]?.integer == id }
            raw["snapshots"] = .array((raw["snapshots"]?.array ?? []) + (document.map { [$0] } ?? []))
        }
        show(id, at: lastUpdatedMilliseconds)
    }

    /// Makes a listed snapshot the one that `main` names.
    private mutating func show(_ id: Int64, at milliseconds: Int64) {
        raw["current-snapshot-id"] = .integer(id)
        var references = raw["refs"]?.object ?? JSONObject()
        var main = references["main"]?.object ?? ["type": "branch"]
        main["snapshot-id"] = .integer(id)
        references["main"] = .object(main)
        raw["refs"] = .object(references)
        let step: JSONValue = ["timestamp-ms": .integer(milliseconds), "snapshot-id": .integer(id)]
        raw["snapshot-log"] = .array((raw["snapshot-log"]?.array ?? []) + [step])
    }

    /// Notes where the metadata that this one replaces lies.
    package mutating func addMetadataLog(
        previousLocation: String,
        timestamp: Timestamp,
        max entriesMax: Int = metadataLogMaxDefault
    ) {
        let entry: JSONValue = [
            "timestamp-ms": .integer(timestamp.milliseconds), "metadata-file": .string(previousLocation),
        ]
        let log = (raw["metadata-log"]?.array ?? []) + [entry]
        raw["metadata-log"] = .array(Array(log.suffix(max(0, entriesMax))))
    }

    /// Moves the time of the last change forward; it never goes back.
    package mutating func touch(_ now: Timestamp) {
        raw["last-updated-ms"] = .integer(max(lastUpdatedMilliseconds, now.milliseconds))
    }

    private mutating func forgetSnapshots(max snapshotsMax: Int) {
        let documents = raw["snapshots"]?.array ?? []
        guard documents.count > snapshotsMax else { return }
        var surplus = documents.count - snapshotsMax
        let named = Set(refs.map(\.snapshotID))
        let kept = documents.filter { json in
            guard surplus > 0, let id = json["snapshot-id"]?.integer, !named.contains(id) else { return true }
            surplus -= 1
            return false
        }
        raw["snapshots"] = .array(kept)
        let live = Set(kept.compactMap { $0["snapshot-id"]?.integer })
        trimSnapshotLog(live)
        for key in ["statistics", "partition-statistics"] {
            guard let entries = raw[key]?.array else { continue }
            raw[key] = .array(entries.filter { $0["snapshot-id"]?.integer.map(live.contains) ?? true })
        }
    }

    /// The log must have no gaps: history before a forgotten snapshot goes with it.
    private mutating func trimSnapshotLog(_ live: Set<Int64>) {
        var log: [JSONValue] = []
        for entry in raw["snapshot-log"]?.array ?? [] {
            if let id = entry["snapshot-id"]?.integer, live.contains(id) {
                log.append(entry)
            } else {
                log.removeAll()
            }
        }
        raw["snapshot-log"] = .array(log)
    }
}
