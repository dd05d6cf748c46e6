import Base
import Capture
import Columns
import Engine
import Iceberg
import Lake
import Landing
import ObjectStore
import Store

/// A lake in a temporary folder, to write and to read.
struct TestLake {
    let folder: String
    let lake: Lake
    let engine: Engine
    let connection: EngineConnection
    let entropy: any Entropy

    static func open(_ folder: String, entropy: any Entropy = SystemEntropy()) async throws -> TestLake {
        let store = try LocalObjectStore(folder: folder + "/warehouse")
        try await Lake.create(in: store, entropy: entropy)
        let lake = try await Lake.open(store, state: try StateDatabase(path: folder + "/state.db"), time: ManualTime())
        let engine = try Engine(EngineConfiguration(memoryLimitBytes: 256 << 20, threads: 2))
        return TestLake(folder: folder, lake: lake, engine: engine, connection: try engine.connect(), entropy: entropy)
    }

    var writer: DataFileWriter { DataFileWriter(store: lake.store, connection: connection, entropy: entropy) }

    func state(_ name: TableName) async throws -> TableState {
        guard let state = try await lake.refresh().tables[name] else { throw TarnError(.tableMissing, "No table.") }
        return state
    }

    func snapshot(_ name: TableName, at version: VersionReference = .newest) async throws -> TableSnapshot {
        guard let state = try await lake.state(at: version).tables[name] else {
            throw TarnError(.tableMissing, "No table.")
        }
        return try await lake.reader.snapshot(name, state)
    }

    /// What Tarn's own query of a table gives.
    func read(_ snapshot: TableSnapshot) async throws -> CanonicalTable {
        CanonicalTable(try await connection.query(ScanSQL(snapshot).select))
    }

    @discardableResult
    func commit(_ name: TableName, _ update: TableUpdate) async throws -> CommitResult {
        var request = CommitRequest(cause: "test", message: "change \(name)")
        request.tables[name] = update
        return try await lake.commit(request, as: .system)
    }

    /// Makes a table with one file a batch.
    /// - Returns: the URI of its metadata file.
    func create(_ name: TableName, _ batches: [ColumnBatch]) async throws -> String {
        let table = TableFolder(name, entropy: entropy)
        var change = TableChange(.append)
        for batch in batches {
            let input = RowInput(schema: batch.schema, batches: [batch])
            change.addedDataFiles.append(try await writer.writeRows(input, into: table))
        }
        let schema = batches[0].schema
        try await commit(name, .create(NewTable(folder: table, owner: .open, schema: schema, change: change)))
        return lake.store.uri(try await state(name).metadata)
    }

    /// Every version of the lake that changed the table, the oldest first.
    func sights(of name: TableName) async throws -> [Sight] {
        try await lake.records(ofTable: name, limit: 10_000).map { Sight(name: name, version: .version($0.version)) }
            .reversed()
    }

    /// Lands until the lake has everything the source has, which must be at least one transaction.
    func land(_ source: ShopSource) async throws {
        let context = LandingContext(
            source: "shop",
            lake: lake,
            engine: engine,
            options: LandingOptions(),
            indexFolder: folder + "/index",
            time: ManualTime(),
            entropy: entropy
        )
        let end = source.end
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await SourceLanding(source, context: context).run() }
            group.addTask { for await position in source.acknowledgements where position == end { return } }
            try await group.next()
            group.cancelAll()
            while (try await group.next()) != nil {}
        }
    }
}
