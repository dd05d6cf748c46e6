internal import Assets
internal import Base
internal import Iceberg
internal import Lake
internal import Logging
internal import Materialization
internal import ServiceLifecycle
import Synchronization
internal import Web

/// Builds a project's assets again whenever what they are made of has changed, for as long as `tarn up` runs.
final class AssetSupervisor: Service {
    /// The rhythm of the supervisor; tests bring their own.
    struct Rhythm: Sendable {
        var look = Duration.seconds(1)
        var time: any TimeSource = SystemTime()
        var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    }

    private let assets: ProjectAssets
    private let composition: Composition
    private let rhythm: Rhythm
    private let logger: Logger
    private let board = Mutex<[TableName: AssetStatus]>([:])

    init(_ composition: Composition, rhythm: Rhythm = Rhythm(), logger: Logger) {
        assets = ProjectAssets(composition.project)
        self.composition = composition
        self.rhythm = rhythm
        self.logger = logger
    }

    /// By name.
    var statuses: [AssetStatus] { board.withLock { $0.values.sorted { $0.name < $1.name } } }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var look = Look()
            while !Task.isCancelled {
                do throws(TarnError) {
                    try await self.look(&look)
                } catch {
                    if error.code != .interrupted { self.complain(error, &look) }
                }
                do { try await self.rhythm.sleep(self.rhythm.look) } catch { return }
            }
        }
    }

    /// What is remembered from one look to the next.
    private struct Look {
        var planner = RefreshPlanner()
        var project: CompiledProject?
        var files: [ProjectAssets.FileMark] = []
        var tables: Set<TableName> = []
        /// The metadata of each table, and which of its schemas was the current one.
        var columns: [TableName: (metadata: String, schema: Int)] = [:]
        var complaint = ""
        var failures: [TableName: String] = [:]
        /// The metadata of each asset's table when the board was written; whoever changed it.
        var shown: [TableName: String] = [:]
    }

    private func look(_ look: inout Look) async throws(TarnError) {
        let state = try await composition.lake.refresh()
        let files = try assets.marks()
        let tables = Set(state.tables.keys)
        let haveColumnsChanged = try await takeColumns(of: state, &look)
        if files != look.files || tables != look.tables || haveColumnsChanged {
            look.project = files.isEmpty ? nil : try await compile(&look)
            look.files = files
            look.tables = tables
        }
        guard let project = look.project else { return }
        try await showPublished(project, state, &look)
        let due = look.planner.due(project, state, now: rhythm.time.now())
        show(project, look)
        guard !due.isEmpty else { return }
        try await build(due, project, &look)
    }

    /// Whether a table has got other columns since the last look.
    private func takeColumns(of state: LakeState, _ look: inout Look) async throws(TarnError) -> Bool {
        var hasChanged = false
        for (name, table) in state.tables where look.columns[name]?.metadata != table.metadata {
            let schema = try await composition.lake.reader.metadata(table).currentSchemaID
            if let known = look.columns[name], known.schema != schema { hasChanged = true }
            look.columns[name] = (table.metadata, schema)
        }
        return hasChanged
    }

    private func compile(_ look: inout Look) async throws(TarnError) -> CompiledProject {
        let project = try await assets.compile()
        let unknown = look.planner.unknown(of: project)
        look.planner.know(try await PublishedAssets(composition.lake).last(of: unknown))
        let problems = project.problems.map(\.text).joined(separator: "\n")
        if problems != look.complaint, let first = project.problems.first {
            logger.warning(
                "assets with problems are not built; `tarn compile` shows all of them",
                metadata: ["problems": "\(project.problems.count)", "first": "\(first.place): \(first.error.message)"]
            )
        }
        look.complaint = problems
        return project
    }

    private func build(
        _ due: [TableName],
        _ project: CompiledProject,
        _ look: inout Look
    ) async throws(TarnError) {
        let startedAt = rhythm.time.now()
        mark(due)
        do throws(TarnError) {
            let built = try await Materializer(composition).run(trigger: .inputs) { (now) throws(TarnError) in
                // The files may have changed since they were looked at.
                due.filter { now.assets[$0] != nil && !now.unsound.contains($0) }
            } progress: { _ in
            }
            guard let (report, project) = built else { return }
            let base = try await composition.lake.state(at: .version(report.base))
            let after = try await composition.lake.state(at: report.version.map { .version($0) } ?? .newest)
            look.planner.take(report, of: project, base: base, after: after, startedAt: startedAt)
            note(report, &look)
        } catch {
            look.planner.takeFailure(of: due, in: project, at: startedAt)
            throw error
        }
        show(project, look)
        try await showPublished(project, try await composition.lake.refresh(), &look)
    }

    /// Looks up in the log how the tables came to be that changed since the last look: by this process, by another, or
    /// by a rollback.
    private func showPublished(
        _ project: CompiledProject,
        _ state: LakeState,
        _ look: inout Look
    ) async throws(TarnError) {
        let changed = project.assets.keys.filter { state.tables[$0]?.metadata != look.shown[$0] }
        guard !changed.isEmpty else { return }
        let published = try await AssetStatuses(composition: composition).published(changed)
        board.withLock { board in
            for name in changed { board[name, default: AssetStatus(name: name.description)].take(published[name]) }
        }
        for name in changed { look.shown[name] = state.tables[name]?.metadata }
    }
}

extension AssetSupervisor {
    /// Logs what changed: an asset that begins to fail, or is good again.
    private func note(_ report: RunReport, _ look: inout Look) {
        logger.info(
            "assets built",
            metadata: [
                "run": "\(report.run)", "published": "\(report.steps.count(where: \.isSuccess))",
                "not_published": "\(report.steps.count { !$0.isSuccess })",
                "version": "\(report.version.map(String.init) ?? "-")",
            ]
        )
        for step in report.steps {
            let failure = step.failure
            if let failure, look.failures[step.asset] != failure {
                logger.warning(
                    "asset not published; readers see what was published before",
                    metadata: ["asset": "\(step.asset)", "run": "\(report.run)", "reason": "\(failure)"]
                )
            } else if failure == nil, look.failures[step.asset] != nil {
                logger.info("asset published again", metadata: ["asset": "\(step.asset)"])
            }
            look.failures[step.asset] = failure
            board.withLock { board in
                var status = board[step.asset] ?? AssetStatus(name: step.asset.description)
                status.lastRun = report.run
                status.failure = failure
                board[step.asset] = status
            }
        }
    }

    private func complain(_ error: TarnError, _ look: inout Look) {
        let text = error.message
        guard text != look.complaint else { return }
        look.complaint = text
        logger.error("assets cannot be built", metadata: error.logged([:]))
    }

    private func mark(_ due: [TableName]) {
        board.withLock { board in
            for name in due { board[name, default: AssetStatus(name: name.description)].isBuilding = true }
        }
    }

    /// Brings the board up to the project: assets that are gone leave it.
    private func show(_ project: CompiledProject, _ look: Look) {
        let unsound = project.unsound
        board.withLock { board in
            for name in board.keys where project.assets[name] == nil { board[name] = nil }
            for name in project.assets.keys {
                var status = board[name] ?? AssetStatus(name: name.description)
                status.isBuilding = false
                status.hasProblems = unsound.contains(name)
                board[name] = status
            }
        }
    }
}
