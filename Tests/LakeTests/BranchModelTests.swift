import Base
import Iceberg
import Lake
import TestKit
import Testing

@Suite struct BranchModelTests {
    @Test(
        "random commits, branches, publishings, rollbacks, restarts and lost indexes do what a plain model does",
        arguments: 1...6
    )
    func random(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            var run = BranchModelRun(fixture: try await LakeFixture.open(folder), random: SeededEntropy(seed: seed))
            for step in 0..<130 {
                let action = try await run.step()
                let comment: Comment = "seed \(seed), step \(step): \(action)"
                try await run.check(comment)
            }
            try await run.checkRows("seed \(seed)")
            #expect(run.published > 0 && run.conflicts > 0 && run.rollbacks > 0, "seed \(seed)")
        }
    }
}

/// A lake and its model, changed side by side.
struct BranchModelRun {
    var fixture: LakeFixture
    let random: SeededEntropy
    var model = BranchModel()
    var published = 0
    var conflicts = 0
    var rollbacks = 0
    private var nextID: Int64 = 0
    private var stateFiles = 0

    private static let tables = ["a", "b", "c", "d"].map { TableName(namespace: "gold", name: $0) }
    private static let names = ["x", "y", "z"]

    init(fixture: LakeFixture, random: SeededEntropy) {
        self.fixture = fixture
        self.random = random
    }

    /// Does one thing to both, and says what.
    mutating func step() async throws -> String {
        switch pick(100) {
        case 0..<45: try await write()
        case 45..<60: try await createBranch()
        case 60..<78: try await publish()
        case 78..<82: try await dropBranch()
        case 82..<90: try await rollBack()
        case 90..<94: try await tag()
        case 94..<97: try await restart(lostIndex: false)
        default: try await restart(lostIndex: true)
        }
    }

    func check(_ comment: Comment) async throws {
        let state = try await fixture.lake.refresh()
        #expect(Int(state.version) == model.history.count - 1, comment)
        #expect(Set(state.branches.keys) == Set(model.branches.keys), comment)
        #expect(state.tags == model.tags, comment)
        try await expectFiles(model.main, at: .newest, comment)
        for (name, branch) in model.branches {
            try await expectFiles(branch.view, at: .branch(name), comment)
            #expect(state.branches[name]?.changedTables == branch.changed, comment)
        }
        for (name, version) in model.tags {
            try await expectFiles(model.history[Int(version)], at: .tag(name), comment)
        }
        guard state.version > 0 else { return }
        let version = 1 + pick(Int(state.version))
        try await expectFiles(model.history[version], at: .version(Int64(version)), comment)
    }

    /// Reads the rows themselves.
    func checkRows(_ comment: Comment) async throws {
        for reference in [VersionReference.newest] + model.branches.keys.map({ .branch($0) }) {
            var view = model.main
            if case .branch(let name) = reference { view = model.view(name) }
            for (name, table) in view {
                #expect(
                    try await fixture.ids(name, at: reference) == table.files.values.flatMap { $0 }.sorted(),
                    comment
                )
            }
        }
    }

    private func expectFiles(
        _ expected: [TableName: BranchModel.Table],
        at reference: VersionReference,
        _ comment: Comment
    ) async throws {
        let state = try await fixture.lake.state(at: reference)
        #expect(Set(state.tables.keys) == Set(expected.keys), comment)
        for (name, table) in expected {
            guard let known = state.tables[name] else { continue }
            let files = try await fixture.lake.reader.snapshot(name, known).files.map(\.dataFile.path)
            #expect(Set(files) == Set(table.files.keys), "\(comment) \(name) at \(reference)")
        }
    }

    private func pick(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }

    private func anyBranch() -> String? {
        let names = model.branches.keys.sorted()
        return names.isEmpty ? nil : names[pick(names.count)]
    }
}

extension BranchModelRun {
    /// Creates, appends to, rewrites or drops a table, on main or on a branch.
    private mutating func write() async throws -> String {
        let branch = pick(3) == 0 ? nil : anyBranch()
        let name = Self.tables[pick(Self.tables.count)]
        var request = CommitRequest(cause: "test", message: "write", branch: branch)
        let action: String
        var next: BranchModel.Table?
        if let table = model.view(branch)[name] {
            let reference = branch.map { VersionReference.branch($0) } ?? .newest
            let state = try #require(try await fixture.lake.state(at: reference).tables[name])
            let folder = try #require(TableFolder(state))
            let kind = pick(10)
            if kind == 0 {
                action = "drop"
                request.tables[name] = .drop(uuid: state.uuid)
            } else {
                let (file, rows) = try await newFile(folder)
                var change = TableChange(kind < 7 ? .append : .overwrite)
                change.addedDataFiles = [file]
                var table = table
                if kind >= 7 {
                    change.removedDataFiles = Set(table.files.keys)
                    table.files = [:]
                }
                table.files[file.path] = rows
                table.identity = model.identity()
                next = table
                action = kind < 7 ? "append" : "rewrite"
                request.tables[name] = .change(change, base: state)
            }
        } else {
            action = "create"
            let folder = TableFolder(name, entropy: fixture.entropy)
            let (file, rows) = try await newFile(folder)
            var change = TableChange(.append)
            change.addedDataFiles = [file]
            let schema = LakeFixture.schema
            request.tables[name] = .create(NewTable(folder: folder, owner: .open, schema: schema, change: change))
            next = BranchModel.Table(identity: model.identity(), life: model.identity(), files: [file.path: rows])
        }
        try await fixture.lake.commit(request, as: .system)
        model.set(name, next, on: branch)
        model.commit()
        return "\(action) \(name) on \(branch ?? "main")"
    }

    private mutating func newFile(_ folder: TableFolder) async throws -> (DataFile, [Int64]) {
        let ids = nextID..<nextID + 1 + Int64(pick(3))
        nextID = ids.upperBound
        return (try await fixture.writer.writeRows(fixture.rows(ids), into: folder), Array(ids))
    }

    private mutating func createBranch() async throws -> String {
        let name = Self.names[pick(Self.names.count)]
        let newest = model.history.count - 1
        let version: Int? = newest > 0 && pick(4) == 0 ? 1 + pick(newest) : nil
        guard model.branches[name] == nil else {
            let error = await #expect(throws: TarnError.self) { try await fixture.lake.createBranch(name, as: .system) }
            #expect(error?.code == .referenceExists)
            return "refused branch \(name)"
        }
        let origin = version.map { VersionReference.version(Int64($0)) } ?? .newest
        try await fixture.lake.createBranch(name, at: origin, as: .system)
        model.branches[name] = BranchModel.Branch(base: model.history[version ?? newest])
        model.commit()
        return "branch \(name) at \(version ?? newest)"
    }

    private mutating func publish() async throws -> String {
        guard let name = anyBranch(), let branch = model.branches[name] else { return "nothing" }
        let drops = pick(2) == 0
        let tables = pick(3) == 0 ? branch.changed.filter { _ in pick(2) == 0 } : nil
        let publication = Publication(of: name, tables: tables, drops: drops)
        let before = model
        let isFit = model.publish(name, tables, drops: drops)
        do throws(TarnError) {
            let result = try await fixture.lake.publish(publication, as: .system)
            #expect(isFit, "published \(name) over a conflict")
            if !result.wasDone { model.commit() }
            published += branch.changed.isEmpty ? 0 : 1
        } catch {
            guard error.code == .commitConflict else { throw error }
            #expect(!isFit, "\(error)")
            model = before
            conflicts += 1
        }
        return "publish \(tables?.description ?? "all") of \(name), \(drops ? "drop" : "keep"), \(isFit)"
    }

    private mutating func dropBranch() async throws -> String {
        guard let name = anyBranch() else { return "nothing" }
        try await fixture.lake.dropBranch(name, as: .system)
        model.branches[name] = nil
        model.commit()
        return "drop branch \(name)"
    }

    private mutating func rollBack() async throws -> String {
        let newest = model.history.count - 1
        guard newest > 0 else { return "nothing" }
        let version = 1 + pick(newest)
        let result = try await fixture.lake.rollback(to: .version(Int64(version)), as: .system)
        let isChanged = model.rollBack(to: version)
        #expect((result.version != nil) == isChanged)
        if isChanged { model.commit() }
        rollbacks += isChanged ? 1 : 0
        return "roll back to \(version)"
    }

    private mutating func tag() async throws -> String {
        if let name = model.tags.keys.min(), pick(2) == 0 {
            try await fixture.lake.dropTag(name, as: .system)
            model.tags[name] = nil
            model.commit()
            return "drop tag \(name)"
        }
        let newest = model.history.count - 1
        guard newest > 0 else { return "nothing" }
        let name = "t\(newest)"
        guard model.tags[name] == nil else { return "nothing" }
        let version = Int64(1 + pick(newest))
        try await fixture.lake.createTag(name, at: .version(version), as: .system)
        model.tags[name] = version
        model.commit()
        return "tag \(name) at \(version)"
    }

    /// Another process goes on: from the same local state, or from none.
    private mutating func restart(lostIndex: Bool) async throws -> String {
        if lostIndex { stateFiles += 1 }
        let known = try await fixture.lake.refresh()
        let name = stateFiles == 0 ? "state.db" : "state-\(stateFiles).db"
        fixture = try await LakeFixture.open(fixture.folder, state: name)
        #expect(fixture.lake.knownState == known)
        return lostIndex ? "lost index" : "restart"
    }
}
