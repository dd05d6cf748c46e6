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

    /// As many of the waiting commits, from the first on, as share no table and no source.
    private static func disjointPrefix(of waiting: [PendingCommit]) -> [PendingCommit] {
        var tables: Set<TableName> = []
        var sources: Set<String> = []
        return Array(
            waiting.prefix { pending in
                let request = pending.request
                guard tables.isDisjoint(with: request.tables.keys), sources.isDisjoint(with: request.sources.keys)
                else { return false }
                tables.formUnion(request.tables.keys)
                sources.formUnion(request.sources.keys)
                return true
            }
        )
    }

    private func writeTogether(_ group: [PendingCommit]) async -> [String: Result<CommitResult, TarnError>] {
        var outcomes: [String: Result<CommitResult, TarnError>] = [:]
        var plans: [TableName: PlannedTable] = [:]
        do throws(TarnError) {
            for _ in 0..<Self.attemptsMax {
                let state = try await lake.refresh()
                var commits: [Commit] = []
                for pending in group where outcomes[pending.id] == nil {
                    do throws(TarnError) {
                        commits.append(try await plan(pending, on: state, &plans))
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

    /// Checks a commit against the newest state and writes what is still missing of its metadata.
    private func plan(
        _ pending: PendingCommit,
        on state: LakeState,
        _ plans: inout [TableName: PlannedTable]
    ) async throws(TarnError) -> Commit {
        let planner = TablePlanner(reader: lake.reader, time: lake.time, entropy: lake.entropy)
        for (name, update) in pending.request.sources where state.sources[name]?.position != update.expected {
            throw TarnError(
                .commitConflict,
                "Another process moved the source's position.",
                detail: ["source": name],
                remedy: "Let one process alone capture a source; this one has to start again."
            )
        }
        let updates = pending.request.tables.sorted { $0.key < $1.key }
        for (name, _) in updates { try checkOwner(of: name, state.tables[name], pending.access) }
        let missing = updates.filter { name, _ in plans[name].map { $0.base != state.tables[name] } ?? true }
        let planned = try await concurrently(missing) { (name, update) async throws(TarnError) in
            try await planner.plan(update, name, on: state.tables[name])
        }
        for ((name, _), plan) in zip(missing, planned) { plans[name] = plan }
        let effects = updates.map { TableEffect(name: $0.key, state: plans[$0.key]?.state) }
        failpoint("lake.afterMetadata")
        return Commit(
            id: pending.id,
            author: pending.access.principal,
            cause: pending.request.cause,
            message: pending.request.message,
            tables: effects,
            sources: pending.request.sources.sorted { $0.key < $1.key }.map {
                SourceEffect(name: $0.key, state: $0.value.state)
            }
        )
    }

    private func checkOwner(of name: TableName, _ state: TableState?, _ access: AccessContext) throws(TarnError) {
        guard case .source(let source) = state?.owner, access != .source(source) else { return }
        throw TarnError(
            .ownerMismatch,
            "The table is a mirror: only the landing of its source commits to it.",
            detail: ["table": name.description, "owner": "source:\(source)"]
        )
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
        if next.version % CommitLog.checkpointInterval == 0 { try? await lake.log.writeCheckpoint(next) }
        return record
    }

    private static func result(_ record: LogRecord, _ commit: Commit) -> CommitResult {
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
