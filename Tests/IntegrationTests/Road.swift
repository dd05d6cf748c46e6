import Base
import Capture
import Columns
import Engine
import Glibc
import Lake
import Landing
import ObjectStore
import Store
import TestKit

@testable import PostgresSource

/// A database of a real PostgreSQL server and a lake that follows it, for one test.
struct Road {
    /// A libpq connection string of a superuser; without it these tests are skipped.
    static let server: String? = unsafe getenv("TARN_TEST_POSTGRES").map { unsafe String(cString: $0) }
    static var isAvailable: Bool { server != nil }

    let database: Session
    let source: PostgresSource
    let lake: Lake
    let landing: SourceLanding
    let engine: Engine

    static func with(
        _ name: String,
        _ setup: String,
        options: LandingOptions = LandingOptions(),
        encoding: String? = nil,
        checks: (_ warehouse: String) throws -> RowChecks? = { _ in nil },
        _ body: (Road) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let databaseName = "tarn_road_\(name)_\(getpid())"
            let admin = Session(server ?? "")
            let form = encoding.map { " ENCODING '\($0)' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'" } ?? ""
            try await admin.execute("CREATE DATABASE \(databaseName)\(form)")
            let road = try await Road(folder, databaseName, options, try checks(folder + "/warehouse"))
            let result: Result<Void, any Error>
            do {
                try await road.database.execute("SET search_path = public; " + setup)
                result = .success(try await body(road))
            } catch {
                result = .failure(error)
            }
            try? await road.source.remove()
            await road.database.close()
            try await admin.execute("DROP DATABASE \(databaseName) WITH (FORCE)")
            await admin.close()
            try result.get()
        }
    }

    private init(
        _ folder: String,
        _ databaseName: String,
        _ options: LandingOptions,
        _ checks: RowChecks?
    ) async throws {
        let connection = "\(Self.server ?? "") dbname=\(databaseName)"
        database = Session(connection)
        source = PostgresSource(
            PostgresSourceConfiguration(name: databaseName, connection: connection, tables: ["public.*"])
        )
        let store = try LocalObjectStore(folder: folder + "/warehouse")
        try await Lake.create(in: store, entropy: SystemEntropy())
        lake = try await Lake.open(store, state: try StateDatabase(path: folder + "/state.db"))
        engine = try Engine(EngineConfiguration(memoryLimitBytes: 512 << 20, threads: 2))
        var options = options
        options.commitInterval = .milliseconds(50)
        options.idleInterval = .milliseconds(100)
        var context = LandingContext(
            source: databaseName,
            lake: lake,
            engine: engine,
            options: options,
            indexFolder: folder + "/index",
            time: SystemTime(),
            entropy: SystemEntropy()
        )
        context.checks = checks
        landing = SourceLanding(source, context: context)
    }

    /// Runs the landing while `body` runs, then until it has everything that the source has.
    func following(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await landing.run() }
            try await body()
            let end = try await position()
            try await wait { ($0.position ?? "") >= end }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// The tables that are no longer followed.
    var stopped: [String] { landing.status.tables.filter { $0.stopped != nil }.map(\.source).sorted() }

    /// Waits until the landing shows what is wanted.
    func wait(until isReached: (LandingStatus) -> Bool) async throws {
        while !isReached(landing.status) {
            if let failure = landing.status.failure { throw TarnError(.sourceRejected, failure) }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// The end of the source's log, in the lake's form; something is logged so that the end is reached.
    func position() async throws -> String {
        let end = try await database.rows("SELECT pg_current_wal_lsn()")[0][0] ?? ""
        try await database.execute("SELECT pg_logical_emit_message(true, 'tarn', 'end')")
        return LSN(end)?.position.text ?? ""
    }

    /// Rows of a lake table as text, sorted; columns as given.
    func lakeRows(
        _ name: TableName,
        _ columns: [String],
        at version: VersionReference = .newest
    ) async throws
        -> [[String?]]
    {
        guard let state = try await lake.state(at: version).tables[name] else {
            throw TarnError(.tableMissing, "No table \(name).")
        }
        let select = ScanSQL(try await lake.reader.snapshot(name, state)).select
        let texts = columns.map { "CAST(\($0) AS VARCHAR)" }.joined(separator: ", ")
        let result = try await engine.connect().query("SELECT \(texts) FROM (\(select))")
        var rows: [[String?]] = []
        for batch in result.batches {
            for row in 0..<batch.rowCount { rows.append(batch.columns.map { text($0, row) }) }
        }
        return rows.sorted(by: Self.precedes)
    }

    /// Rows of a table of the source as text, sorted.
    func sourceRows(_ table: String, _ columns: [String]) async throws -> [[String?]] {
        let texts = columns.map { "(\($0))::text" }.joined(separator: ", ")
        return try await database.rows("SELECT \(texts) FROM \(table)").sorted(by: Self.precedes)
    }

    private func text(_ column: Column, _ row: Int) -> String? {
        guard !column.isNull(row), case .slices(let texts) = column.storage else { return nil }
        return String(decoding: texts[row], as: UTF8.self)
    }

    private static func precedes(_ left: [String?], _ right: [String?]) -> Bool {
        left.map { $0 ?? "" }.lexicographicallyPrecedes(right.map { $0 ?? "" })
    }
}
