package import Base

/// Makes the next snapshot of a table from its current one and a change. Pure but for reading manifests:
/// the same input gives the same bytes.
///
/// Works on tables of format version 2.
package struct SnapshotBuilder {
    /// Reads the entries of a manifest, with what they inherit filled in. Manifests never change:
    /// answers can be cached.
    package typealias ReadManifest = (ManifestFile) async throws(TarnError) -> [ManifestEntry]

    private let change: TableChange
    private let identity: CommitIdentity
    private let limits: SnapshotLimits
    private let sequenceNumber: Int64
    private let readManifest: ReadManifest
    private var metadata: TableMetadata
    private var slots: [ManifestSlot] = []
    private var added = ChangedFiles()
    private var removed = ChangedFiles()
    private var totals = SnapshotTotals()
    private let partitionTypes: [Int: PartitionType]
    private var changedPartitions: Set<ChangedPartition> = []

    private struct ChangedPartition: Hashable {
        let specID: Int
        let values: [DataFile.PartitionValue]
    }

    /// Builds a commit; where the change touches no files it has new metadata but no new snapshot.
    ///
    /// - Parameter baseManifests: what the manifest list of the base's current snapshot holds.
    /// - Throws: `lake.conflict` where a file to be removed is not live, `data.unsupported` where the table is not of
    ///   version 2 or an added file is not divided as its spec says, and what `readManifest` throws.
    package static func build(
        base: TableMetadata,
        baseManifests: [ManifestFile],
        change: TableChange,
        identity: CommitIdentity,
        limits: SnapshotLimits = SnapshotLimits(),
        readManifest: @escaping ReadManifest
    ) async throws(TarnError) -> BuiltCommit {
        guard base.formatVersion == 2 else {
            throw TarnError(
                .unsupported,
                "Tarn writes Iceberg tables of format version 2 only.",
                detail: ["table": base.location, "format version": String(base.formatVersion)]
            )
        }
        var metadata = base
        if let schema = change.newSchema { metadata.setSchema(schema) }
        if !change.schemaChanges.isEmpty {
            metadata.setSchema(try metadata.currentSchema.applying(change.schemaChanges, of: metadata))
        }
        if let terms = change.newPartition {
            metadata.setSpec(try PartitionSpec(terms, of: try metadata.currentSchema))
        }
        metadata.setProperties(change.properties)
        metadata.touch(identity.now)
        guard change.changesFiles else {
            return BuiltCommit(metadata: metadata, objects: [], snapshotID: nil, manifests: baseManifests)
        }
        var builder = try SnapshotBuilder(
            change: change,
            identity: identity,
            limits: limits,
            readManifest: readManifest,
            metadata: metadata
        )
        try await builder.take(baseManifests)
        try await builder.remove()
        try builder.add()
        for content in [ManifestFile.Content.data, .deletes] { try await builder.merge(content) }
        return builder.finish()
    }

    private init(
        change: TableChange,
        identity: CommitIdentity,
        limits: SnapshotLimits,
        readManifest: @escaping ReadManifest,
        metadata: TableMetadata
    ) throws(TarnError) {
        self.change = change
        self.identity = identity
        self.limits = limits
        sequenceNumber = metadata.lastSequenceNumber + 1
        partitionTypes = try metadata.partitionTypes
        self.readManifest = readManifest
        self.metadata = metadata
    }
}

extension SnapshotBuilder {
    /// Takes over the base's manifests that still hold live files, and the totals before this change.
    private mutating func take(_ manifests: [ManifestFile]) async throws(TarnError) {
        let trusted = metadata.currentSnapshot.flatMap(SnapshotTotals.init(trusting:))
        totals = trusted ?? SnapshotTotals()
        for listed in manifests {
            var manifest = listed
            if manifest.counts == nil || trusted == nil {
                let entries = try await readManifest(manifest)
                manifest.counts = ManifestFile.Counts(of: entries)
                if trusted == nil { for entry in entries where entry.isLive { totals.count(entry.file) } }
            }
            if manifest.counts?.liveFiles != 0 { slots.append(ManifestSlot(manifest)) }
        }
    }

    private mutating func remove() async throws(TarnError) {
        try await remove(change.removedDataFiles, .data)
        try await remove(change.removedDeleteFiles, .deletes)
    }

    /// Rewrites the manifests that hold the files, newest first: what was added last is what is removed most.
    private mutating func remove(_ paths: Set<String>, _ content: ManifestFile.Content) async throws(TarnError) {
        var missing = paths
        for index in newestFirst(content) {
            guard !missing.isEmpty else { return }
            guard case .listed(let manifest) = slots[index].origin else { continue }
            let entries = try await readManifest(manifest)
            guard entries.contains(where: { $0.isLive && missing.contains($0.file.path) }) else { continue }
            try requireWritable(manifest, entries)
            slots[index] = ManifestSlot(
                entries.compactMap { rewritten($0, removing: &missing) },
                content: content,
                specID: manifest.partitionSpecID
            )
        }
        guard let path = missing.min() else { return }
        throw TarnError(
            .commitConflict,
            "A file to be removed from the table is not live.",
            detail: ["file": path, "such files": String(missing.count), "table": metadata.location]
        )
    }

    private func newestFirst(_ content: ManifestFile.Content) -> [Int] {
        let places = slots.indices.compactMap { index -> (index: Int, number: Int64)? in
            guard slots[index].content == content, case .listed(let manifest) = slots[index].origin else { return nil }
            return (index, manifest.sequenceNumber)
        }
        return places.sorted { ($0.number, $0.index) > ($1.number, $1.index) }.map(\.index)
    }

    private mutating func rewritten(_ entry: ManifestEntry, removing missing: inout Set<String>) -> ManifestEntry? {
        guard var copy = Self.carried(entry) else { return nil }
        guard missing.remove(entry.file.path) != nil else { return copy }
        copy.status = .deleted
        copy.snapshotID = identity.snapshotID
        removed.count(copy.file)
        note(copy.file)
        totals.count(copy.file, sign: -1)
        return copy
    }

    /// An entry of an earlier snapshot as a later manifest states it; what was deleted then is of no more use.
    private static func carried(_ entry: ManifestEntry) -> ManifestEntry? {
        guard entry.isLive else { return nil }
        var copy = entry
        copy.status = .existing
        return copy
    }

    /// One manifest for each kind and spec.
    private mutating func add() throws(TarnError) {
        for (files, content) in [
            (change.addedDataFiles, ManifestFile.Content.data), (change.addedDeleteFiles, .deletes),
        ] {
            for file in files {
                try requireDivided(file)
                added.count(file)
                totals.count(file)
                note(file)
            }
            for (specID, files) in Dictionary(grouping: files, by: \.specID).sorted(by: { $0.key < $1.key }) {
                slots.append(ManifestSlot(files.map(addition), content: content, specID: specID))
            }
        }
    }

    private mutating func note(_ file: DataFile) {
        let values = partitionTypes[file.specID]?.canonical(file) ?? file.partition
        changedPartitions.insert(ChangedPartition(specID: file.specID, values: values))
    }

    private func requireDivided(_ file: DataFile) throws(TarnError) {
        guard partitionTypes[file.specID]?.fits(file) != true else { return }
        throw TarnError(
            .unsupported,
            "A file to be added is not divided as its table's partition spec says.",
            detail: ["file": file.path, "partition spec": String(file.specID), "table": metadata.location],
            remedy: "Write the file again for the table as it is now."
        )
    }

    /// Without a sequence number: readers take it from the manifest list.
    private func addition(_ file: DataFile) -> ManifestEntry {
        ManifestEntry(
            status: .added,
            snapshotID: identity.snapshotID,
            sequenceNumber: nil,
            fileSequenceNumber: nil,
            file: file
        )
    }
}

extension SnapshotBuilder {
    private mutating func merge(_ content: ManifestFile.Content) async throws(TarnError) {
        let candidates = slots.indices.filter { slots[$0].content == content && isMergeable(slots[$0]) }
        var gone: Set<Int> = []
        for (specID, indices) in Dictionary(grouping: candidates, by: { slots[$0].specID }).sorted(by: {
            $0.key < $1.key
        }) {
            for group in MergePlan(limits: limits).groups(indices.map { ($0, slots[$0]) }) {
                var entries: [ManifestEntry] = []
                for index in group { entries += try await self.entries(of: slots[index]) }
                guard let last = group.last, fit(entries, specID) else { continue }
                slots[last] = ManifestSlot(entries, content: content, specID: specID)
                gone.formUnion(group.dropLast())
            }
        }
        slots = slots.indices.filter { !gone.contains($0) }.map { slots[$0] }
    }

    private func entries(of slot: ManifestSlot) async throws(TarnError) -> [ManifestEntry] {
        switch slot.origin {
        case .fresh(let entries): entries
        case .listed(let manifest): try await readManifest(manifest).compactMap(Self.carried)
        }
    }

    private func isMergeable(_ slot: ManifestSlot) -> Bool {
        guard case .listed(let manifest) = slot.origin else { return true }
        return isWritable(manifest)
    }

    /// Manifests that another writer encrypted, or made under a spec that is not wholly understood, are left as they
    /// are.
    private func isWritable(_ manifest: ManifestFile) -> Bool {
        manifest.keyMetadata == nil && partitionTypes[manifest.partitionSpecID] != nil
    }

    private func fit(_ entries: [ManifestEntry], _ specID: Int) -> Bool {
        entries.allSatisfy { partitionTypes[specID]?.fits($0.file) == true }
    }

    private func requireWritable(_ manifest: ManifestFile, _ entries: [ManifestEntry]) throws(TarnError) {
        guard !isWritable(manifest) || !fit(entries, manifest.partitionSpecID) else { return }
        throw TarnError(
            .unsupported,
            "A file to be removed lies in a manifest of an unknown partition spec, or in an encrypted one.",
            detail: ["manifest": manifest.path, "table": metadata.location]
        )
    }
}

extension SnapshotBuilder {
    private consuming func finish() -> BuiltCommit {
        var objects: [BuiltCommit.Object] = []
        let manifests = slots.map { slot in
            switch slot.origin {
            case .listed(let manifest): manifest
            case .fresh(let entries): write(entries, slot, into: &objects)
            }
        }
        let parent = metadata.currentSnapshotID
        let list = ManifestListCodec.encode(
            manifests,
            snapshotID: identity.snapshotID,
            parentID: parent,
            sequenceNumber: sequenceNumber
        )
        objects.append(BuiltCommit.Object(path: identity.manifestListPath, bytes: list))
        let snapshot = Snapshot(
            id: identity.snapshotID,
            parentID: parent,
            sequenceNumber: sequenceNumber,
            timestampMilliseconds: metadata.lastUpdatedMilliseconds,
            manifestList: identity.manifestListPath,
            summary: summary,
            schemaID: metadata.currentSchemaID
        )
        var result = metadata
        result.add(snapshot, now: identity.now, snapshotsMax: limits.snapshotsMax)
        return BuiltCommit(metadata: result, objects: objects, snapshotID: snapshot.id, manifests: manifests)
    }

    private func write(
        _ entries: [ManifestEntry],
        _ slot: ManifestSlot,
        into objects: inout [BuiltCommit.Object]
    ) -> ManifestFile {
        guard let partition = partitionTypes[slot.specID] else {
            preconditionFailure("only entries of known specs are written")
        }
        let path = identity.manifestPath(objects.count)
        let bytes = ManifestCodec.encode(
            entries,
            content: slot.content,
            schema: metadata.schemaDocument(id: metadata.currentSchemaID) ?? [:],
            partition: partition
        )
        objects.append(BuiltCommit.Object(path: path, bytes: bytes))
        var manifest = ManifestFile(
            path: path,
            length: Int64(bytes.count),
            partitionSpecID: slot.specID,
            content: slot.content,
            sequenceNumber: sequenceNumber,
            minSequenceNumber: entries.filter(\.isLive).map { $0.sequenceNumber ?? sequenceNumber }.min()
                ?? sequenceNumber,
            addedSnapshotID: identity.snapshotID,
            counts: ManifestFile.Counts(of: entries)
        )
        manifest.partitions = partition.summaries(of: entries)
        return manifest
    }

    private var summary: [Snapshot.SummaryEntry] {
        var entries = [Snapshot.SummaryEntry("operation", change.operation.rawValue), SnapshotTotals.marker]
        entries += added.added + removed.removed
        entries.append(.init("changed-partition-count", String(changedPartitions.count)))
        entries += totals.entries
        var known = Set(entries.map(\.key))
        return entries + change.summaryExtras.filter { known.insert($0.key).inserted }
    }
}
