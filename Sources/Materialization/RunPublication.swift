import Base
import Checks
import Columns
import Lake
import Query
import Store

/// Moves what succeeded from the branch of a run to main, with the results of all checks: one commit.
struct RunPublication {
    private let engine: QueryEngine
    private let lake: Lake
    private let run: RunRecord
    private let trigger: MaterializationRequest.Trigger

    init(_ engine: QueryEngine, lake: Lake, run: RunRecord, trigger: MaterializationRequest.Trigger) {
        self.engine = engine
        self.lake = lake
        self.run = run
        self.trigger = trigger
    }

    /// - Returns: the version; nil where there was nothing to publish and nothing to record.
    func publish(_ steps: [StepResult]) async throws(TarnError) -> Int64? {
        let good = steps.filter(\.isSuccess)
        let rows = CheckResults.batch(of: steps.flatMap(\.resultRows))
        guard !good.isEmpty || rows.rowCount > 0 else { return nil }
        let publication = Publication(
            of: RunBranches.name(of: run.id),
            tables: good.map(\.asset),
            drops: good.count == steps.count
        )
        do throws(TarnError) {
            return try await lake.retryingCreation { (state) throws(TarnError) in
                let request = try await request(steps, rows, state)
                failpoint("run.beforePublish")
                let result = try await lake.publish(publication, with: request, as: .assets)
                return good.isEmpty ? nil : result.version
            }
        } catch {
            throw Self.explained(error)
        }
    }

    private static func explained(_ error: TarnError) -> TarnError {
        guard error.code == .commitConflict else { return error }
        var explained = error
        explained.remedy =
            "Nothing was published. Somebody changed these tables while the run built them: "
            + "`tarn materialize --resume` builds it again."
        return explained
    }

    private func request(
        _ steps: [StepResult],
        _ rows: ColumnBatch,
        _ state: LakeState
    ) async throws(TarnError) -> CommitRequest {
        let good = steps.filter(\.isSuccess)
        let failed = steps.count - good.count
        var request = CommitRequest(
            cause: "materialize",
            message: "Publish \(good.count) of \(steps.count) assets of run \(run.id)"
        )
        var assets = JSONObject()
        for step in good { assets.append(step.asset.description, step.facts) }
        request.details = [
            "run": .string(run.id), "trigger": .string(trigger.rawValue), "base": .integer(run.base),
            "assets": .object(assets), "not_published": .integer(Int64(failed)),
        ]
        guard rows.rowCount > 0 else { return request }
        let session = try engine.session()
        request.tables[CheckResults.table] = try await lake.appendUpdate(
            of: rows,
            to: CheckResults.table,
            owner: .system,
            in: state,
            writer: session.writer
        )
        try await session.close()
        return request
    }
}
