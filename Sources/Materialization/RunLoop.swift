import Base

/// Runs the steps of a plan, as many at a time as it allows, until none is left that can run.
struct RunLoop {
    /// Told of every step that ended, in the order in which they did.
    typealias Ended = (StepResult) throws(TarnError) -> Void
    typealias Step = @Sendable (TableName) async throws(TarnError) -> StepResult

    private(set) var plan: RunPlan
    private(set) var results: [TableName: StepResult]
    private let ended: Ended

    init(plan: RunPlan, results: [TableName: StepResult], ended: @escaping Ended) {
        self.plan = plan
        self.results = results
        self.ended = ended
    }

    /// - Throws: the first error, after everything under way has ended.
    mutating func run(_ step: @escaping Step) async throws(TarnError) {
        var loop = self
        let failure = await withTaskGroup(
            of: (TableName, Result<StepResult, TarnError>).self,
            returning: TarnError?.self
        ) { group in
            var failure: TarnError?
            while true {
                while failure == nil, let name = loop.plan.next() {
                    group.addTask {
                        do throws(TarnError) { return (name, .success(try await step(name))) } catch {
                            return (name, .failure(error))
                        }
                    }
                }
                guard let (name, outcome) = await group.next() else { return failure }
                do throws(TarnError) {
                    try loop.take(try outcome.get(), of: name)
                } catch {
                    failure = failure ?? error
                    group.cancelAll()
                }
            }
        }
        self = loop
        if let failure { throw failure }
    }

    private mutating func take(_ result: StepResult, of name: TableName) throws(TarnError) {
        if result.ranOutOfMemory, plan.runningCount > 1, plan.repeatAlone(name) { return }
        results[name] = result
        try ended(result)
        for skipped in plan.end(name, succeeded: result.isSuccess) {
            guard case .skipped(let cause) = plan.states[skipped] else { continue }
            let result = StepResult(skipped, .skipped(because: cause))
            results[skipped] = result
            try ended(result)
        }
    }
}
