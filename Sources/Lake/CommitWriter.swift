import Base

/// A commit that waits for its place in the log.
struct PendingCommit: Sendable {
    let id: String
    let access: AccessContext
    let request: CommitRequest
}

/// Writes a group of commits as one log record. Commits that touch the same table or source go one after the other.
struct CommitWriter {
    let lake: Lake
    private static let attemptsMax = 100

    func write(_ waiting: [PendingCommit]) async -> [Result<CommitResult, TarnError>] {
        var outcomes: [String: Result<CommitResult, TarnError>] = [:]
        var left = waiting
        while !left.isEmpty {
            let group = Self.disjointPrefix(of: left)
            for (id, outcome) in await writeTogether(group) { outcomes[id] = outcome }
            left.removeAll { outcomes[$0.id] != nil }
        }
        return waiting.map { outcomes[$0.id] ?? .failure(Self.exhausted) }
    }

    /// As many of the waiting commits, from the first on, as share no table of a branch and no source. A commit that
    /// makes, publishes or drops a branch goes alone: nothing else of its record may have been planned on it.
    private static func disjointPrefix(of waiting: [PendingCommit]) -> [PendingCommit] {
        if let first = waiting.first, first.request.reference != nil { return [first] }
        var tables: [String?: Set<TableName>] = [:]
        var sources: Set<String> = []
        return Array(
            waiting.prefix { pending in
                let request = pending.request
                guard request.reference == nil, sources.isDisjoint(with: request.sources.keys),
                    tables[request.branch, default: []].isDisjoint(with: request.tables.keys)
                else { return false }
                tables[request.branch, default: []].formUnion(request.tables.keys)
                sources.formUnion(request.sources.keys)
                return true
            }
        )
    }

    private func writeTogether(_ group: [PendingCommit]) async -> [String: Result<CommitResult, TarnError>] {
        var outcomes: [String: Result<CommitResult, TarnError>] = [:]
        var plans: [String: [TableName: PlannedTable]] = [:]
        do throws(TarnError) {
            for _ in 0..<Self.attemptsMax {
                let state = try await lake.refresh()
                let planner = CommitPlanner(lake: lake, state: state)
                var commits: [Commit] = []
                for pending in group where outcomes[pending.id] == nil {
                    do throws(TarnError) {
                        commits.append(try await planner.plan(pending, &plans[pending.id, default: [:]]))
                    } catch {
                        outcomes[pending.id] = .failure(error)
                    }
                }
                guard !commits.isEmpty else { return outcomes }
                if let record = try await append(commits, after: state) {
                    for commit in record.commits { outcomes[commit.id] = .success(Self.result(record, commit)) }
                    return outcomes
                }
            }
            throw Self.exhausted
        } catch {
            for pending in group where outcomes[pending.id] == nil { outcomes[pending.id] = .failure(error) }
            return outcomes
        }
    }

    /// Nil where somebody else took the number.
    private func append(_ commits: [Commit], after state: LakeState) async throws(TarnError) -> LogRecord? {
        let now = Swift.max(lake.time.now().microseconds, state.time.microseconds + 1)
        let record = LogRecord(
            version: state.version + 1,
            time: Timestamp(microseconds: now),
            commits: commits
        )
        guard try await lake.log.append(record) else { return nil }
        failpoint("lake.afterLogRecord")
        // The commit is true now, whatever fails below: the next refresh adopts it, and a checkpoint only saves time.
        var next = state
        next.apply(record)
        try? lake.adopt(record, next)
        // What a new branch begins with is in hand here, and needs no look into the index later.
        if case .branch(_, let base)? = commits.first?.reference, base == state.version { lake.states.insert(state) }
        if next.version % CommitLog.checkpointInterval == 0 { try? await lake.log.writeCheckpoint(next) }
        return record
    }

    static func result(_ record: LogRecord, _ commit: Commit) -> CommitResult {
        var tables: [TableName: TableState] = [:]
        for effect in commit.tables { tables[effect.name] = effect.state }
        return CommitResult(version: record.version, time: record.time, tables: tables)
    }

    private static let exhausted = TarnError(
        .commitConflict,
        "Other processes were faster at every attempt to commit.",
        detail: ["attempts": String(attemptsMax)]
    )
}
