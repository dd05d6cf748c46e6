import Base
import Columns
import Iceberg
import Lake
import TestKit
import Testing

@Suite struct RowAppendTests {
    @Test("rows make a table that is not there, and are added to one that is")
    func makesAndAdds() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            for start: Int64 in [0, 3, 6] { try await fixture.add(start..<start + 3, in: fixture.lake.knownState) }
            #expect(try await fixture.ids(notes) == Array(0..<9))
            #expect(try await fixture.state(notes).owner == .system)
            #expect(try await fixture.snapshot(notes).files.count == 3)
        }
    }

    @Test("of two that make the table at once one is refused, and succeeds with the newer state; nothing is lost")
    func races() async throws {
        try await withTemporaryFolder { folder in
            let first = try await LakeFixture.open(folder)
            let second = try await LakeFixture.open(folder, state: "other.db")
            let empty = first.lake.knownState
            try await first.add(0..<3, in: empty)
            let error = await #expect(throws: TarnError.self) { try await second.add(3..<5, in: empty) }
            #expect(error?.code == .tableExists)
            let state = try await second.lake.refresh()
            try await first.add(5..<6, in: state)
            try await second.add(3..<5, in: state)
            #expect(try await first.ids(notes) == Array(0..<6))
        }
    }

    @Test("a table of another owner gets no rows")
    func refusesOthers() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(notes, 0..<1)
            let error = await #expect(throws: TarnError.self) {
                try await fixture.add(1..<2, in: fixture.lake.knownState)
            }
            #expect(error?.code == .ownerMismatch)
            #expect(try await fixture.ids(notes) == [0])
        }
    }
}

private let notes = TableName(namespace: "tarn", name: "notes")

extension LakeFixture {
    fileprivate func add(_ ids: Range<Int64>, in state: LakeState) async throws {
        var batch = ColumnBatch(schema: Self.schema)
        for id in ids {
            batch.columns[0].append(int64: id)
            batch.columns[1].append(string: "n\(id)")
        }
        var request = CommitRequest(cause: "test", message: "add")
        request.tables[notes] = try await lake.appendUpdate(
            of: batch,
            to: notes,
            owner: .system,
            in: state,
            writer: writer
        )
        _ = try await lake.commit(request, as: .source("shop"))
    }
}
