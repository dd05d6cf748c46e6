import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore
import TestKit
import Testing

/// A table of many commits: its metadata stays small and its readers see every row.
@Suite(Readers.trait) struct ManifestTests {
    private static let name = TableName(namespace: "lake", name: "long")
    private static let schema = Schema(fields: [
        Field(id: 1, name: "id", type: .long, isRequired: true), Field(id: 2, name: "name", type: .string),
    ])

    @Test("seventy commits merge their manifests, the metadata file stays bounded, and readers agree")
    func merging() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            let table = TableFolder(Self.name, entropy: lake.entropy)
            try await lake.commit(
                Self.name,
                .create(NewTable(folder: table, owner: .open, schema: Self.schema))
            )
            var sizes: [Int] = []
            var first: DataFile?
            for number in 0..<70 {
                let file = try await lake.writer.writeRows(rows(Int64(number) * 10), into: table)
                var change = TableChange(number % 7 == 6 ? .overwrite : .append)
                change.addedDataFiles = [file]
                if number % 7 == 6, let first {
                    change.addedDeleteFiles = [
                        try await lake.writer.writeDeletes(of: first.path, positions: [0, 9], into: table)
                    ]
                }
                if number % 7 == 0 { first = file }
                try await lake.commit(Self.name, .change(change, base: try await lake.state(Self.name)))
                let key = try await lake.state(Self.name).metadata
                sizes.append(try await lake.lake.store.head(key)?.size ?? 0)
            }
            let sights = try await lake.sights(of: Self.name)
            let checked = stride(from: sights.count - 1, through: 0, by: -9).map { sights[$0] }
            let tables = try await expectAgreement(checked, in: lake)
            #expect(tables.first?.rows.count == 700 - 20)

            let snapshot = try await lake.snapshot(Self.name)
            #expect(snapshot.files.count == 70)
            #expect(snapshot.manifests.count <= 2 * SnapshotLimits().manifestsMergeCount)
            #expect(snapshot.metadata.snapshots.count == TableMetadata.snapshotsMaxDefault)
            let settled = sizes.dropFirst(TableMetadata.snapshotsMaxDefault + 1)
            #expect((settled.max() ?? 0) - (settled.min() ?? 0) < 1000)
        }
    }

    private func rows(_ first: Int64) -> RowInput {
        var batch = ColumnBatch(schema: Self.schema)
        for id in first..<first + 10 {
            batch.columns[0].append(int64: id)
            batch.columns[1].append(string: "n\(id)")
        }
        return RowInput(schema: Self.schema, batches: [batch])
    }
}
