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

    private struct Ending: Sendable {
        let name: TableName
        let outcome: Result<StepResult, TarnError>
    }

    /// - Throws: the first error, after everything under way has ended.
    mutating func run(_ step: @escaping Step) async throws(TarnError) {
        var failure: TarnError?
        await withTaskGroup(of: Ending.self) { group in
            begin(in: &group, step)
            while let ending = await group.next() {
                do throws(TarnError) {
                    try take(try ending.outcome.get(), of: ending.name)
                } catch {
                    failure = failure ?? error
                    group.cancelAll()
                }
                if failure == nil { begin(in: &group, step) }
            }
        }
        if let failure { throw failure }
    }

    private mutating func begin(in group: inout TaskGroup<Ending>, _ step: @escaping Step) {
        while let name = plan.next() {
            group.addTask { Ending(name: name, outcome: await Self.outcome(of: name, step)) }
        }
    }

    private static func outcome(of name: TableName, _ step: Step) async -> Result<StepResult, TarnError> {
        do throws(TarnError) { return .success(try await step(name)) } catch { return .failure(error) }
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
