import Base
import Iceberg
import Lake
import TestKit
import Testing

@Suite struct CommitTests {
    @Test("rows that were committed are read back, at every version")
    func readBack() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let created = try await fixture.create(orders, 0..<10)
            let (base, change) = try await fixture.append(orders, 10..<15)
            let appended = try await fixture.commit(orders, change, base: base)
            #expect(created.version == 1 && appended.version == 2)
            #expect(try await fixture.ids(orders) == Array(0..<15))
            #expect(try await fixture.ids(orders, at: .version(1)) == Array(0..<10))
            #expect(try await fixture.ids(orders, at: .time(created.time)) == Array(0..<10))
            #expect(try await fixture.snapshot(orders).exactRowCount == 15)
            let early = Timestamp(microseconds: created.time.microseconds - 1)
            let error = await #expect(throws: TarnError.self) { try await fixture.ids(orders, at: .time(early)) }
            #expect(error?.code == .versionMissing)
        }
    }

    @Test("appends of two processes at once both succeed; nothing is lost")
    func concurrentAppends() async throws {
        try await withTemporaryFolder { folder in
            let first = try await LakeFixture.open(folder)
            try await first.create(orders, 0..<1)
            let second = try await LakeFixture.open(folder, state: "other.db")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, fixture) in [first, second].enumerated() {
                    group.addTask {
                        for round in 0..<10 {
                            let start = Int64(1 + (index * 10 + round) * 5)
                            let (base, change) = try await fixture.append(orders, start..<start + 5)
                            _ = try await fixture.commit(orders, change, base: base)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await first.ids(orders) == Array(0..<101))
            #expect(try await second.lake.refresh() == (try await first.lake.refresh()))
        }
    }

    @Test("a change of what another commit changed is a conflict")
    func conflict() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<10)
            let (base, append) = try await fixture.append(orders, 10..<12)
            _ = try await fixture.commit(orders, append, base: base)
            var overwrite = TableChange(.overwrite)
            overwrite.removedDataFiles = Set(try await fixture.snapshot(orders).files.prefix(1).map(\.dataFile.path))
            let error = await #expect(throws: TarnError.self) {
                _ = try await fixture.commit(orders, overwrite, base: base)
            }
            #expect(error?.code == .commitConflict)
            #expect(try await fixture.ids(orders) == Array(0..<12))
        }
    }

    @Test("a table of a source takes commits of that source alone")
    func owner() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<2, owner: .source("shop"), as: .source("shop"))
            let (base, change) = try await fixture.append(orders, 2..<4)
            let error = await #expect(throws: TarnError.self) {
                _ = try await fixture.commit(orders, change, base: base, as: .user("eve"))
            }
            #expect(error?.code == .ownerMismatch)
            _ = try await fixture.commit(orders, change, base: base, as: .source("shop"))
            #expect(try await fixture.ids(orders) == Array(0..<4))
        }
    }

    @Test("commits that wait together share records, and each is whole")
    func groupCommit() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let names = (0..<24).map { TableName(namespace: "silver", name: "t\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in names { group.addTask { _ = try await fixture.create(name, 0..<3) } }
                try await group.waitForAll()
            }
            let state = try await fixture.lake.refresh()
            #expect(Set(state.tables.keys) == Set(names))
            #expect(state.version < 24)
            let records = try await fixture.lake.records(limit: 100)
            #expect(records.flatMap(\.commits).count == 24)
        }
    }

    @Test("two commits of one table in one group are both applied, in order")
    func sameTable() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            let changes = try await (1..<9).asyncMap { try await fixture.append(orders, Int64($0)..<Int64($0 + 1)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (base, change) in changes {
                    group.addTask { _ = try await fixture.commit(orders, change, base: base) }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.ids(orders) == Array(0..<9))
        }
    }

    @Test("the position of a source moves only from where its author believes it to be")
    func sourcePosition() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            func move(from expected: String?, to position: String) async throws {
                var request = CommitRequest(cause: "landing", message: "move")
                request.sources["shop"] = SourceUpdate(
                    expected: expected,
                    state: SourceState(position: position, time: nil, tables: .null)
                )
                try await fixture.lake.commit(request, as: .source("shop"))
            }
            try await move(from: nil, to: "01")
            try await move(from: "01", to: "02")
            await #expect(throws: TarnError.self) { try await move(from: "01", to: "03") }
            #expect(try await fixture.lake.refresh().sources["shop"]?.position == "02")
        }
    }
}

extension Sequence {
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
