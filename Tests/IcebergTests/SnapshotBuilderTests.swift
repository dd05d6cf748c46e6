import Base
import Columns
import Iceberg
import Testing

@Suite struct SnapshotBuilderTests {
    private func append(_ files: [DataFile]) -> TableChange {
        var change = TableChange(.append)
        change.addedDataFiles = files
        return change
    }

    /// A random change: mostly what capture does, adding files and replacing delete files.
    private func change(_ table: MemoryTable, _ samples: Samples, step: Int) -> TableChange {
        var change = TableChange(.overwrite)
        for index in 0..<samples.number(1..<3) { change.addedDataFiles.append(samples.file("d\(step)-\(index)")) }
        for index in 0..<samples.number(0..<3) {
            change.addedDeleteFiles.append(samples.file("p\(step)-\(index)", deletes: true))
        }
        for path in table.data.keys.sorted() where samples.number(0..<60) == 0 { change.removedDataFiles.insert(path) }
        for path in table.deletes.keys.sorted() where samples.number(0..<10) == 0 {
            change.removedDeleteFiles.insert(path)
        }
        return change
    }

    private func expectEqual(_ entries: [ManifestEntry], _ model: [String: (file: DataFile, number: Int64)]) {
        #expect(entries.count == model.count)
        let wrong = entries.filter { entry in
            model[entry.file.path]?.file != entry.file || model[entry.file.path]?.number != entry.sequenceNumber
        }
        #expect(wrong.map(\.file.path) == [])
    }

    private func expectTotals(_ table: MemoryTable) {
        let files = table.data.values.map(\.file) + table.deletes.values.map(\.file)
        let snapshot = table.metadata.currentSnapshot
        let keys = ["data-files", "delete-files", "records", "position-deletes", "files-size", "equality-deletes"]
        let expected: [Int64] = [
            Int64(table.data.count), Int64(table.deletes.count),
            table.data.values.reduce(0) { $0 + $1.file.recordCount },
            table.deletes.values.reduce(0) { $0 + $1.file.recordCount }, files.reduce(0) { $0 + $1.fileSizeInBytes }, 0,
        ]
        #expect(keys.map { snapshot?[summary: "total-\($0)"] } == expected.map(String.init))
    }

    @Test("300 random commits keep exactly the live files, their numbers and totals", arguments: UInt64(1)...2)
    func randomCommits(seed: UInt64) async throws {
        let samples = Samples(seed: seed)
        var table = MemoryTable()
        table.limits.manifestsMergeCount = 8
        for step in 0..<300 {
            try await table.commit(change(table, samples, step: step))
            guard step % 20 == 0 || step == 299 else { continue }
            expectTotals(table)
            for manifest in table.manifests {
                let entries = try await table.read(manifest)
                #expect(manifest.counts == ManifestFile.Counts(of: entries))
                let least = entries.filter(\.isLive).compactMap(\.sequenceNumber).min()
                #expect(least == nil || manifest.minSequenceNumber == least)
            }
            expectEqual(try await table.live(.data), table.data)
            expectEqual(try await table.live(.deletes), table.deletes)
        }
        #expect(table.manifests.count < 30)
        #expect(table.metadata.snapshots.count == 20)
        #expect(table.metadata.lastSequenceNumber == 300)
    }

    @Test("five hundred appends stay within few manifests and a logarithmic cost")
    func amortisedMerging() async throws {
        let samples = Samples(seed: 3)
        var table = MemoryTable()
        var entriesWritten: Int64 = 0
        var manifestsMax = 0
        for step in 0..<500 {
            try await table.commit(append([samples.file("d\(step)")]))
            let fresh = table.manifests.filter { $0.sequenceNumber == table.metadata.lastSequenceNumber }
            entriesWritten += fresh.reduce(0) { $0 + ($1.counts?.liveFiles ?? 0) }
            manifestsMax = max(manifestsMax, table.manifests.count)
        }
        #expect(manifestsMax <= 31)
        expectEqual(try await table.live(.data), table.data)
        #expect(entriesWritten < 500 * 5, "every entry may be rewritten a few times, not hundreds")
    }

    @Test("no merge makes a manifest larger than the target")
    func mergeBound() async throws {
        let samples = Samples(seed: 4)
        var table = MemoryTable()
        table.limits.manifestsMergeCount = 3
        table.limits.manifestBytesTarget = 12_000
        for step in 0..<80 { try await table.commit(append([samples.file("d\(step)")])) }
        expectEqual(try await table.live(.data), table.data)
        #expect(table.manifests.allSatisfy { $0.length <= 12_000 })
        #expect(table.manifests.count > 1)
    }

    @Test("removing a file rewrites its manifest; an emptied manifest goes with the next commit")
    func removal() async throws {
        let samples = Samples(seed: 5)
        var table = MemoryTable()
        try await table.commit(append([samples.file("a"), samples.file("b")]))
        try await table.commit(append([samples.file("c")]))
        var removal = TableChange(.delete)
        removal.removedDataFiles = ["a", "c"]
        try await table.commit(removal)
        var entries: [ManifestEntry] = []
        for manifest in table.manifests { entries += try await table.read(manifest) }
        #expect(entries.map(\.file.path) == ["a", "b", "c"])
        #expect(entries.map(\.status) == [.deleted, .existing, .deleted])
        #expect(entries.map(\.sequenceNumber) == [1, 1, 2])
        #expect(entries.map(\.snapshotID) == [1002, 1000, 1002])
        let snapshot = table.metadata.currentSnapshot
        #expect(snapshot?[summary: "deleted-data-files"] == "2")
        #expect(snapshot?[summary: "operation"] == "delete")
        try await table.commit(append([samples.file("d")]))
        #expect(table.manifests.count == 2)
    }

    @Test("removing what is not live is a conflict")
    func conflict() async throws {
        let samples = Samples(seed: 6)
        var table = MemoryTable()
        try await table.commit(append([samples.file("a")]))
        for (data, deletes) in [(Set(["a", "x"]), Set<String>()), ([], ["a"])] {
            var removal = TableChange(.overwrite)
            removal.removedDataFiles = data
            removal.removedDeleteFiles = deletes
            do {
                _ = try await table.build(removal)
                Issue.record("not refused")
            } catch {
                #expect(error.code == .commitConflict)
            }
        }
    }

    @Test("the same input gives the same bytes")
    func determinism() async throws {
        let samples = Samples(seed: 7)
        var table = MemoryTable()
        for step in 0..<40 { try await table.commit(change(table, samples, step: step)) }
        let next = change(table, samples, step: 41)
        let first = try await table.build(next)
        let second = try await table.build(next)
        #expect(first.metadata == second.metadata)
        #expect(first.objects.map(\.path) == second.objects.map(\.path))
        #expect(first.objects.map(\.bytes) == second.objects.map(\.bytes))
    }

    @Test("another writer's totals are not trusted but counted anew")
    func foreignTotals() async throws {
        let samples = Samples(seed: 8)
        var table = MemoryTable()
        for step in 0..<5 { try await table.commit(change(table, samples, step: step)) }
        var raw = table.metadata.raw
        let documents = (raw["snapshots"]?.array ?? []).map { json in
            var object = json.object ?? [:]
            object["summary"] = ["operation": "append", "total-records": "7", "total-data-files": "-3"]
            return JSONValue.object(object)
        }
        raw["snapshots"] = .array(documents)
        table.metadata = try TableMetadata(raw)
        try await table.commit(append([samples.file("z")]))
        expectTotals(table)
    }

    @Test("manifests whose counts a writer left out are counted")
    func missingCounts() async throws {
        let samples = Samples(seed: 9)
        var table = MemoryTable()
        try await table.commit(append([samples.file("a")]))
        table.manifests[0].counts = nil
        try await table.commit(append([samples.file("b")]))
        #expect(table.manifests.map { $0.counts?.liveFiles } == [1, 1])
    }

    @Test("schema and properties alone make no snapshot; with files they are in the same commit")
    func metadataOnly() async throws {
        let samples = Samples(seed: 10)
        let table = MemoryTable()
        var change = TableChange(.append)
        change.newSchema = Schema(
            fields: [Field(id: 1, name: "id", type: .long), Field(id: 2, name: "note", type: .string)]
        )
        change.properties = [.init("owner", "shop")]
        change.summaryExtras = [.init("tarn.version", "5"), .init("operation", "lie")]
        let built = try await table.build(change)
        #expect(built.snapshotID == nil && built.objects.isEmpty)
        #expect(built.metadata.currentSchemaID == 1)
        #expect(built.metadata.property("owner") == "shop")
        change.addedDataFiles = [samples.file("a")]
        let second = try await table.build(change)
        let snapshot = second.metadata.currentSnapshot
        #expect(snapshot?.schemaID == 1)
        #expect(snapshot?[summary: "tarn.version"] == "5")
        #expect(snapshot?.summary.filter { $0.key == "operation" } == [.init("operation", "append")])
        #expect(second.objects.map(\.path) == ["mem:/t/metadata/c0-m0.avro", "mem:/t/metadata/snap-1000-1-c0.avro"])
    }

    @Test("tables of other versions are refused")
    func refusals() async throws {
        let table = MemoryTable()
        var raw = table.metadata.raw
        raw["next-row-id"] = 0
        raw["format-version"] = 3
        var other = table
        other.metadata = try TableMetadata(raw)
        do {
            _ = try await other.build(TableChange(.append))
            Issue.record("not refused")
        } catch {
            #expect(error.code == .unsupported)
        }
    }
}
