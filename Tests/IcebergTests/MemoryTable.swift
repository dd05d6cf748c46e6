import Base
import Columns
import Iceberg

/// A table whose objects lie in a dictionary, beside a naive model of what must be live in it.
struct MemoryTable {
    var metadata: TableMetadata
    var manifests: [ManifestFile] = []
    var objects: [String: [UInt8]] = [:]
    /// Entries of the listed manifests, each decoded once from its bytes.
    private var entries: [String: [ManifestEntry]] = [:]
    /// Live files with their data sequence numbers.
    var data: [String: (file: DataFile, number: Int64)] = [:]
    var deletes: [String: (file: DataFile, number: Int64)] = [:]
    var commits: Int64 = 0
    var limits = SnapshotLimits()

    init() {
        metadata = .create(
            uuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1",
            location: "mem:/t",
            schema: Schema(fields: [Field(id: 1, name: "id", type: .long)]),
            properties: [],
            now: Timestamp(microseconds: 1_700_000_000_000_000)
        )
    }

    func build(_ change: TableChange) async throws(TarnError) -> BuiltCommit {
        let identity = CommitIdentity(
            snapshotID: 1000 + commits,
            now: Timestamp(microseconds: 1_700_000_000_000_000 + commits * 1_000_000),
            metadataFolder: "mem:/t/metadata",
            name: "c\(commits)"
        )
        return try await SnapshotBuilder.build(
            base: metadata,
            baseManifests: manifests,
            change: change,
            identity: identity,
            limits: limits,
            readManifest: read
        )
    }

    func read(_ manifest: ManifestFile) async throws(TarnError) -> [ManifestEntry] {
        if let known = entries[manifest.path] { return known }
        return try ManifestCodec.decode(objects[manifest.path] ?? [], of: manifest)
    }

    mutating func commit(_ change: TableChange) async throws(TarnError) {
        let built = try await build(change)
        for object in built.objects { objects[object.path] = object.bytes }
        metadata = commits % 50 == 0 ? try TableMetadata(parsing: built.metadata.serialized()) : built.metadata
        let list = metadata.currentSnapshot?.manifestList ?? ""
        manifests = try ManifestListCodec.decode(objects[list] ?? [], subject: list)
        commits += 1
        for manifest in manifests where entries[manifest.path] == nil {
            entries[manifest.path] = try await read(manifest)
        }
        let number = metadata.lastSequenceNumber
        for path in change.removedDataFiles { data[path] = nil }
        for path in change.removedDeleteFiles { deletes[path] = nil }
        for file in change.addedDataFiles { data[file.path] = (file, number) }
        for file in change.addedDeleteFiles { deletes[file.path] = (file, number) }
    }

    func live(_ content: ManifestFile.Content) async throws -> [ManifestEntry] {
        var entries: [ManifestEntry] = []
        for manifest in manifests where manifest.content == content {
            entries += try await read(manifest).filter(\.isLive)
        }
        return entries
    }
}
