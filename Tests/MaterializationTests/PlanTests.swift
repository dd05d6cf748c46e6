import Base
import Testing

@testable import Materialization

/// The plan of a run against what follows from its graph alone.
@Suite struct PlanTests {
    private static func name(_ number: Int) -> TableName { TableName(namespace: "gold", name: "t\(number)") }

    @Test(
        "each step begins after all it needs; what needs a failed one is skipped; the rest succeeds",
        arguments: 0..<200
    )
    func random(seed: Int) throws {
        let entropy = SeededEntropy(seed: UInt64(seed))
        func pick(_ bound: Int) -> Int { Int(entropy.next() % UInt64(bound)) }
        let count = 1 + pick(20)
        let steps = (0..<count).map(Self.name)
        var needs: [TableName: Set<TableName>] = [:]
        for index in steps.indices where index > 0 {
            needs[steps[index]] = Set((0..<pick(4)).map { _ in steps[pick(index)] })
        }
        let bad = Set(steps.filter { _ in pick(6) == 0 })
        let runningMax = 1 + pick(4)
        var plan = RunPlan(steps, needs: needs, runningMax: runningMax)
        var running: [TableName] = []
        var repeated: Set<TableName> = []
        while true {
            while let step = plan.next() {
                #expect((needs[step] ?? []).allSatisfy { plan.states[$0] == .succeeded })
                running.append(step)
            }
            #expect(running.count <= runningMax)
            #expect(repeated.isDisjoint(with: running) || running.count == 1)
            guard !running.isEmpty else { break }
            let step = running.remove(at: pick(running.count))
            if running.count > 0, pick(5) == 0, plan.repeatAlone(step) {
                repeated.insert(step)
                continue
            }
            _ = plan.end(step, succeeded: !bad.contains(step))
        }
        var tainted: Set<TableName> = bad
        for step in steps where !(needs[step] ?? []).isDisjoint(with: tainted) { tainted.insert(step) }
        #expect(Set(plan.succeeded) == Set(steps).subtracting(tainted))
        for step in steps where tainted.contains(step) {
            let needsBad = !(needs[step] ?? []).isDisjoint(with: tainted)
            switch plan.states[step] {
            case .failed: #expect(bad.contains(step) && !needsBad)
            case .skipped(let cause): #expect(needsBad && plan.states[cause] == .failed)
            default: Issue.record("\(step) is \(String(describing: plan.states[step]))")
            }
        }
    }

    @Test("what an earlier attempt did is not done again")
    func done() {
        let steps = (0..<3).map(Self.name)
        var plan = RunPlan(
            steps,
            needs: [steps[1]: [steps[0]], steps[2]: [steps[1]]],
            done: [steps[0], steps[1]],
            runningMax: 2
        )
        #expect(plan.next() == steps[2])
        #expect(plan.next() == nil)
        _ = plan.end(steps[2], succeeded: true)
        #expect(plan.allSucceeded)
    }
}
