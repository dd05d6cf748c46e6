import Base
import Columns
import Iceberg
import Lake
import TestKit
import Testing

@Suite struct RollbackTests {
    @Test("a table goes back by a commit that goes forward, and can be written on")
    func forward() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<3)
            try await fixture.append(orders, 3..<5, on: nil)
            try await fixture.rewrite(orders, 9..<10, on: nil)
            let before = try await fixture.snapshot(orders).metadata
            let result = try await fixture.lake.rollback(to: .version(2), as: .user("ada"))
            #expect(result.version == 4 && result.restored == [orders] && result.dropped.isEmpty)
            #expect(try await fixture.ids(orders) == [0, 1, 2, 3, 4])
            #expect(try await fixture.ids(orders, at: .version(3)) == [9])
            let after = try await fixture.snapshot(orders).metadata
            #expect(after.lastSequenceNumber == before.lastSequenceNumber)
            try await fixture.append(orders, 20..<21, on: nil)
            #expect(try await fixture.ids(orders) == [0, 1, 2, 3, 4, 20])
            let next = try await fixture.snapshot(orders)
            #expect(next.metadata.currentSnapshot?.sequenceNumber == before.lastSequenceNumber + 1)
            #expect(next.metadata.currentSnapshot?.parentID == after.currentSnapshotID)
            #expect(next.state.metadata.contains("/00004-"))
        }
    }

    @Test("an id of a column is not given out again after a rollback")
    func columnIDs() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            try await fixture.addColumn("late", to: orders)
            try await fixture.lake.rollback(to: .version(1), as: .system)
            let restored = try await fixture.snapshot(orders)
            #expect(restored.schema.fields.map(\.name) == ["id", "name"])
            #expect(restored.metadata.lastColumnID == 3)
            try await fixture.addColumn("other", to: orders)
            #expect(try await fixture.snapshot(orders).schema.fields.last?.id == 4)
            try await fixture.lake.rollback(to: .version(2), as: .system)
            let again = try await fixture.snapshot(orders)
            #expect(again.schema.fields.map(\.name) == ["id", "name", "late"])
            #expect(again.metadata.lastColumnID == 4)
        }
    }

    @Test("a table that was divided before it had rows goes back to being undivided")
    func partitions() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<0)
            var change = TableChange(.replace)
            change.newPartition = [try PartitionTerm(parsing: "bucket(4, id)")]
            _ = try await fixture.commit(orders, change, base: try await fixture.state(orders))
            let divided = try await fixture.snapshot(orders).metadata
            try await fixture.lake.rollback(to: .version(1), as: .system)
            let restored = try await fixture.snapshot(orders).metadata
            #expect(divided.isPartitioned && !restored.isPartitioned)
            var rows = TableChange(.append)
            rows.addedDataFiles = try await fixture.writer.writeRows(
                of: "SELECT 7, 'n'",
                as: try FileLayout(restored),
                into: try #require(TableFolder(try await fixture.state(orders)))
            )
            _ = try await fixture.commit(orders, rows, base: try await fixture.state(orders))
            #expect(try await fixture.ids(orders) == [7])
            try await fixture.lake.rollback(to: .version(2), as: .system)
            #expect(try await fixture.snapshot(orders).metadata.defaultSpec.fields == divided.defaultSpec.fields)
            #expect(try await fixture.ids(orders).isEmpty)
        }
    }

    @Test("a version older than the metadata remembers is restored all the same")
    func forgottenSnapshot() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            for id in 1..<30 { try await fixture.append(orders, Int64(id)..<Int64(id + 1), on: nil) }
            try await fixture.lake.rollback(to: .version(3), as: .system)
            #expect(try await fixture.ids(orders) == [0, 1, 2])
            try await fixture.append(orders, 50..<51, on: nil)
            #expect(try await fixture.ids(orders) == [0, 1, 2, 50])
            try await fixture.lake.rollback(to: .version(30), as: .system)
            #expect(try await fixture.ids(orders) == Array(0..<30))
        }
    }

    @Test("tables that were dropped come back, those that were not there go, and mirrors stay and are named")
    func wholeLake() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let mirror = TableName(namespace: "silver", name: "mirror")
            try await fixture.create(mirror, 0..<1, owner: .source("shop"), as: .source("shop"))
            try await fixture.create(orders, 0..<3)
            let version = try await fixture.append(orders, 3..<4, on: nil).version
            try await fixture.append(mirror, 1..<2, on: nil, as: .source("shop"))
            try await fixture.append(orders, 4..<5, on: nil)
            let lost = try await fixture.state(orders)
            var request = CommitRequest(cause: "test", message: "drop")
            request.tables[orders] = .drop(uuid: lost.uuid)
            try await fixture.lake.commit(request, as: .system)
            try await fixture.create(items, 0..<1, owner: .assets, as: .assets)
            let result = try await fixture.lake.rollback(to: .version(version), as: .user("ada"))
            #expect(result.restored == [orders] && result.dropped == [items] && result.mirrors == [mirror])
            #expect(try await fixture.ids(orders) == [0, 1, 2, 3])
            #expect(try await fixture.ids(mirror) == [0, 1])
            let restored = try await fixture.state(orders)
            #expect(restored.uuid == lost.uuid)
            let lastNumber = try await fixture.lake.reader.metadata(lost).lastSequenceNumber
            #expect(try await fixture.lake.reader.metadata(restored).lastSequenceNumber == lastNumber)
            let newest = VersionReference.version(fixture.lake.knownState.version)
            #expect(try await fixture.lake.rollback(to: newest, as: .user("ada")).version == nil)
            let named = await #expect(throws: TarnError.self) {
                try await fixture.lake.rollback(to: .version(version), tables: [mirror], as: .user("ada"))
            }
            #expect(named?.code == .ownerMismatch)
        }
    }

    @Test("a rollback of what changes meanwhile is a conflict")
    func conflict() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            try await fixture.rewrite(orders, 1..<2, on: nil)
            let current = try await fixture.state(orders)
            let target = try await fixture.state(orders, at: .version(1))
            try await fixture.append(orders, 2..<3, on: nil)
            var request = CommitRequest(cause: "rollback", message: "back")
            request.tables[orders] = .restore(Restoration(target: target, current: current, newest: current))
            let error = await #expect(throws: TarnError.self) { try await fixture.lake.commit(request, as: .system) }
            #expect(error?.code == .commitConflict)
        }
    }
}

extension LakeFixture {
    /// A text column under the next id that the table has never used.
    func addColumn(_ column: String, to name: TableName) async throws {
        let snapshot = try await snapshot(name)
        var schema = snapshot.schema
        schema.fields.append(Field(id: snapshot.metadata.lastColumnID + 1, name: column, type: .string))
        var change = TableChange(.append)
        change.newSchema = schema
        _ = try await commit(name, change, base: snapshot.state)
    }
}
