package import Base
package import Capture
internal import Engine
package import Lake
internal import Landing
internal import ObjectStore
internal import PostgresSource
package import Query
package import Store

#if canImport(Glibc)
    import Glibc
#endif

/// Where the parts of Tarn are put together for one project. Nothing is opened before it is asked for.
package struct Composition: Sendable {
    package let project: Project
    package let lake: Lake
    private let state: StateDatabase

    /// - Throws: `lake.missing` before `tarn init`.
    package static func open(_ project: Project) async throws(TarnError) -> Composition {
        try Files.makeFolder(project.configuration.state)
        let state = try StateDatabase(path: project.stateDatabasePath)
        guard Files.exists(project.configuration.warehouse) else {
            throw TarnError(
                .lakeMissing,
                "There is no lake here.",
                detail: ["warehouse": project.configuration.warehouse]
            )
        }
        let store = try LocalObjectStore(folder: project.configuration.warehouse)
        return Composition(project: project, lake: try await Lake.open(store, state: state), state: state)
    }

    private init(project: Project, lake: Lake, state: StateDatabase) {
        self.project = project
        self.lake = lake
        self.state = state
    }

    /// Makes the lake of a new project; one that is there already stays as it is.
    package static func createLake(_ project: Project) async throws(TarnError) {
        let store = try LocalObjectStore(folder: project.configuration.warehouse)
        try await Lake.create(in: store, entropy: SystemEntropy())
    }

    private var control: SourceControl { SourceControl(state) }

    package func isPaused(_ source: String) throws(TarnError) -> Bool { try control.isPaused(source) }

    /// A running `tarn up` obeys within a second.
    package func setPaused(_ source: String, _ isPaused: Bool) throws(TarnError) {
        try control.setPaused(source, isPaused)
    }

    /// The database that a source's file describes. Connects when first used.
    package func source(_ configuration: SourceConfiguration) throws(TarnError) -> any ChangeSource {
        switch configuration.kind {
        case .postgres: try postgres(configuration)
        }
    }

    /// Everything that keeps a source from being mirrored: at the source, and in the names that its tables would get.
    package func check(_ configuration: SourceConfiguration) async throws(TarnError) -> [SetupProblem] {
        let source = try source(configuration)
        let problems = try await source.check()
        let matching = try await source.matchingTables().map(\.name)
        return problems + (try await checkProblems(configuration))
            + NameCheck(configuration.name, Self.options(configuration, project)).problems(matching, lake.knownState)
    }

    /// They make errors of single checks; capture goes on.
    private func checkProblems(_ configuration: SourceConfiguration) async throws(TarnError) -> [SetupProblem] {
        guard !configuration.checks.isEmpty else { return [] }
        // Why the tables cannot be read is among the other problems.
        let captured = try? await tables(configuration)
        var faults = captured.map { configuration.checkFaults($0, Self.options(configuration, project)) } ?? []
        faults += try await rowChecks(configuration)?.faults() ?? []
        return faults.map { fault in
            let place = fault.detail.map { " (\($0.value))" }.joined()
            return SetupProblem(message: fault.message + place, remedy: fault.remedy, isWarning: true)
        }
    }

    /// The fingerprints of a source's tables, all at one moment; nil for a table that is gone.
    func fingerprints(
        _ configuration: SourceConfiguration,
        of tables: [CapturedTable]
    ) async throws(TarnError) -> [TableFingerprint?] {
        switch configuration.kind {
        case .postgres: try await postgres(configuration).fingerprints(of: tables)
        }
    }

    /// The tables that a source would bring into the lake now.
    func tables(_ configuration: SourceConfiguration) async throws(TarnError) -> [CapturedTable] {
        switch configuration.kind {
        case .postgres: try await postgres(configuration).tables()
        }
    }

    private func postgres(_ configuration: SourceConfiguration) throws(TarnError) -> PostgresSource {
        PostgresSource(
            PostgresSourceConfiguration(
                name: configuration.name,
                connection: try configuration.connection,
                slot: configuration.slot,
                publication: configuration.publication,
                tables: configuration.tables,
                exclude: configuration.exclude,
                readers: configuration.readers,
                lake: lake.id
            )
        )
    }

    /// What the supervisor runs for a source. All sources share one engine.
    func supervised(_ configuration: SourceConfiguration, engine: Engine) -> SupervisedSource {
        let name = configuration.name
        let control = control
        let context = LandingContext(
            source: name,
            lake: lake,
            engine: engine,
            options: Self.options(configuration, project),
            indexFolder: project.indexFolder,
            time: SystemTime(),
            entropy: SystemEntropy()
        )
        return SupervisedSource(
            name: name,
            kind: configuration.kind.rawValue,
            logBudgetBytes: configuration.logBudgetBytes,
            isPaused: { () throws(TarnError) in try control.isPaused(name) },
            begin: { () async throws(TarnError) in
                let source = try self.source(configuration)
                var context = context
                context.checks = try await self.rowChecks(configuration)?.ready()
                let landing = SourceLanding(source, context: context)
                return SupervisedSource.Attempt(
                    run: { () async throws(TarnError) in try await landing.run() },
                    status: { landing.status },
                    health: { () async throws(TarnError) in try await source.health() }
                )
            }
        )
    }

    private func rowChecks(_ configuration: SourceConfiguration) throws(TarnError) -> MirrorChecks? {
        try MirrorChecks(configuration, warehouse: project.configuration.warehouse)
    }

    /// The engine that landing writes files with.
    func ingestEngine() throws(TarnError) -> Engine {
        try Files.makeFolder(project.spillFolder)
        let limits = project.configuration.limits
        return try Engine(
            EngineConfiguration(
                memoryLimitBytes: Int(clamping: limits.memoryBytes),
                threads: threads,
                temporaryDirectory: project.spillFolder
            )
        )
    }

    /// - Parameter outputFolders: where results may be written.
    /// - Parameter allowsWrites: its statements may change the lake.
    package func querySession(
        outputFolders: [String] = [],
        allowsWrites: Bool = false
    ) async throws(TarnError) -> QuerySession {
        try Files.makeFolder(project.spillFolder)
        let limits = project.configuration.limits
        return try await QuerySession.open(
            lake,
            limits: QueryLimits(
                memoryBytes: Int(clamping: limits.memoryBytes),
                threads: threads,
                temporaryFolder: project.spillFolder,
                timeout: limits.queryTimeout,
                rowsMax: limits.queryRowsMax ?? .max
            ),
            outputFolders: outputFolders,
            allowsWrites: allowsWrites
        )
    }

    /// The engine that assets are built and checked with.
    func workEngine() async throws(TarnError) -> QueryEngine {
        try Files.makeFolder(project.spillFolder)
        let limits = project.configuration.limits
        return try await QueryEngine(
            lake,
            limits: QueryLimits(
                memoryBytes: Int(clamping: limits.memoryBytes),
                threads: threads,
                temporaryFolder: project.spillFolder,
                timeout: nil
            )
        )
    }

    package var runHistory: RunHistory { RunHistory(state) }

    /// How many threads an engine has.
    var threads: Int { project.configuration.limits.threads ?? Self.coreCount }

    static func options(_ configuration: SourceConfiguration, _ project: Project) -> LandingOptions {
        let landing = project.configuration.landing
        var options = LandingOptions()
        options.commitInterval = landing.commitInterval
        options.commitRowsMax = landing.commitRowsMax
        options.bytesMax = Int(clamping: landing.memoryBytes)
        options.idleInterval = landing.idleInterval
        if let bronze = configuration.bronze { options.bronzeName = bronze }
        if let silver = configuration.silver { options.silverName = silver }
        return options
    }

    private static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
