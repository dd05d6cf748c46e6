import Base
import Columns
import Iceberg
import Testing

/// Snapshots of tables whose rows are divided, over several specs.
@Suite struct PartitionedSnapshotTests {
    private static func part(_ name: String, _ values: [UInt8]?..., spec: PartitionSpec) -> DataFile {
        var file = DataFile.data(path: name, recordCount: 10, fileSize: 100)
        file.specID = spec.id
        file.partition = zip(spec.fields, values).map {
            DataFile.PartitionValue(fieldID: $0.fieldID, name: $0.name, bytes: $1)
        }
        return file
    }

    private static let terms = [PartitionTerm(.identity, of: "region"), PartitionTerm(.bucket(4), of: "id")]

    private func table() async throws -> MemoryTable {
        var table = MemoryTable()
        var change = TableChange(.replace)
        change.schemaChanges = [.add("region", .string), .add("price", .decimal(precision: 20, scale: 2))]
        change.newPartition = Self.terms
        table.metadata = try await table.build(change).metadata
        return table
    }

    @Test("manifests carry typed partitions and say what they hold of each field")
    func summaries() async throws {
        var table = try await table()
        let spec = table.metadata.defaultSpec
        #expect(spec.id == 0 && spec.fields.map(\.fieldID) == [1000, 1001])
        var change = TableChange(.append)
        change.addedDataFiles = [
            Self.part("a", Array("north".utf8), SingleValue.int(3), spec: spec),
            Self.part("b", nil, SingleValue.int(1), spec: spec), Self.part("c", Array("east".utf8), nil, spec: spec),
        ]
        try await table.commit(change)
        #expect(try await table.live(.data).map(\.file) == change.addedDataFiles)
        let summaries = try #require(table.manifests.first?.partitions)
        #expect(summaries.map(\.containsNull) == [true, true])
        #expect(summaries.map(\.lowerBound) == [Array("east".utf8), SingleValue.int(1)])
        #expect(summaries.map(\.upperBound) == [Array("north".utf8), SingleValue.int(3)])
        #expect(table.metadata.currentSnapshot?[summary: "changed-partition-count"] == "3")
    }

    @Test(
        "files of several specs live in manifests of their own, are merged among themselves, and are removed from them"
    )
    func specs() async throws {
        var table = try await table()
        table.limits.manifestsMergeCount = 3
        for round in 0..<12 {
            if round == 4 || round == 8 {
                var change = TableChange(.replace)
                change.newPartition = round == 4 ? [PartitionTerm(.truncate(100), of: "price")] : Self.terms
                table.metadata = try await table.build(change).metadata
                #expect(table.metadata.defaultSpec.id == (round == 4 ? 1 : 0))
            }
            let spec = table.metadata.defaultSpec
            var change = TableChange(.append)
            for number in 0..<3 {
                let decimal = SingleValue.decimal(Int128(number - 1) * 100_000_000_000)
                change.addedDataFiles.append(
                    spec.id == 1
                        ? Self.part("\(round)-\(number)", decimal, spec: spec)
                        : Self.part("\(round)-\(number)", Array("r\(number)".utf8), SingleValue.int(1), spec: spec)
                )
            }
            try await table.commit(change)
        }
        #expect(Set(table.manifests.map(\.partitionSpecID)) == [0, 1])
        #expect(table.manifests.count < 10)
        var change = TableChange(.delete)
        change.removedDataFiles = ["5-0", "9-2", "1-1"]
        try await table.commit(change)
        let live = try await table.live(.data)
        #expect(Set(live.map(\.file.path)) == Set(table.data.keys))
        let types = try table.metadata.partitionTypes
        for entry in live {
            let type = try #require(types[entry.file.specID])
            let known = try #require(table.data[entry.file.path]?.file)
            #expect(type.canonical(entry.file) == type.canonical(known))
        }
        #expect(table.metadata.currentSnapshot?[summary: "changed-partition-count"] == "3")
    }

    @Test("a file that is not divided as its spec says is refused")
    func refusals() async throws {
        var table = try await table()
        let spec = table.metadata.defaultSpec
        var unknown = Self.part("b", nil, nil, spec: spec)
        unknown.specID = 7
        for file in [
            DataFile.data(path: "a", recordCount: 1, fileSize: 1), unknown,
            Self.part("c", Array("x".utf8), [1, 2], spec: spec), Self.part("d", Array("x".utf8), spec: spec),
        ] {
            var change = TableChange(.append)
            change.addedDataFiles = [file]
            await #expect(throws: TarnError.self, "\(file.path)") { try await table.commit(change) }
        }
    }
}
