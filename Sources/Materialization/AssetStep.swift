import Assets
import Base
import Checks
import Lake
import Quality
import Query

/// Builds one asset on the branch of its run, and holds its checks against it.
struct AssetStep {
    let writer: AssetWriter
    let time: any TimeSource
    /// The version of main that the run reads.
    let base: Int64

    private var lake: Lake { writer.lake }

    /// - Throws: `interrupted`, and what ends the whole run.
    func run(_ asset: CompiledAsset) async throws(TarnError) -> StepResult {
        let start = time.now()
        var result: StepResult
        do throws(TarnError) {
            result = try await build(asset)
        } catch {
            if error.code == .interrupted { throw error }
            result = StepResult(asset.asset.name, .broken(error))
        }
        result.seconds = Double(time.now().microseconds - start.microseconds) / 1_000_000
        return result
    }

    private func build(_ asset: CompiledAsset) async throws(TarnError) -> StepResult {
        let name = asset.asset.name
        let before = try await lake.state(at: .branch(writer.branch))
        let written = try await writer.write(asset)
        failpoint("run.afterFiles")
        var request = CommitRequest(cause: "materialize", message: "Build \(name)", branch: writer.branch)
        request.tables[name] = written.update
        request.details = ["run": .string(writer.run), "plan_hash": .string(asset.planHash)]
        try await lake.commit(request, as: .assets)
        failpoint("run.afterBuild")
        let checks = TableChecks(writer.session, as: .assets, time: time)
        let results = try await checks.results(
            of: asset.checks,
            on: name,
            schema: written.schema,
            at: .branch(writer.branch)
        )
        failpoint("run.afterChecks")
        let isRejected = results.contains(where: \.isBlocking)
        var result = StepResult(name, isRejected ? .rejected : .succeeded)
        result.rowCount = written.rowCount
        result.checks = results
        let isPublished = !isRejected
        let rows = CheckResults(run: writer.run, table: name, version: base, time: time.now(), isPublished: isPublished)
        result.resultRows = rows.json(results).array ?? []
        result.facts = PublishedAsset.facts(asset, written.rowCount, results, before)
        return result
    }
}
