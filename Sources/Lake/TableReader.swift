package import Base
import Columns
package import Iceberg
import ObjectStore

/// Reads tables' metadata through the cache.
package struct TableReader: Sendable {
    let resolver: ObjectResolver
    private let cache: FormatCache

    init(store: any ObjectStore) {
        resolver = ObjectResolver(store: store)
        cache = FormatCache()
    }

    package func metadata(_ state: TableState) async throws(TarnError) -> TableMetadata {
        try await metadata(uri: state.metadata)
    }

    /// The table as `state` says, with every live file and its deletes.
    ///
    /// - Parameter predicate: files that cannot hold rows that fulfil it are left out; other rows than these may
    ///   remain.
    package func snapshot(
        _ name: TableName,
        _ state: TableState,
        matching predicate: Predicate = .anything
    ) async throws(TarnError) -> TableSnapshot {
        let metadata = try await metadata(state)
        let manifests = try await manifests(metadata, state)
        let location = TableLocation(metadata: state.metadata, recorded: metadata.location, resolver: resolver)
        let pruning = try predicate == .anything ? nil : Pruning(predicate, partitions: metadata.partitionTypes)
        var files = LiveFiles(location: location, pruning: pruning)
        var pruned = PrunedFiles()
        for manifest in manifests {
            guard pruning?.keeps(manifest) ?? true else {
                pruned.manifests += 1
                pruned.files += manifest.counts?.liveFiles ?? 0
                continue
            }
            for entry in try await entries(manifest, location: location) { try files.add(entry, table: name) }
        }
        pruned.files += Int64(files.prunedCount)
        let schema = try metadata.currentSchema
        let schemas = try metadata.schemas
        try NestedShape.requireClearNames(schema, schemas, table: name)
        return TableSnapshot(
            name: name,
            state: state,
            metadata: metadata,
            schema: schema,
            formerSchemas: schemas,
            manifests: manifests,
            files: files.matched(),
            pruned: pruned
        )
    }

    func metadata(uri: String) async throws(TarnError) -> TableMetadata {
        if case .metadata(let metadata, _) = cache[uri] { return metadata }
        let bytes = try await resolver.get(uri)
        let metadata = try naming(uri) { () throws(TarnError) in try TableMetadata(parsing: bytes) }
        cache.insert(.metadata(metadata, byteCount: bytes.count), for: uri)
        return metadata
    }

    /// Keeps metadata that was just written; those that it takes the place of are hardly asked for again.
    func remember(_ metadata: TableMetadata, byteCount: Int, key: String, replacing former: String?) {
        cache.insert(.metadata(metadata, byteCount: byteCount), for: key)
        if let former { cache.remove(former) }
    }

    func manifests(_ metadata: TableMetadata, _ state: TableState) async throws(TarnError) -> [ManifestFile] {
        guard let snapshot = metadata.currentSnapshot else { return [] }
        guard let path = snapshot.manifestList else {
            throw TarnError(
                .unsupported,
                "The table's snapshot has no manifest list, as those of the first Iceberg writers.",
                detail: ["metadata": state.metadata, "snapshot": String(snapshot.id)],
                remedy: "Commit to the table once with a newer writer, and register that."
            )
        }
        let location = TableLocation(metadata: state.metadata, recorded: metadata.location, resolver: resolver)
        let uri = location.resolve(path)
        if case .manifestList(let manifests) = cache[uri] { return manifests }
        let bytes = try await resolver.get(uri)
        let manifests = try naming(uri) { () throws(TarnError) in
            try ManifestListCodec.decode(bytes, subject: "manifest list")
        }
        cache.insert(.manifestList(manifests), for: uri)
        return manifests
    }

    func entries(_ manifest: ManifestFile, location: TableLocation) async throws(TarnError) -> [ManifestEntry] {
        let uri = location.resolve(manifest.path)
        if case .manifest(let entries) = cache[uri] { return entries }
        let bytes = try await resolver.get(uri)
        let entries = try naming(uri) { () throws(TarnError) in try ManifestCodec.decode(bytes, of: manifest) }
        cache.insert(.manifest(entries), for: uri)
        return entries
    }

    func location(_ metadata: TableMetadata, folder: TableFolder) -> TableLocation {
        TableLocation(
            metadata: "\(folder.key)/metadata/any",
            recorded: metadata.location,
            resolver: resolver
        )
    }

    /// Adds to a decoding error which object it was.
    private func naming<Value>(_ uri: String, _ body: () throws(TarnError) -> Value) throws(TarnError) -> Value {
        do throws(TarnError) {
            return try body()
        } catch {
            throw error.adding("object", uri)
        }
    }
}
