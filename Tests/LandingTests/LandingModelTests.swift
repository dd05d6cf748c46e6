import Base
import Capture
import Columns
import Engine
import Lake
import Landing
import ObjectStore
import Store
import TestKit
import Testing

/// A landing on a real lake, fed by a source in memory, against a naive replay.
@Suite struct LandingModelTests {
    @Test("silver equals the source after random transactions, restarts and lost indexes", arguments: 0..<12)
    func model(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            let random = SeededEntropy(seed: seed)
            let rows = (0..<Int64(random.next() % 60)).map { MemorySource.Row(id: $0, name: "n\($0)", big: "b\($0)") }
            let source = MemorySource(rows: rows, changesPerPart: seed % 3 == 0 ? 4 : .max)
            for round in 0..<6 {
                for _ in 0..<(random.next() % 6) { source.append(transaction(source, random)) }
                if round == 3, seed % 4 == 1 { removeTree(folder + "/index") }
                let fixture = try await Fixture(folder, entropy: random)
                try await fixture.land(source)
                #expect(try await fixture.silverRows() == source.rows, "seed \(seed), round \(round)")
                #expect(source.acknowledged == source.end || round == 0)
                #expect(try await fixture.bronzeCount() == rows.count + source.changeCount)
            }
        }
    }

    @Test("another database, or the same one set back, is refused; it is known from the snapshot on")
    func otherDatabase() async throws {
        try await withTemporaryFolder { folder in
            let rows = [MemorySource.Row(id: 1, name: "a", big: nil)]
            var fixture = try await Fixture(folder, entropy: SeededEntropy(seed: 1))
            try await fixture.land(MemorySource(rows: rows, identity: "1/1"))
            fixture = try await Fixture(folder, entropy: SeededEntropy(seed: 2))
            let other = SourceLanding(MemorySource(rows: rows, identity: "1/2"), context: fixture.context)
            let error = await #expect(throws: TarnError.self) { try await other.run() }
            #expect(error?.code == .sourceReplaced)
            try await fixture.land(MemorySource(rows: rows, identity: "1/1"))
        }
    }

    /// Random changes that are valid one after the other.
    private func transaction(_ source: MemorySource, _ random: SeededEntropy) -> [MemorySource.Change] {
        var live = source.rows
        var changes: [MemorySource.Change] = []
        for _ in 0..<(1 + random.next() % 12) {
            let ids = live.keys.sorted()
            let existing = ids.isEmpty ? nil : ids[Int(random.next() % UInt64(ids.count))]
            switch (random.next() % 20, existing) {
            case (0, _) where random.next() % 4 == 0:
                live = [:]
                changes.append(.truncate)
            case (0..<5, let id?):
                live[id] = nil
                changes.append(.delete(id))
            case (5..<14, let id?):
                let old = live[id]
                let moved = random.next() % 5 == 0 ? Int64(1000 + random.next() % 50) : id
                guard moved == id || live[moved] == nil else { continue }
                let keepsBig = random.next() % 2 == 0
                let row = MemorySource.Row(
                    id: moved,
                    name: random.next() % 4 == 0 ? nil : "u\(random.next() % 100)",
                    big: keepsBig ? old?.big : "x\(random.next() % 100)"
                )
                live[id] = nil
                live[moved] = row
                changes.append(.update(old: id, row, keepsBig: keepsBig))
            default:
                let id = Int64(random.next() % 80)
                guard live[id] == nil else { continue }
                let row = MemorySource.Row(id: id, name: "c\(id)", big: random.next() % 3 == 0 ? nil : "y\(id)")
                live[id] = row
                changes.append(.create(row))
            }
        }
        return changes
    }
}

private struct Fixture {
    let lake: Lake
    let engine: Engine
    let context: LandingContext

    init(_ folder: String, entropy: any Entropy) async throws {
        let store = try LocalObjectStore(folder: folder + "/warehouse")
        try await Lake.create(in: store, entropy: entropy)
        lake = try await Lake.open(store, state: try StateDatabase(path: folder + "/state.db"), time: ManualTime())
        engine = try Engine(EngineConfiguration(memoryLimitBytes: 256 << 20, threads: 2))
        context = LandingContext(
            source: "shop",
            lake: lake,
            engine: engine,
            options: LandingOptions(),
            indexFolder: folder + "/index",
            time: ManualTime(),
            entropy: entropy
        )
    }

    /// Lands until the lake has everything the source has.
    func land(_ source: MemorySource) async throws {
        let landing = SourceLanding(source, context: context)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await landing.run() }
            group.addTask {
                while landing.status.position != source.end.text || landing.status.phase != .streaming {
                    if landing.status.phase == .failed { return }
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            try await group.next()
            group.cancelAll()
            while (try await group.next()) != nil {}
        }
    }

    func silverRows() async throws -> [Int64: MemorySource.Row] {
        let select = try await select(TableName(namespace: "silver", name: "orders"))
        let result = try await engine.connect().query("SELECT id, name, big FROM (\(select))")
        var rows: [Int64: MemorySource.Row] = [:]
        for batch in result.batches {
            for row in 0..<batch.rowCount {
                guard case .int64(let ids) = batch.columns[0].storage else { continue }
                #expect(rows[ids[row]] == nil, "a key stands twice")
                rows[ids[row]] = MemorySource.Row(
                    id: ids[row],
                    name: text(batch.columns[1], row),
                    big: text(batch.columns[2], row)
                )
            }
        }
        return rows
    }

    func bronzeCount() async throws -> Int {
        let select = try await select(TableName(namespace: "bronze", name: "orders"))
        return try await engine.connect().query("SELECT * FROM (\(select))").rowCount
    }

    private func select(_ name: TableName) async throws -> String {
        guard let state = try await lake.refresh().tables[name] else { throw TarnError(.tableMissing, "No table.") }
        return ScanSQL(try await lake.reader.snapshot(name, state)).select
    }

    private func text(_ column: Column, _ row: Int) -> String? {
        guard !column.isNull(row), case .slices(let texts) = column.storage else { return nil }
        return String(decoding: texts[row], as: UTF8.self)
    }
}
