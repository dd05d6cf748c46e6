import Assets
package import Base
package import Lake
package import Query
package import Store

/// Builds assets on a hidden branch, holds their checks against them, and publishes what is good in one commit.
///
/// One run at a time: whoever starts one sees to that.
package struct MaterializationRun: Sendable {
    package typealias Progress = @Sendable (RunEvent) -> Void

    private let lake: Lake
    private let engine: QueryEngine
    private let history: RunHistory
    private let time: any TimeSource

    package init(_ engine: QueryEngine, on lake: Lake, history: RunHistory, time: any TimeSource) {
        self.lake = lake
        self.engine = engine
        self.history = history
        self.time = time
    }

    /// Builds the assets anew.
    ///
    /// - Throws: `interrupted`, and what kept the run as a whole from going on; what a single asset failed by is in the
    ///   report.
    package func run(
        _ request: MaterializationRequest,
        progress: @escaping Progress
    ) async throws(TarnError) -> RunReport {
        let branches = RunBranches(lake, history: history, time: time)
        try await branches.sweep(keeping: nil)
        let begun = time.now()
        var record = RunRecord(
            id: RunID.make(begun, lake.entropy),
            trigger: request.trigger.rawValue,
            base: try await lake.refresh().version,
            isFullRefresh: request.isFullRefresh,
            startedAt: begun
        )
        let order = request.order
        try history.begin(
            record,
            order.map { step in
                let hash = request.project.assets[step]?.planHash ?? ""
                return StepRecord(asset: step.description, status: .waiting, planHash: hash)
            }
        )
        record.base = try await branches.create(for: record.id)
        failpoint("run.afterBranch")
        try history.update(record)
        return try await finish(record, request, order, done: [:], progress)
    }

    /// Goes on with the last run: steps that succeeded stay, the others are repeated. What was published already is
    /// not built again; what died before that goes on where it was, on the same branch, from the same version.
    ///
    /// - Parameter request: its assets are left out of account.
    /// - Returns: nil where there is nothing to go on with.
    package func resume(
        _ request: MaterializationRequest,
        progress: @escaping Progress
    ) async throws(TarnError) -> RunReport? {
        guard let last = try history.runs(limit: 1).first else { return nil }
        let resumption = try await Resumption(last, try history.steps(of: last.id), request.project, lake)
        guard !resumption.open.isEmpty || resumption.keepsBranch else { return nil }
        var request = request
        request.isFullRefresh = last.isFullRefresh
        request.trigger = .resume
        request.assets = request.project.graph.order.filter(resumption.open.contains)
        guard resumption.keepsBranch else { return try await run(request, progress: progress) }
        request.assets = request.project.graph.order.filter(resumption.steps.contains)
        try await RunBranches(lake, history: history, time: time).sweep(keeping: last.id)
        var record = last
        // It may have died before it had noted where its branch begins.
        if let branch = lake.knownState.branches[RunBranches.name(of: last.id)] { record.base = branch.base }
        record.status = .running
        record.endedAt = nil
        try history.update(record)
        return try await finish(record, request, request.order, done: resumption.done, progress)
    }

    private func finish(
        _ record: RunRecord,
        _ request: MaterializationRequest,
        _ order: [TableName],
        done: [TableName: StepResult],
        _ progress: @escaping Progress
    ) async throws(TarnError) -> RunReport {
        var record = record
        do throws(TarnError) {
            progress(.began(run: record.id, base: record.base, steps: order.count - done.count))
            let results = try await build(record, request, order, done, progress)
            let steps = order.compactMap { results[$0] }
            let publication = RunPublication(engine, lake: lake, run: record, trigger: request.trigger)
            let began = time.now()
            let version = try await publication.publish(steps)
            let seconds = Double(time.now().microseconds - began.microseconds) / 1_000_000
            failpoint("run.afterPublish")
            record.version = version
            record.status = steps.allSatisfy(\.isSuccess) ? .succeeded : .failed
            try end(record)
            let branch = record.status == .failed ? RunBranches.name(of: record.id) : nil
            return RunReport(
                run: record.id,
                base: record.base,
                version: version,
                publishSeconds: seconds,
                branch: branch,
                steps: steps
            )
        } catch {
            record.status = error.code == .interrupted ? .interrupted : .failed
            try? end(record)
            throw error
        }
    }

    private func end(_ record: RunRecord) throws(TarnError) {
        var record = record
        record.endedAt = time.now()
        try history.update(record)
    }

    private func build(
        _ record: RunRecord,
        _ request: MaterializationRequest,
        _ order: [TableName],
        _ done: [TableName: StepResult],
        _ progress: @escaping Progress
    ) async throws(TarnError) -> [TableName: StepResult] {
        let plan = RunPlan(order, needs: request.needs, done: Set(done.keys), runningMax: request.runningMax)
        var loop = RunLoop(plan: plan, results: done) { [history] (result) throws(TarnError) in
            let hash = request.project.assets[result.asset]?.planHash ?? ""
            try history.record(result.record(planHash: hash), of: record.id)
            progress(.ended(result))
        }
        try await loop.run { name throws(TarnError) in
            guard let asset = request.project.assets[name] else {
                throw TarnError(.assetSelection, "There is no such asset.", detail: ["asset": name.description])
            }
            progress(.started(name))
            return try await self.step(asset, of: record, request)
        }
        return loop.results
    }

    /// An input that is an asset and was never built is not a slip in the statement.
    private func missing(_ asset: CompiledAsset, _ record: RunRecord) async throws(TarnError) -> StepResult? {
        let tables = try await lake.state(at: .branch(RunBranches.name(of: record.id))).tables
        let missing = asset.inputs.filter { tables[$0] == nil }
        guard !missing.isEmpty else { return nil }
        let error = TarnError(
            .tableMissing,
            "What the asset is made of was never built.",
            detail: ["missing": missing.map(\.description).joined(separator: ", ")],
            remedy: "Build it as well: `tarn materialize +\(asset.asset.name)`; a table of a source has to land first."
        )
        return StepResult(asset.asset.name, .broken(error))
    }

    private func step(
        _ asset: CompiledAsset,
        of record: RunRecord,
        _ request: MaterializationRequest
    ) async throws(TarnError) -> StepResult {
        if let missing = try await missing(asset, record) { return missing }
        let session = try engine.session()
        let writer = AssetWriter(
            lake: lake,
            session: session,
            branch: RunBranches.name(of: record.id),
            run: record.id,
            isFullRefresh: request.isFullRefresh
        )
        let outcome: Result<StepResult, TarnError>
        do throws(TarnError) {
            outcome = .success(try await AssetStep(writer: writer, time: time, base: record.base).run(asset))
        } catch {
            outcome = .failure(error)
        }
        try? await session.close()
        return try outcome.get()
    }
}
