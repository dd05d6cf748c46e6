import Assets
import Base
import Checks
import Columns
import Iceberg
import Lake
import ObjectStore
import Query
import Store
import Synchronization
import TestKit
import Testing

@testable import Materialization

/// A lake with tables of its own, and a project of assets in memory.
final class World: Sendable {
    let lake: Lake
    let history: RunHistory
    let time = ManualTime(step: 1000)
    private let folder: String
    private let files = Mutex<[String: String]>([:])

    init(_ folder: String) async throws {
        self.folder = folder
        let store = try LocalObjectStore(folder: "\(folder)/warehouse")
        let entropy = SeededEntropy(seed: 11)
        try await Lake.create(in: store, entropy: entropy)
        let state = try StateDatabase(path: "\(folder)/state.db")
        lake = try await Lake.open(store, state: state, time: time, entropy: entropy)
        history = RunHistory(state)
    }

    static func with<Value>(_ body: (World) async throws -> Value) async throws -> Value {
        try await withTemporaryFolder { folder in try await body(try await World(folder)) }
    }

    /// Runs statements of a person.
    func sql(_ statements: String...) async throws {
        let session = try await QuerySession.open(lake, allowsWrites: true)
        for statement in statements { _ = try await session.run(statement, as: .user("test")) }
    }

    /// The rows of a query, each as its cells with `|` between them.
    func rows(_ sql: String, at version: VersionReference = .newest) async throws -> [String] {
        let session = try await QuerySession.open(lake)
        let answer = try await session.run("SELECT concat_ws('|', *COLUMNS(*)) FROM (\(sql))", at: version, as: .system)
        return answer.batches.flatMap { batch -> [String] in
            guard case .slices(let texts) = batch.columns[0].storage else { return [] }
            return (0..<batch.rowCount).map { String(decoding: texts[$0], as: UTF8.self) }
        }
    }

    /// Sets the file of an asset: `gold.sales`.
    func asset(_ name: String, _ header: String = "", _ sql: String) {
        let path = "assets/" + name.replacing(".", with: "/") + ".sql"
        let text = header.isEmpty ? sql : "/* ---\n\(header)\n--- */\n\(sql)"
        files.withLock { $0[path] = text }
    }

    func compile() async throws -> CompiledProject {
        let state = try await lake.refresh()
        var catalog = TableCatalog()
        for (name, table) in state.tables {
            catalog.tables[name] = KnownTable(
                schema: try await lake.reader.metadata(table).currentSchema,
                owner: table.owner == .assets ? .assets : table.owner == .system ? .system : .open
            )
        }
        let texts = files.withLock { $0 }.map { SourceText(path: $0.key, bytes: Array($0.value.utf8)) }
        return try await AssetCompiler.compile(texts, catalog: catalog, on: try ShadowCatalog())
    }

    private func materialization() async throws -> MaterializationRun {
        let engine = try await QueryEngine(lake, limits: QueryLimits(threads: 2, timeout: nil))
        return MaterializationRun(engine, on: lake, history: history, time: time)
    }

    private func request(_ words: [String]) async throws -> MaterializationRequest {
        let project = try await compile()
        if let problem = project.problems.first { throw problem.error }
        let published = try await PublishedAssets(lake).last(of: project.assets.keys)
        let selection = AssetSelection(project, publishedPlans: published.mapValues(\.planHash))
        return MaterializationRequest(try selection.assets(words), of: project, trigger: .manual, runningMax: 2)
    }

    @discardableResult
    func materialize(_ words: String..., fullRefresh: Bool = false) async throws -> RunReport {
        var request = try await request(words)
        request.isFullRefresh = fullRefresh
        return try await materialization().run(request) { _ in }
    }

    func materialize(_ assets: [TableName], of project: CompiledProject) async throws -> RunReport {
        let request = MaterializationRequest(assets, of: project, trigger: .inputs, runningMax: 2)
        return try await materialization().run(request) { _ in }
    }

    /// A run that ends when it is told of this asset, as if a signal had come.
    func interrupt(after asset: String, fullRefresh: Bool = false) async throws {
        var request = try await request([])
        request.isFullRefresh = fullRefresh
        let (run, final) = (try await materialization(), request)
        let task = Task { () async -> Bool in
            do {
                _ = try await run.run(final) { event in
                    guard case .ended(let result) = event, result.asset.description == asset else { return }
                    unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                }
                return false
            } catch {
                return (error as? TarnError)?.code == .interrupted
            }
        }
        let wasInterrupted = await task.value
        #expect(wasInterrupted)
    }

    func resume() async throws -> RunReport? {
        try await materialization().resume(try await request([])) { _ in }
    }
}

extension RunReport {
    /// `gold.a succeeded`, one a step.
    var outcomes: [String] {
        steps.map { step in
            switch step.outcome {
            case .succeeded: "\(step.asset) succeeded\(step.isResumed ? " before" : "")"
            case .rejected: "\(step.asset) rejected by \(step.blocking.map(\.check.name).joined(separator: ", "))"
            case .broken(let error): "\(step.asset) broken: \(error.message)"
            case .skipped(let cause): "\(step.asset) skipped because of \(cause)"
            }
        }
    }
}
