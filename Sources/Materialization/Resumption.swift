import Assets
import Base
import Lake
import Store

/// What is left to do of a run that ended, or died, before all its steps had succeeded.
struct Resumption {
    /// Steps of the run that are still assets of the project.
    let steps: Set<TableName>
    /// Those of them that did not succeed, or would come out otherwise now.
    let open: Set<TableName>
    /// What is on the run's branch already.
    let done: [TableName: StepResult]
    /// The run never came to its publishing, and its branch is there.
    let keepsBranch: Bool

    init(
        _ run: RunRecord,
        _ records: [StepRecord],
        _ project: CompiledProject,
        _ lake: Lake
    ) async throws(TarnError) {
        let assets = records.compactMap { TableName($0.asset) }.filter { project.assets[$0] != nil }
        steps = Set(assets)
        let published = try await PublishedAssets(lake).last(of: assets).filter { $0.value.run == run.id }
        let hasBranch = try await lake.refresh().branches[RunBranches.name(of: run.id)] != nil
        keepsBranch = hasBranch && [.running, .interrupted].contains(run.status) && published.isEmpty
        var done: [TableName: StepResult] = [:]
        for record in records {
            guard let result = StepResult(resuming: record), keepsBranch || published[result.asset] != nil,
                let asset = project.assets[result.asset], asset.planHash == record.planHash
            else { continue }
            done[result.asset] = result
        }
        // What is made of, or was checked against, something that is made again is made again, too.
        let request = MaterializationRequest(assets, of: project, trigger: .resume, runningMax: 1)
        for name in request.order where done[name] != nil {
            let needs = (request.needs[name] ?? []).intersection(steps)
            if !needs.allSatisfy({ done[$0] != nil }) { done[name] = nil }
        }
        self.done = done
        open = steps.subtracting(done.keys)
    }
}
