package import Base

/// Which steps of a run can begin, and what becomes of the others: told what ended, it says what comes next.
package struct RunPlan: Sendable {
    /// How far a step is.
    package enum State: Sendable, Equatable {
        case waiting
        case running
        case succeeded
        case failed
        /// Something that it is made of did not succeed.
        case skipped(because: TableName)
    }

    /// In an order in which each comes after what it needs.
    package let steps: [TableName]
    package private(set) var states: [TableName: State]
    private let needs: [TableName: Set<TableName>]
    private let runningMax: Int
    /// Steps that have to run with nothing beside them.
    private var alone: Set<TableName> = []

    /// - Parameters:
    ///   - steps: each after what it needs.
    ///   - needs: what of the run has to succeed before a step; names that are no steps have no meaning.
    ///   - done: steps that an earlier attempt at the run brought to a good end.
    package init(
        _ steps: [TableName],
        needs: [TableName: Set<TableName>],
        done: Set<TableName> = [],
        runningMax: Int
    ) {
        self.steps = steps
        let known = Set(steps)
        self.needs = needs.mapValues { $0.intersection(known) }
        self.runningMax = max(1, runningMax)
        states = Dictionary(uniqueKeysWithValues: steps.map { ($0, done.contains($0) ? .succeeded : .waiting) })
    }

    /// A step that is to begin now; nil where none can.
    package mutating func next() -> TableName? {
        let running = steps.filter { states[$0] == .running }
        guard running.count < runningMax, alone.isDisjoint(with: running) else { return nil }
        let ready = steps.first { step in
            states[step] == .waiting && (needs[step] ?? []).allSatisfy { states[$0] == .succeeded }
                && (running.isEmpty || !alone.contains(step))
        }
        if let ready { states[ready] = .running }
        return ready
    }

    /// - Returns: the steps that will not run because of this one, in order.
    package mutating func end(_ step: TableName, succeeded: Bool) -> [TableName] {
        states[step] = succeeded ? .succeeded : .failed
        guard !succeeded else { return [] }
        var skipped: [TableName] = []
        for other in steps where states[other] == .waiting {
            guard let cause = (needs[other] ?? []).sorted().compactMap(cause).first else { continue }
            states[other] = .skipped(because: cause)
            skipped.append(other)
        }
        return skipped
    }

    /// The step could not run beside others: it is tried again by itself.
    ///
    /// - Returns: false where it already had been.
    package mutating func repeatAlone(_ step: TableName) -> Bool {
        guard alone.insert(step).inserted else { return false }
        states[step] = .waiting
        return true
    }

    private func cause(_ need: TableName) -> TableName? {
        switch states[need] {
        case .failed: need
        case .skipped(let cause): cause
        default: nil
        }
    }

    /// In order.
    package var succeeded: [TableName] { steps.filter { states[$0] == .succeeded } }

    package var allSucceeded: Bool { steps.allSatisfy { states[$0] == .succeeded } }

    /// How many steps run now.
    package var runningCount: Int { states.values.count { $0 == .running } }
}
