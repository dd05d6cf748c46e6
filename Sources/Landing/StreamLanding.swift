import Base
import Capture
import Lake

/// Follows the log of a source: part after part into files, commit after commit into the lake, and only then back to
/// the source as acknowledged.
actor StreamLanding {
    private static let tablesAtOnce = 4

    private let context: LandingContext
    private let status: StatusBoard
    private var tables: [String: LiveTable] = [:]
    private var order: [String] = []
    private var stoppedTables: [LandedTable] = []
    private var position: Position
    /// Which log the position is a place in; nil until the source has told it.
    private var identity: String?
    private var reached: Position?
    private var reachedTime: Timestamp?
    private var transactionCount = 0
    private var changeCount = 0
    private var hasStops = false
    /// The last part ended within a transaction.
    private var isCut = false
    private var lastIdleCommit: Timestamp
    private var lastComparison: Timestamp
    private var ledger: CheckLedger

    /// - Parameter ledger: what the checks counted in the rows of the snapshot, where there was one just now.
    init(
        _ state: SourceState,
        lakeState: LakeState,
        ledger: CheckLedger?,
        context: LandingContext,
        status: StatusBoard
    )
        async throws(TarnError)
    {
        self.context = context
        self.status = status
        position = Position(text: state.position)
        identity = state.identity
        lastIdleCommit = context.time.now()
        lastComparison = lastIdleCommit
        let landed = try LandedTable.parse(state.tables)
        let known = ledger ?? CheckLedger(context.checks, landed, at: lastIdleCommit)
        self.ledger = known
        for table in landed {
            if table.stopped == nil {
                tables[table.captured.qualifiedName] = try await LiveTable(
                    table,
                    state: lakeState,
                    context: context
                )
                order.append(table.captured.qualifiedName)
            } else {
                stoppedTables.append(table)
            }
        }
        status.update {
            $0.tables = landed.map(LandingStatus.Table.init)
            $0.position = state.position
            $0.positionTime = state.time
            $0.version = lakeState.version
        }
        status.checked(known)
    }

    /// Runs until the task is cancelled; what was read by then is still landed.
    func run(_ source: any ChangeSource) async throws(TarnError) {
        try requireSame(try await source.identity())
        try await compare(with: source)
        var captured: [CapturedTable] = []
        for name in order {
            if let landed = await tables[name]?.landed, landed.stopped == nil { captured.append(landed.captured) }
        }
        let stream = try await source.stream(from: position, tables: captured)
        status.update { $0.phase = .streaming }
        do throws(TarnError) {
            while !Task.isCancelled {
                let part = try await stream.read(limits: limits)
                try await shielded { () async throws(TarnError) in try await self.land(part, stream) }
                if !isCut, isDue(context.options.comparisonInterval, since: lastComparison) {
                    try await compare(with: source)
                }
            }
        } catch {
            await stream.close()
            throw error
        }
        await stream.close()
    }

    /// A position means nothing in another log, even where that log is long enough to hold it.
    private func requireSame(_ found: String) throws(TarnError) {
        guard let known = identity, known != found else {
            identity = found
            return
        }
        throw TarnError(
            .sourceReplaced,
            "The database is not the one that the lake followed, or was set back and went another way since.",
            detail: ["the lake followed": known, "now": found]
        )
    }

    /// Finds what the log does not show: what the source's file asks for, and what its catalog says of the tables.
    private func compare(with source: any ChangeSource) async throws(TarnError) {
        let found = try await source.matchingTables()
        let matching = Dictionary(found.map { ($0.name.qualified, $0) }) { $1 }
        for name in order {
            guard let table = tables[name], await table.landed.stopped == nil else { continue }
            do throws(TarnError) {
                try await table.compare(with: matching[name])
            } catch {
                await stop(TableStop(table: name, error: error), discards: false)
            }
        }
        let known = Set(order + stoppedTables.map(\.captured.qualifiedName))
        status.update { $0.unfollowed = Set(matching.keys).subtracting(known).sorted() }
        lastComparison = context.time.now()
    }

    private var limits: StreamLimits {
        StreamLimits(
            wait: context.options.commitInterval,
            rowsMax: context.options.commitRowsMax,
            bytesMax: context.options.bytesMax
        )
    }

    private func land(_ part: StreamPart, _ stream: any ChangeStream) async throws(TarnError) {
        try await apply(part.batches)
        for stop in part.stopped { await self.stop(stop, discards: isCut) }
        isCut = part.isInsideTransaction
        if let end = part.reached {
            reached = end
            reachedTime = part.reachedTime ?? reachedTime
            transactionCount += part.transactionCount
        }
        guard !part.isInsideTransaction else { return }
        if let reached {
            try await commit(upTo: reached, cause: "landing", stream)
        } else if hasStops {
            try await commit(upTo: position, cause: "landing", stream)
        } else if let idle = part.idle, idle > position,
            isDue(context.options.idleInterval, since: lastIdleCommit)
        {
            try await commit(upTo: idle, cause: "idle", stream)
        }
        if let time = part.caughtUpAt { status.update { $0.caughtUpAt = time } }
    }

    /// Tables go side by side, the batches of one table in their order.
    private func apply(_ batches: [ChangeBatch]) async throws(TarnError) {
        let byTable = Dictionary(grouping: batches, by: \.table.qualifiedName)
        let work = order.compactMap { name in
            tables[name].flatMap { table in byTable[name].map { (table: table, batches: $0) } }
        }
        let stops = try await concurrently(work, width: Self.tablesAtOnce) { work async throws(TarnError) in
            do throws(TarnError) {
                for batch in work.batches { try await work.table.apply(batch) }
                return TableStop?.none
            } catch {
                guard error.stopsTableAlone else { throw error }
                return TableStop(table: work.batches[0].table.qualifiedName, error: error)
            }
        }
        for case let stop? in stops { await self.stop(stop, discards: true) }
        for (name, batches) in byTable where tables[name] != nil {
            let count = batches.reduce(0) { $0 + $1.count }
            changeCount += count
            status.update { status in
                guard let index = status.tables.firstIndex(where: { $0.source == name }) else { return }
                status.tables[index].changes += Int64(count)
            }
        }
    }

    private func isDue(_ interval: Duration, since last: Timestamp) -> Bool {
        let waited = context.time.now().microseconds - last.microseconds
        let (seconds, attoseconds) = interval.components
        return waited >= seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    private func stop(_ stop: TableStop, discards: Bool) async {
        guard let table = tables[stop.table] else { return }
        await table.stop(stop.error, discards: discards)
        hasStops = true
        status.update { status in
            guard let index = status.tables.firstIndex(where: { $0.source == stop.table }) else { return }
            status.tables[index].stopped = stop.error.description
        }
    }

    /// One commit for everything since the last: all tables and the position, or nothing.
    private func commit(upTo end: Position, cause: String, _ stream: any ChangeStream) async throws(TarnError) {
        failpoint("landing.afterDataFiles")
        let start = context.time.now()
        var request = CommitRequest(
            cause: cause,
            message: Self.message(changeCount, transactionCount)
        )
        var landed = stoppedTables
        let live = order.compactMap { tables[$0] }
        let updates = try await concurrently(live, width: Self.tablesAtOnce) { table async throws(TarnError) in
            try await table.updates()
        }
        var ledger = ledger
        for update in updates {
            request.tables.merge(update.tables) { _, new in new }
            landed.append(update.landed)
            if let evaluation = update.evaluation { ledger.add(evaluation) }
        }
        for index in landed.indices { landed[index].failingChecks = ledger.failing(of: landed[index].silver) }
        let state = SourceState(
            position: end.text,
            time: reachedTime,
            identity: identity,
            tables: LandedTable.json(landed)
        )
        request.sources[context.source] = SourceUpdate(expected: position.text, state: state)
        let (result, unrecorded) = try await context.commit(request, &ledger, upTo: end)
        self.ledger = ledger
        status.checked(ledger, unrecorded: unrecorded)
        _ = try await concurrently(live, width: Self.tablesAtOnce) { table async throws(TarnError) in
            try await table.committed(result.tables)
        }
        failpoint("landing.afterIndex")
        await finish(result, end: end, start: start)
        failpoint("landing.beforeAcknowledge")
        try await stream.acknowledge(end)
        failpoint("landing.afterAcknowledge")
    }

    private static func message(_ changes: Int, _ transactions: Int) -> String {
        "\(changes) change\(changes == 1 ? "" : "s") in \(transactions) transaction\(transactions == 1 ? "" : "s")"
    }

    private func finish(_ result: CommitResult, end: Position, start: Timestamp) async {
        for name in order where await tables[name]?.landed.stopped != nil {
            if let landed = await tables.removeValue(forKey: name)?.landed { stoppedTables.append(landed) }
        }
        order.removeAll { tables[$0] == nil }
        status.committed(result, position: end.text, positionTime: reachedTime)
        let (changes, transactions) = (changeCount, transactionCount)
        let duration = context.time.now().milliseconds - start.milliseconds
        status.update {
            $0.changes += Int64(changes)
            $0.transactions += Int64(transactions)
            $0.lastCommitMilliseconds = duration
        }
        position = end
        reached = nil
        hasStops = false
        changeCount = 0
        transactionCount = 0
        lastIdleCommit = context.time.now()
    }
}
