internal import Base
internal import Capture
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
    var attempt: SupervisedSource.Attempt?
    var health: SourceHealth?
    private var rate = RateMeter()
    private var isBudgetWarned = false

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

    /// Takes in what the source reported; true when the log has just gone over its budget.
    mutating func takeHealth(_ health: SourceHealth) -> Bool {
        self.health = health
        let isOver = health.retainedBytes > logBudgetBytes
        defer { isBudgetWarned = isOver }
        return isOver && !isBudgetWarned
    }

    func status(at time: Timestamp) -> SourceStatus {
        var status = SourceStatus(name: name, kind: kind, phase: .starting)
        if let landing = attempt?.status() { status.take(landing, at: time) }
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
        lagMilliseconds = (landing.caughtUpAt ?? landing.positionTime).map {
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
