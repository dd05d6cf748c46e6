import Base
import Checks
import Columns

/// The checks of a source's mirrors over time: how they stand, what they counted, and which results are due.
///
/// The outcome of a check is that of the rows that changed last. Results are recorded in the commit of those rows when
/// a check does worse than what was recorded before; else together, once a minute, so that few files are made. Each row
/// of the results adds up what was counted with one outcome since the record before: nothing that was counted is left
/// out, whatever came in between.
struct CheckLedger: Sendable {
    /// Results that a commit shall hold.
    struct Due: Sendable {
        /// As rows of the table of results.
        var rows: [JSONValue] = []
        fileprivate var entries: [(table: TableName, index: Int)] = []
    }

    fileprivate struct Entry: Sendable {
        var state: CheckState
        /// Not recorded yet, by outcome, with the time of the last evaluation.
        var pending: [CheckResult.Outcome: (tally: RowTally, time: Timestamp)] = [:]
        /// The newest that was recorded since the landing began.
        var recordedOutcome: CheckResult.Outcome?
        /// When something better than before was recorded.
        var improvedAt: Timestamp?
    }

    /// In the order of the checks.
    private var entries: [TableName: [Entry]] = [:]
    private var plans: [TableName: CheckPlan] = [:]
    private var recordedAt: Timestamp?
    private static let recordInterval: Int64 = 60_000_000

    /// - Parameter landed: the tables of the source, with what is known of their checks from before.
    init(_ checks: RowChecks?, _ landed: [LandedTable], at time: Timestamp) {
        for (table, checks) in checks?.tables ?? [:] {
            let mirror = landed.first { $0.silver == table }
            entries[table] = checks.map { check in
                let known = mirror?.failingChecks.first { $0.check == check.name }
                return Entry(state: known ?? CheckState(table: table, check: check.name))
            }
            if mirror == nil { add(Self.missing(table, checks, at: time)) }
        }
    }

    /// All checks, by table and in their order.
    var states: [CheckState] { entries.sorted { $0.key < $1.key }.flatMap { $0.value.map(\.state) } }

    /// The checks of a mirror that do not pass.
    func failing(of table: TableName?) -> [CheckState] {
        guard let table else { return [] }
        return (entries[table] ?? []).map(\.state).filter(\.isFailing)
    }

    mutating func add(_ evaluation: RowEvaluation) {
        plans[evaluation.table] = evaluation.plan
        for (index, tally) in evaluation.tallies.enumerated() {
            let outcome = evaluation.plan.result(tally, of: index).outcome
            entries[evaluation.table]?[index].add(tally, outcome, at: evaluation.time)
        }
    }

    /// - Parameter run: the id under which they are recorded.
    func due(run: String, at time: Timestamp) -> Due {
        var due = Due()
        let isMinuteOver = isOver(recordedAt, at: time)
        guard entries.values.contains(where: { $0.contains { isDue($0, isMinuteOver, at: time) } }) else { return due }
        for (table, entries) in entries.sorted(by: { $0.key < $1.key }) {
            guard let plan = plans[table] else { continue }
            for (index, entry) in entries.enumerated() where entry.hasNews {
                due.entries.append((table, index))
                for (outcome, pending) in entry.pending.sorted(by: { $0.value.time < $1.value.time }) {
                    var result = plan.result(pending.tally, of: index)
                    result.outcome = outcome
                    let header = CheckResults(
                        run: run,
                        table: table,
                        version: nil,
                        time: pending.time,
                        isPublished: true
                    )
                    due.rows += header.json([result]).array ?? []
                }
            }
        }
        return due
    }

    /// The results are in the lake.
    mutating func recorded(_ due: Due, at time: Timestamp) {
        recordedAt = time
        for (table, index) in due.entries { entries[table]?[index].recorded(at: time) }
    }

    private func isDue(_ entry: Entry, _ isMinuteOver: Bool, at time: Timestamp) -> Bool {
        guard entry.hasNews, let outcome = entry.state.outcome else { return false }
        guard let recorded = entry.recordedOutcome, !isMinuteOver else { return true }
        if outcome.rank > recorded.rank { return true }
        // A check that goes to and fro would otherwise make a file with each commit.
        return outcome.rank < recorded.rank && isOver(entry.improvedAt, at: time)
    }

    private func isOver(_ time: Timestamp?, at now: Timestamp) -> Bool {
        time.map { now.microseconds - $0.microseconds >= Self.recordInterval } ?? true
    }

    private static func missing(_ table: TableName, _ checks: [Check], at time: Timestamp) -> RowEvaluation {
        let checked = CheckedTable(name: table, relation: "", schema: Schema(fields: []))
        let error = TarnError(.tableMissing, "The source has no silver table of this name.")
        return RowEvaluation(
            table: table,
            plan: CheckPlan(checks, of: checked, CheckContext(now: time)),
            tallies: Array(repeating: RowTally(failure: error), count: checks.count),
            time: time
        )
    }
}

extension CheckLedger.Entry {
    /// An error is said once.
    fileprivate var hasNews: Bool {
        recordedOutcome == .error ? pending.keys.contains { $0 != .error } : !pending.isEmpty
    }

    fileprivate mutating func add(_ tally: RowTally, _ outcome: CheckResult.Outcome, at time: Timestamp) {
        // No row met the check's `where`: nothing is known anew.
        guard tally.rows > 0 || tally.failure != nil || state.outcome == .error else { return }
        if outcome != state.outcome {
            if outcome != .pass, !state.isFailing { state.failureCount += 1 }
            state.outcome = outcome
            state.since = time
            state.rows = 0
            state.failingRows = 0
        }
        state.reason = tally.failure
        state.rows += tally.rows
        state.failingRows += tally.failingRows
        state.rowsTotal += tally.rows
        state.failingRowsTotal += tally.failingRows
        var earlier = pending[outcome]?.tally ?? RowTally()
        earlier.add(tally)
        pending[outcome] = (earlier, time)
    }

    fileprivate mutating func recorded(at time: Timestamp) {
        if let outcome = state.outcome, let recordedOutcome, outcome.rank < recordedOutcome.rank { improvedAt = time }
        recordedOutcome = state.outcome
        pending = [:]
    }
}

extension CheckResult.Outcome {
    /// From good to bad.
    fileprivate var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
