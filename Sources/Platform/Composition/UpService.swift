package import Base
internal import Lake
package import Logging
internal import ServiceLifecycle
import Synchronization
internal import UnixSignals
internal import Web

#if canImport(Glibc)
    import Glibc
#endif

/// `tarn up`: every source of a project, and the HTTP service, until a signal ends them.
package struct UpService: Sendable {
    private let project: Project
    private let logger: Logger
    private let exitsOnFailure: Bool

    /// How long the landings may take to finish the commit they are in before they are cancelled outright.
    private static let shutdownLongest = Duration.seconds(60)

    /// - Parameter exitsOnFailure: end the program when every source has failed.
    package init(_ project: Project, logger: Logger, exitsOnFailure: Bool) {
        self.project = project
        self.logger = logger
        self.exitsOnFailure = exitsOnFailure
    }

    package func run() async throws(TarnError) {
        let sources = try project.sources()
        let hasAssets = try !ProjectAssets(project).files().isEmpty
        guard !sources.isEmpty || hasAssets else {
            throw TarnError(
                .configurationInvalid,
                "The project has no sources and no assets.",
                detail: ["folder": project.sourcesFolder],
                remedy: "Run `tarn source add` first."
            )
        }
        for source in sources { _ = try source.connection }
        let lock = try ProjectLock(stateFolder: project.configuration.state)
        Self.raiseOpenFilesLimit()
        let composition = try await Composition.open(project)
        logger.info(
            "lake opened",
            metadata: [
                "warehouse": "\(project.configuration.warehouse)", "version": "\(composition.lake.knownState.version)",
            ]
        )
        let fleet = try fleet(sources, composition)
        let assets = AssetSupervisor(composition, logger: logger)
        let web = web(fleet, assets, composition)
        do {
            try await group(web, fleet, assets).run()
        } catch let error as TarnError {
            throw error
        } catch {
            throw TarnError(.interrupted, "The services ended unexpectedly.", cause: error)
        }
        try Files.remove(project.upFilePath)
        logger.info("stopped", metadata: ["version": "\(composition.lake.knownState.version)"])
        _ = consume lock
    }

    /// Each followed table keeps files open: the limit that shells give by default is soon reached.
    private static func raiseOpenFilesLimit() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private func group(_ web: WebService, _ fleet: SourceFleet, _ assets: AssetSupervisor) -> ServiceGroup {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .notice)
        // Assets and sources stop first, so that the status answers while they finish.
        var configuration = ServiceGroupConfiguration(
            services: [web, fleet, assets],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        configuration.maximumGracefulShutdownDuration = Self.shutdownLongest
        return ServiceGroup(configuration: configuration)
    }

    private func fleet(_ sources: [SourceConfiguration], _ composition: Composition) throws(TarnError) -> SourceFleet {
        let engine = try composition.ingestEngine()
        let failures = FailureCount(sources.count)
        let exitsOnFailure = exitsOnFailure
        return SourceFleet(
            sources.map { source in
                SourceSupervisor(composition.supervised(source, engine: engine), logger: logger) { error in
                    if failures.add(source.name) == 0, exitsOnFailure { throw error }
                }
            }
        )
    }

    private func web(
        _ fleet: SourceFleet,
        _ assets: AssetSupervisor,
        _ composition: Composition
    ) -> WebService {
        let http = project.configuration.http
        let (project, logger, lake) = (project, logger, composition.lake)
        let startedAt = SystemTime().now()
        let server = WebServer(host: http.host, port: http.port, logger: logger) {
            let state = lake.knownState
            return ServiceStatus(
                tarnVersion: Version.text,
                processID: Int64(getpid()),
                startedAt: startedAt,
                time: SystemTime().now(),
                warehouse: project.configuration.warehouse,
                lakeVersion: state.version,
                lakeTime: state.version > 0 ? state.time : nil,
                sources: fleet.statuses,
                assets: assets.statuses
            )
        } onRunning: { port in
            let file = UpFile(processID: Int64(getpid()), host: UpFile.reachable(http.host), port: port)
            do throws(TarnError) {
                try file.write(to: project.upFilePath)
            } catch {
                logger.error("`tarn status` will not find this process", metadata: error.logged([:]))
            }
            logger.info("http listening", metadata: ["url": "\(file.url)"])
        }
        return WebService(server: server)
    }
}

/// The HTTP server as a member of the service group.
private struct WebService: Service {
    let server: WebServer

    func run() async throws { try await server.run() }
}

/// Which sources need a person. One that was mended stays counted until it fails again or the program ends.
private final class FailureCount: Sendable {
    private let failed = Mutex<Set<String>>([])
    private let count: Int

    init(_ count: Int) { self.count = count }

    /// How many sources have not failed yet.
    func add(_ name: String) -> Int {
        failed.withLock {
            $0.insert(name)
            return count - $0.count
        }
    }
}
