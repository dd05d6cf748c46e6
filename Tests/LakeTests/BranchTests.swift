import Base
import Columns
import Iceberg
import Lake
import ObjectStore
import Store
import Synchronization
import TestKit
import Testing

@Suite struct BranchTests {
    @Test("a branch shows its own rows over its base, and main does not see them")
    func readAndWrite() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<3)
            try await fixture.lake.createBranch("x", as: .system)
            let (base, onMain) = try await fixture.append(orders, 3..<5)
            _ = try await fixture.commit(orders, onMain, base: base)
            try await fixture.append(orders, 100..<102, on: "x")
            try await fixture.create(items, 7..<9, on: "x")
            #expect(try await fixture.ids(orders) == [0, 1, 2, 3, 4])
            #expect(try await fixture.ids(orders, at: .branch("x")) == [0, 1, 2, 100, 101])
            #expect(try await fixture.ids(items, at: .branch("x")) == [7, 8])
            #expect(try await fixture.lake.refresh().tables[items] == nil)
            #expect(try await fixture.lake.state(at: .branch("x")).version == 5)
        }
    }

    @Test("publishing adds what the branch only added to what main did meanwhile, in one commit that is not done twice")
    func publish() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<3)
            try await fixture.lake.createBranch("x", as: .system)
            try await fixture.append(orders, 100..<102, on: "x")
            try await fixture.create(items, 7..<9, on: "x")
            let (base, onMain) = try await fixture.append(orders, 3..<5)
            _ = try await fixture.commit(orders, onMain, base: base)
            var request = CommitRequest(cause: "materialize", message: "run 12")
            request.details = ["run": "12", "checks": [["name": "not_null", "passed": true]]]
            let result = try await fixture.lake.publish(Publication(of: "x"), with: request, as: .user("ada"))
            #expect(result.version == 6 && !result.wasDone)
            #expect(try await fixture.ids(orders) == [0, 1, 2, 3, 4, 100, 101])
            #expect(try await fixture.ids(items) == [7, 8])
            let again = try await fixture.lake.publish(Publication(of: "x"), with: request, as: .user("ada"))
            #expect(again.version == 6 && again.wasDone && again.tables == result.tables)
            let commit = try await fixture.lake.records(limit: 1)[0].commits[0]
            #expect(commit.cause == "materialize" && commit.details == request.details)
            #expect(commit.tables.map(\.name) == [items, orders])
            #expect(try await fixture.lake.refresh().branches.isEmpty)
        }
    }

    @Test("what both sides rewrote is a conflict that names the tables, and nothing is published")
    func conflict() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<3)
            try await fixture.create(items, 0..<3)
            try await fixture.lake.createBranch("x", as: .system)
            for name in [orders, items] { try await fixture.rewrite(name, 50..<52, on: "x") }
            try await fixture.rewrite(orders, 60..<62, on: nil)
            let error = await #expect(throws: TarnError.self) {
                try await fixture.lake.publish(Publication(of: "x"), as: .system)
            }
            #expect(error?.code == .commitConflict)
            #expect(error?.detail.first { $0.key == "tables" }?.value == "silver.orders")
            #expect(try await fixture.ids(items) == [0, 1, 2])
            let rest = Publication(of: "x", tables: [items], drops: false)
            try await fixture.lake.publish(rest, as: .system)
            #expect(try await fixture.ids(items) == [50, 51])
            #expect(try await fixture.lake.refresh().branches["x"]?.changedTables == [orders])
            #expect(try await fixture.lake.publish(rest, as: .system).wasDone)
        }
    }

    @Test("nothing newer than what was looked at is published")
    func expectedVersion() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<3)
            try await fixture.lake.createBranch("x", as: .system)
            let checked = try await fixture.append(orders, 10..<12, on: "x").version
            try await fixture.append(orders, 20..<22, on: "x")
            let error = await #expect(throws: TarnError.self) {
                try await fixture.lake.publish(Publication(of: "x", expectedVersion: checked), as: .system)
            }
            #expect(error?.code == .commitConflict)
            try await fixture.lake.publish(Publication(of: "x", expectedVersion: checked + 1), as: .system)
            #expect(try await fixture.ids(orders) == [0, 1, 2, 10, 11, 20, 21])
        }
    }

    @Test("mirrors are never written on a branch, assets only by their materialisation, positions move on main")
    func owners() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<2, owner: .source("shop"), as: .source("shop"))
            try await fixture.lake.createBranch("x", as: .system)
            try await fixture.create(items, 0..<2, owner: .assets, as: .assets, on: "x")
            func code(_ body: () async throws -> Void) async -> ErrorCode? {
                (await #expect(throws: TarnError.self) { try await body() })?.code
            }
            let mirror = await code { try await fixture.append(orders, 5..<6, on: "x", as: .source("shop")) }
            let asset = await code { try await fixture.append(items, 5..<6, on: "x", as: .user("eve")) }
            let published = await code { try await fixture.lake.publish(Publication(of: "x"), as: .user("eve")) }
            let other = TableName(namespace: "gold", name: "other")
            let made = await code { try await fixture.create(other, 0..<1, owner: .assets, as: .user("eve")) }
            let moved = await code {
                var request = CommitRequest(cause: "landing", message: "move", branch: "x")
                let state = SourceState(position: "01", time: nil, tables: .null)
                request.sources["shop"] = SourceUpdate(expected: nil, state: state)
                try await fixture.lake.commit(request, as: .source("shop"))
            }
            #expect([mirror, asset, published, made, moved] == Array(repeating: .ownerMismatch, count: 5))
            try await fixture.append(items, 5..<6, on: "x", as: .assets)
            try await fixture.lake.publish(Publication(of: "x"), as: .assets)
            #expect(try await fixture.ids(items) == [0, 1, 5])
        }
    }

    @Test("names are checked, and an unknown one is answered with the nearest")
    func names() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<2)
            for name in ["", "main", "1a", "a b", "ä", String(repeating: "a", count: 201)] {
                let error = await #expect(throws: TarnError.self) {
                    try await fixture.lake.createBranch(name, as: .system)
                }
                #expect(error?.code == .queryInvalid)
            }
            try await fixture.lake.createBranch("release/2026-01", as: .system)
            try await fixture.lake.createTag("audited", at: .version(1), as: .system)
            let taken = await #expect(throws: TarnError.self) {
                try await fixture.lake.createTag("release/2026-01", as: .system)
            }
            #expect(taken?.code == .referenceExists)
            let missing = await #expect(throws: TarnError.self) { try await fixture.lake.reference(named: "audit") }
            #expect(missing?.code == .referenceMissing)
            #expect(missing?.detail.contains { $0.value == "audited" } == true)
            #expect(try await fixture.lake.reference(named: "main") == .newest)
            #expect(try await fixture.lake.reference(named: "12") == .version(12))
            #expect(try await fixture.lake.reference(named: "audited") == .tag("audited"))
        }
    }

    @Test("what branches and tags need is reachable, also after main went on")
    func reachable() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let first = try await fixture.create(orders, 0..<2).tables[orders]?.metadata
            try await fixture.lake.createTag("t", as: .system)
            try await fixture.lake.createBranch("x", as: .system)
            try await fixture.rewrite(orders, 2..<3, on: nil)
            let second = try await fixture.state(orders).metadata
            try await fixture.rewrite(orders, 3..<4, on: nil)
            let third = try await fixture.state(orders).metadata
            let onBranch = try await fixture.append(orders, 9..<10, on: "x").tables[orders]?.metadata
            let reachable = try await fixture.lake.reachableMetadata()
            #expect(reachable == Set([first, third, onBranch].compactMap { $0 }))
            try await fixture.lake.dropTag("t", as: .system)
            try await fixture.lake.dropBranch("x", as: .system)
            #expect(try await fixture.lake.reachableMetadata() == [third])
            #expect(second != third)
        }
    }

    @Test("a thousand tables are branched, tagged and dropped with less than a megabyte")
    func size() async throws {
        try await withTemporaryFolder { folder in
            let store = CountingStore(try LocalObjectStore(folder: folder + "/warehouse"))
            try await Lake.create(in: store, entropy: SystemEntropy())
            let lake = try await Lake.open(store, state: try StateDatabase(path: folder + "/state.db"))
            var request = CommitRequest(cause: "test", message: "create")
            for number in 0..<1000 {
                let name = TableName(namespace: "gold", name: "t\(number)")
                let table = TableFolder(name, entropy: SystemEntropy())
                request.tables[name] = .create(NewTable(folder: table, owner: .open, schema: LakeFixture.schema))
            }
            try await lake.commit(request, as: .system)
            let before = store.bytesWritten
            try await lake.createBranch("x", as: .system)
            #expect(try await lake.state(at: .branch("x")).tables.count == 1000)
            try await lake.createTag("t", as: .system)
            try await lake.dropBranch("x", as: .system)
            #expect(store.bytesWritten - before < 2000)
        }
    }
}

/// Counts what is written.
final class CountingStore: ObjectStore {
    private let store: any ObjectStore
    private let count = Mutex(0)

    init(_ store: any ObjectStore) { self.store = store }

    var bytesWritten: Int { count.withLock { $0 } }
    var root: String { store.root }

    func get(_ key: String) async throws(TarnError) -> [UInt8] { try await store.get(key) }

    func put(_ key: String, _ bytes: [UInt8], condition: PutCondition) async throws(TarnError) {
        count.withLock { $0 += bytes.count }
        try await store.put(key, bytes, condition: condition)
    }

    func list(prefix: String, startAfter: String?) async throws(TarnError) -> [ObjectInfo] {
        try await store.list(prefix: prefix, startAfter: startAfter)
    }

    func head(_ key: String) async throws(TarnError) -> ObjectInfo? { try await store.head(key) }

    func delete(_ key: String) async throws(TarnError) { try await store.delete(key) }

    func stage(_ key: String) async throws(TarnError) -> String { try await store.stage(key) }

    func seal(_ key: String) async throws(TarnError) { try await store.seal(key) }
}
