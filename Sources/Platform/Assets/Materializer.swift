package import Assets
package import Base
internal import Lake
package import Materialization
internal import Query
internal import Store

/// Runs of a project's assets: one at a time on this machine, whoever asks for it.
package struct Materializer: Sendable {
    package typealias Progress = MaterializationRun.Progress
    /// Waits a moment for another run to end; tests do not.
    package typealias Sleep = @Sendable () async -> Void

    private let composition: Composition
    private let onWait: @Sendable () -> Void
    private let sleep: Sleep

    /// An asset that is built beside others should have so much of the engine's memory.
    private static let bytesPerAsset: Int64 = 512 << 20

    /// - Parameter onWait: told where another run has to end first.
    package init(
        _ composition: Composition,
        onWait: @escaping @Sendable () -> Void = {},
        sleep: @escaping Sleep = { try? await Task.sleep(for: .milliseconds(100)) }
    ) {
        self.composition = composition
        self.onWait = onWait
        self.sleep = sleep
    }

    /// Reads the project, and builds what `choose` picks of it: nothing of both changes while another run goes on.
    ///
    /// - Parameter choose: the assets to build; nil for those of the last run that did not succeed.
    /// - Returns: nil where there is nothing to build.
    package func run(
        trigger: MaterializationRequest.Trigger,
        isFullRefresh: Bool = false,
        choose: @Sendable (CompiledProject) async throws(TarnError) -> [TableName]?,
        progress: @escaping Progress
    ) async throws(TarnError) -> (report: RunReport, project: CompiledProject)? {
        let lock = try await ProjectLock.waiting(
            for: .runs,
            stateFolder: composition.project.configuration.state,
            onWait: onWait,
            sleep: sleep
        )
        let project = try await ProjectAssets(composition.project).compile()
        let assets = try await choose(project)
        let report = try await build(assets, of: project, trigger, isFullRefresh, progress)
        _ = consume lock
        return report.map { ($0, project) }
    }

    private func build(
        _ assets: [TableName]?,
        of project: CompiledProject,
        _ trigger: MaterializationRequest.Trigger,
        _ isFullRefresh: Bool,
        _ progress: @escaping Progress
    ) async throws(TarnError) -> RunReport? {
        if let assets, assets.isEmpty { return nil }
        var request = MaterializationRequest(assets ?? [], of: project, trigger: trigger, runningMax: runningMax)
        request.isFullRefresh = isFullRefresh
        let run = MaterializationRun(
            try await composition.workEngine(),
            on: composition.lake,
            history: composition.runHistory,
            time: SystemTime()
        )
        guard assets == nil else { return try await run.run(request, progress: progress) }
        return try await run.resume(request, progress: progress)
    }

    private var runningMax: Int {
        let limits = composition.project.configuration.limits
        return min(composition.threads, Int(clamping: max(1, limits.memoryBytes / Self.bytesPerAsset)))
    }
}

extension ProjectAssets {
    /// The plan with which each asset was published last; empty before there is a lake.
    package func publishedPlans(of compiled: CompiledProject) async throws(TarnError) -> [TableName: String] {
        do throws(TarnError) {
            let lake = try await Composition.open(project).lake
            let tables = try await lake.refresh().tables
            let names = compiled.assets.keys.filter { tables[$0] != nil }
            return try await PublishedAssets(lake).last(of: names).mapValues(\.planHash)
        } catch {
            if error.code == .lakeMissing { return [:] }
            throw error
        }
    }
}
