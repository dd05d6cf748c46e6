internal import Base
internal import Capture
internal import Checks
internal import Landing
package import Web

/// What the supervisor knows of its source, and the status it makes of that. Driven by hand in tests.
struct SupervisorState: Sendable {
    enum Phase: Sendable {
        case running
        case paused
        case retrying(TarnError, at: Timestamp)
        case failed(TarnError)
        case stopped
    }

    let name: String
    let kind: String
    let logBudgetBytes: Int64
    var phase = Phase.running
    /// What counts on over attempts is kept when another one begins.
    var attempt: SupervisedSource.Attempt? {
        didSet {
            if let oldValue { earlier.add(oldValue.status()) }
            for name in checks.keys { checks[name]?.failureCount = 0 }
        }
    }
    private var earlier = EarlierAttempts()
    var health: SourceHealth?
    private var rate = RateMeter()
    private var isBudgetWarned = false
    private var noticed: Set<Notice> = []

    /// Something about one table that a person should read, said once.
    struct Notice: Hashable, Sendable {
        var table: String
        var message: String
        var check: String?
        var isGood = false
    }

    /// How often each check began to fail in this attempt, and whether it was failing when looked at last.
    private var checks: [CheckName: (failureCount: Int64, isFailing: Bool)] = [:]

    private struct CheckName: Hashable {
        var table: String
        var check: String
    }

    init(name: String, kind: String, logBudgetBytes: Int64) {
        self.name = name
        self.kind = kind
        self.logBudgetBytes = logBudgetBytes
    }

    /// Reads the landing's counters, for the rate.
    mutating func sample(at time: Timestamp) {
        guard let attempt else { return }
        rate.add(attempt.status().changes, at: time)
    }

    /// What is new about single tables since the last look.
    mutating func takeNotices(_ landing: LandingStatus) -> [Notice] {
        var notices = landing.tables.compactMap { table in
            table.stopped.map { reason in
                // The first line alone: below it a row may be named by its key.
                Notice(table: table.source, message: "a table is no longer followed: \(reason.prefix { $0 != "\n" })")
            }
        }
        notices += landing.unfollowed.map {
            Notice(
                table: $0,
                message:
                    "a table matches the source's file but was not there at the snapshot, or could not be captured: "
                    + "it is not followed; see `tarn source check`, then remove and add the source, or add the table "
                    + "as a source of its own"
            )
        }
        if let reason = landing.unrecordedChecks {
            let table = CheckResults.table.description
            notices.append(Notice(table: table, message: "results of checks cannot be recorded: \(reason)"))
        }
        let new = notices.filter { !noticed.contains($0) }
        noticed.formUnion(new)
        return new + takeCheckNotices(landing)
    }

    /// Which checks began to fail, and which pass again; one that did both since the last look is said to do both.
    private mutating func takeCheckNotices(_ landing: LandingStatus) -> [Notice] {
        var notices: [Notice] = []
        for state in landing.checks {
            let name = CheckName(table: state.table.description, check: state.check)
            let before = checks[name] ?? (0, false)
            checks[name] = (state.failureCount, state.isFailing)
            let hasFailed = state.failureCount > before.failureCount || state.isFailing && !before.isFailing
            if hasFailed {
                let now = state.isFailing ? ": \(state.failingRows) of \(state.rows) changed rows" : " for a moment"
                let message = state.reason.map { "a check cannot be evaluated: \($0)" } ?? "a check does not pass\(now)"
                notices.append(Notice(table: name.table, message: message, check: name.check))
            }
            guard !state.isFailing, hasFailed || before.isFailing, state.outcome != nil else { continue }
            notices.append(Notice(table: name.table, message: "a check passes again", check: name.check, isGood: true))
        }
        return notices
    }

    /// Takes in what the source reported; true when the log has just gone over its budget.
    mutating func takeHealth(_ health: SourceHealth) -> Bool {
        self.health = health
        let isOver = health.retainedBytes > logBudgetBytes
        defer { isBudgetWarned = isOver }
        return isOver && !isBudgetWarned
    }

    func status(at time: Timestamp) -> SourceStatus {
        var status = SourceStatus(name: name, kind: kind, phase: .starting)
        if let landing = attempt?.status() { status.take(earlier.continued(by: landing), at: time) }
        status.changesPerSecond = rate.perSecond
        status.log = health.map { $0.status(budgetBytes: logBudgetBytes) }
        switch phase {
        case .running:
            if status.phase == .failed || status.phase == .stopped { status.phase = .starting }
        case .paused: status.phase = .paused
        case .stopped: status.phase = .stopped
        case .retrying(let error, let next):
            status.phase = .retrying
            status.failure = error.description
            status.nextAttemptAt = next
        case .failed(let error):
            status.phase = .failed
            status.failure = error.description
        }
        if status.phase != .snapshot { status.snapshot = nil }
        if status.phase != .streaming && status.phase != .snapshot { status.changesPerSecond = 0 }
        return status
    }
}

/// The counters of a source since the process started, whatever became of its single attempts.
private struct EarlierAttempts: Sendable {
    private var changes: Int64 = 0
    private var transactions: Int64 = 0
    private var commits: Int64 = 0
    private var caughtUpAt: Timestamp?

    mutating func add(_ landing: LandingStatus) {
        changes += landing.changes
        transactions += landing.transactions
        commits += landing.commits
        caughtUpAt = landing.caughtUpAt ?? caughtUpAt
    }

    func continued(by landing: LandingStatus) -> LandingStatus {
        var landing = landing
        landing.changes += changes
        landing.transactions += transactions
        landing.commits += commits
        landing.caughtUpAt = landing.caughtUpAt ?? caughtUpAt
        return landing
    }
}

extension SourceHealth {
    package func status(budgetBytes: Int64) -> SourceStatus.Log {
        SourceStatus.Log(
            position: currentPosition.text,
            confirmedPosition: confirmedPosition?.text,
            retainedBytes: retainedBytes,
            budgetBytes: budgetBytes,
            leftBytes: self.budgetBytes,
            state: state
        )
    }
}

extension SourceStatus {
    mutating func take(_ landing: LandingStatus, at time: Timestamp) {
        phase = Phase(landing.phase)
        failure = landing.failure
        snapshot = landing.snapshot.map {
            Snapshot(
                rows: $0.rows,
                estimatedRows: $0.estimatedRows,
                chunksDone: Int64($0.chunksDone),
                chunkCount: Int64($0.chunkCount),
                startedAt: $0.startedAt
            )
        }
        position = landing.position
        positionTime = landing.positionTime
        lagMilliseconds = [landing.caughtUpAt, landing.positionTime].compactMap(\.self).max().map {
            max(0, time.milliseconds - $0.milliseconds)
        }
        changes = landing.changes
        transactions = landing.transactions
        commits = landing.commits
        lastCommitAt = landing.lastCommitAt
        lastCommitMilliseconds = landing.lastCommitMilliseconds
        tables = landing.tables.map {
            Table(
                source: $0.source,
                bronze: $0.bronze.description,
                silver: $0.silver?.description,
                stopped: $0.stopped,
                changes: $0.changes
            )
        }
        checks = landing.checks.map(Check.init)
    }
}

extension SourceStatus.Check {
    init(_ state: CheckState) {
        self.init(table: state.table.description, check: state.check, outcome: state.outcome?.rawValue)
        since = state.since
        rows = state.rows
        failingRows = state.failingRows
        reason = state.reason
        failingRowsTotal = state.failingRowsTotal
    }
}

extension SourceStatus.Phase {
    fileprivate init(_ phase: LandingStatus.Phase) {
        switch phase {
        case .starting: self = .starting
        case .snapshot: self = .snapshot
        case .streaming: self = .streaming
        case .stopped: self = .stopped
        case .failed: self = .failed
        }
    }
}
