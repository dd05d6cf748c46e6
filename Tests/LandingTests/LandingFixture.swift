import Base
import Capture
import Columns
import Engine
import Lake
import Landing
import ObjectStore
import Store
import Testing

/// A landing on a real lake in a folder.
struct LandingFixture {
    let lake: Lake
    let engine: Engine
    let time: ManualTime
    var context: LandingContext

    /// - Parameters:
    ///   - step: what each look at the clock takes, in microseconds.
    ///   - checks: gives the checks of rows, for an engine.
    init(
        _ folder: String,
        entropy: any Entropy,
        step: Int64 = 1000,
        checks: (Engine) -> RowChecks? = { _ in nil }
    ) async throws {
        time = ManualTime(step: step)
        let store = try LocalObjectStore(folder: folder + "/warehouse")
        try await Lake.create(in: store, entropy: entropy)
        lake = try await Lake.open(store, state: try StateDatabase(path: folder + "/state.db"), time: time)
        engine = try Engine(EngineConfiguration(memoryLimitBytes: 256 << 20, threads: 2))
        context = LandingContext(
            source: "shop",
            lake: lake,
            engine: engine,
            options: LandingOptions(),
            indexFolder: folder + "/index",
            time: time,
            entropy: entropy
        )
        context.checks = checks(engine)
    }

    /// Lands until the lake has everything the source has.
    /// - Returns: the status at the end.
    @discardableResult
    func land(_ source: MemorySource) async throws -> LandingStatus {
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
        return landing.status
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

    /// Rows of a table as texts, those of each row joined by `|`.
    func texts(_ name: TableName, _ columns: String, at version: VersionReference = .newest) async throws -> [String] {
        guard let state = try await lake.state(at: version).tables[name] else { return [] }
        let snapshot = try await lake.reader.snapshot(name, state)
        let order = snapshot.schema.fields.contains { $0.name == "time" } ? " ORDER BY time" : ""
        let select = ScanSQL(snapshot).select
        let result = try await engine.connect().query("SELECT concat_ws('|', \(columns)) FROM (\(select))\(order)")
        return result.batches.flatMap { batch in
            (0..<batch.rowCount).map { text(batch.columns[0], $0) ?? "" }
        }
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

extension MemorySource {
    /// Random changes that are valid one after the other.
    func transaction(_ random: SeededEntropy) -> [Change] {
        var live = rows
        var changes: [Change] = []
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
                let row = Row(
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
                let row = Row(id: id, name: "c\(id)", big: random.next() % 3 == 0 ? nil : "y\(id)")
                live[id] = row
                changes.append(.create(row))
            }
        }
        return changes
    }
}
