import Base
import Columns
import Iceberg
import ObjectStore

/// A table's share of a commit, with all files but the log record written.
struct PlannedTable: Sendable {
    /// The state it was planned on; nil for a new table.
    let base: TableState?
    let state: TableState?
    /// The table of a branch that it publishes.
    var published: BranchTable?
}

/// Turns table updates into metadata files. Everything it writes is unreferenced until the log record names it.
struct TablePlanner: Sendable {
    let reader: TableReader
    let time: any TimeSource
    let entropy: any Entropy

    func plan(_ update: TableUpdate, _ name: TableName, on current: TableState?) async throws(TarnError) -> PlannedTable
    {
        switch update {
        case .create(let table): try await create(table, name, on: current)
        case .change(let change, let base): try await apply(change, base: base, name, on: current)
        case .register(let metadata): try await register(metadata, name, on: current)
        case .drop(let uuid): try drop(uuid, name, on: current)
        case .restore(let restoration): try await restore(restoration, name, on: current)
        }
    }

    private func create(
        _ table: NewTable,
        _ name: TableName,
        on current: TableState?
    ) async throws(TarnError)
        -> PlannedTable
    {
        guard current == nil else { throw Self.exists(name) }
        let location = reader.resolver.store.uri(table.folder.key)
        var metadata = TableMetadata.create(
            uuid: entropy.uuid(),
            location: location,
            schema: table.schema,
            properties: table.properties,
            now: time.now()
        )
        metadata.setSpec(try PartitionSpec(table.partition, of: table.schema))
        if let change = table.change {
            metadata = try await build(change, base: metadata, manifests: [], folder: table.folder)
        }
        let key = try await write(metadata, folder: table.folder, sequence: 0, replacing: nil)
        return PlannedTable(base: nil, state: Self.state(metadata, key: key, owner: table.owner))
    }

    private func apply(
        _ change: TableChange,
        base: TableState,
        _ name: TableName,
        on current: TableState?
    )
        async throws(TarnError) -> PlannedTable
    {
        guard let current, current.uuid == base.uuid else { throw Self.moved(name) }
        guard current.snapshotID == base.snapshotID && current.metadata == base.metadata || change.isCommuting else {
            throw Self.moved(name)
        }
        guard let folder = TableFolder(metadata: current.metadata, resolver: reader.resolver) else {
            throw TarnError(
                .unsupported,
                "A table outside the warehouse cannot be written.",
                detail: ["table": name.description]
            )
        }
        var metadata = try await reader.metadata(current)
        let manifests = try await reader.manifests(metadata, current)
        let previous = metadata
        metadata = try await build(change, base: metadata, manifests: manifests, folder: folder)
        let state = try await replace(previous, current, by: metadata, folder: folder, owner: current.owner)
        return PlannedTable(base: current, state: state)
    }

    /// Writes the metadata that comes after `state`'s.
    func replace(
        _ previous: TableMetadata,
        _ state: TableState,
        by next: TableMetadata,
        folder: TableFolder,
        owner: TableOwner
    ) async throws(TarnError) -> TableState {
        var next = next
        next.addMetadataLog(
            previousLocation: reader.resolver.store.uri(state.metadata),
            timestamp: Timestamp(microseconds: previous.lastUpdatedMilliseconds * 1000)
        )
        let sequence = Int(state.metadata.split(separator: "/").last?.prefix(5) ?? "") ?? 0
        let key = try await write(next, folder: folder, sequence: sequence + 1, replacing: state.metadata)
        return Self.state(next, key: key, owner: owner)
    }

    private func register(
        _ uri: String,
        _ name: TableName,
        on current: TableState?
    ) async throws(TarnError)
        -> PlannedTable
    {
        guard current == nil else { throw Self.exists(name) }
        let key = reader.resolver.key(of: uri) ?? uri
        let state = Self.state(try await reader.metadata(uri: key), key: key, owner: .open)
        try await reader.requireReadable(name, state)
        return PlannedTable(base: nil, state: state)
    }

    private func drop(_ uuid: String, _ name: TableName, on current: TableState?) throws(TarnError) -> PlannedTable {
        guard let current, current.uuid == uuid else { throw Self.moved(name) }
        return PlannedTable(base: current, state: nil)
    }

    private func build(
        _ change: TableChange,
        base: TableMetadata,
        manifests: [ManifestFile],
        folder: TableFolder
    ) async throws(TarnError) -> TableMetadata {
        let identity = CommitIdentity(
            snapshotID: entropy.positiveIdentifier(),
            now: time.now(),
            metadataFolder: reader.resolver.store.uri(folder.key) + "/metadata",
            name: entropy.uuid()
        )
        let reader = reader
        let location = reader.location(base, folder: folder)
        let built = try await SnapshotBuilder.build(
            base: base,
            baseManifests: manifests,
            change: change,
            identity: identity,
            readManifest: { (manifest: ManifestFile) async throws(TarnError) -> [ManifestEntry] in
                try await reader.entries(manifest, location: location)
            }
        )
        for object in built.objects {
            guard let key = reader.resolver.key(of: object.path) else { continue }
            try await reader.resolver.store.put(key, object.bytes)
        }
        return built.metadata
    }

    private func write(
        _ metadata: TableMetadata,
        folder: TableFolder,
        sequence: Int,
        replacing former: String?
    ) async throws(TarnError) -> String {
        let key = "\(folder.key)/metadata/\(padded(Int64(sequence), 5))-\(entropy.uuid()).metadata.json"
        let bytes = metadata.serialized()
        try await reader.resolver.store.put(key, bytes, condition: .ifAbsent)
        reader.remember(metadata, byteCount: bytes.count, key: key, replacing: former)
        return key
    }

    private static func state(_ metadata: TableMetadata, key: String, owner: TableOwner) -> TableState {
        TableState(
            uuid: metadata.tableUUID,
            metadata: key,
            owner: owner,
            snapshotID: metadata.currentSnapshotID
        )
    }

    private static func exists(_ name: TableName) -> TarnError {
        TarnError(.tableExists, "A table of this name exists already.", detail: ["table": name.description])
    }

    static func moved(_ name: TableName) -> TarnError {
        TarnError(
            .commitConflict,
            "Another commit changed the table meanwhile.",
            detail: ["table": name.description]
        )
    }
}

extension TableFolder {
    /// The folder of the table whose metadata file this is; nil outside the warehouse.
    package init?(_ state: TableState) {
        let parts = state.metadata.split(separator: "/")
        guard parts.count >= 3, !state.metadata.contains(":"), !state.metadata.hasPrefix("/") else { return nil }
        self.init(key: parts.dropLast(2).joined(separator: "/"))
    }

    init?(metadata: String, resolver: ObjectResolver) {
        guard let key = resolver.key(of: metadata) else { return nil }
        let parts = key.split(separator: "/")
        guard parts.count >= 3 else { return nil }
        self.init(key: parts.dropLast(2).joined(separator: "/"))
    }
}
