import Base
import Columns
import Iceberg
import Lake
import TestKit
import Testing

@Suite struct PartitionReplacementTests {
    private static let terms = [PartitionTerm(.truncate(10), of: "id")]

    private func commit(_ fixture: LakeFixture, _ change: TableChange) async throws {
        _ = try await fixture.commit(orders, change, base: try await fixture.state(orders))
    }

    private func files(_ fixture: LakeFixture, _ range: Range<Int>, _ prefix: String = "n") async throws -> [DataFile] {
        let state = try await fixture.state(orders)
        let folder = try #require(TableFolder(state))
        return try await fixture.writer.writeRows(
            of: "SELECT i, '\(prefix)' || i FROM range(\(range.lowerBound), \(range.upperBound)) AS t(i)",
            as: try FileLayout(try await fixture.lake.reader.metadata(state)),
            into: folder
        )
    }

    @Test("new files take the place of all rows of their partitions, deletes included, and of no others")
    func replacement() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            var table = NewTable(
                folder: TableFolder(orders, entropy: fixture.entropy),
                owner: .open,
                schema: LakeFixture.schema
            )
            table.partition = Self.terms
            var request = CommitRequest(cause: "test", message: "create")
            request.tables[orders] = .create(table)
            try await fixture.lake.commit(request, as: .system)

            var append = TableChange(.append)
            append.addedDataFiles = try await files(fixture, 0..<40)
            try await commit(fixture, append)
            var delete = TableChange(.delete)
            let folderOfTable = try #require(TableFolder(try await fixture.state(orders)))
            for file in append.addedDataFiles {
                delete.addedDeleteFiles.append(
                    try await fixture.writer.writeDeletes(of: file, positions: [0], into: folderOfTable)
                )
            }
            try await commit(fixture, delete)
            #expect(try await fixture.ids(orders) == Array(0..<40).filter { $0 % 10 != 0 })

            let new = try await files(fixture, 12..<22)
            let emptied = try #require(append.addedDataFiles.first { $0.lowerBounds[1] == SingleValue.long(30) })
            let change = try await fixture.snapshot(orders)
                .replacingPartitions(with: new, emptying: [emptied.partition])
            #expect(change.removedDataFiles.count == 3 && change.removedDeleteFiles.count == 3)
            try await commit(fixture, change)
            #expect(try await fixture.ids(orders) == Array(1..<10) + Array(12..<22))
            let summary = try await fixture.snapshot(orders).metadata.currentSnapshot
            #expect(summary?[summary: "changed-partition-count"] == "3")
            #expect(summary?[summary: "total-delete-files"] == "1")
        }
    }

    @Test("partitions are not replaced beside files of an older spec")
    func olderSpec() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<10)
            var change = TableChange(.replace)
            change.newPartition = Self.terms
            try await commit(fixture, change)
            let new = try await files(fixture, 0..<10)
            let snapshot = try await fixture.snapshot(orders)
            let error = #expect(throws: TarnError.self) { try snapshot.replacingPartitions(with: new) }
            #expect(error?.code == .unsupported)
        }
    }
}
