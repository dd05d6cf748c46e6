import Base
import Capture
import Iceberg
import Lake
import Synchronization

/// Brings all tables of a source into the lake at one position, in one commit.
struct SnapshotLanding {
    let context: LandingContext
    let status: StatusBoard

    /// - Returns: what the checks counted in the rows of the snapshot.
    func run(_ source: any ChangeSource) async throws(TarnError) -> CheckLedger {
        let snapshot = try await source.snapshot()
        do throws(TarnError) {
            return try await land(snapshot, try await source.identity())
        } catch {
            await snapshot.close()
            await leaveNothing(at: source)
            throw error
        }
    }

    /// A snapshot that did not reach the lake begins anew: until then its slot would only pile up the source's log.
    /// Whether that succeeds does not matter to the error at hand; the next attempt drops the slot too.
    private func leaveNothing(at source: any ChangeSource) async {
        let context = context
        try? await shielded { () async throws(TarnError) in
            guard try await context.lake.refresh().sources[context.source] == nil else { return }
            try await source.remove()
        }
    }

    private func land(_ snapshot: any SourceSnapshot, _ identity: String) async throws(TarnError) -> CheckLedger {
        try context.options.requireTemplates()
        var names: [Int: LandedTable] = [:]
        for (index, table) in snapshot.tables.enumerated() { names[index] = landed(table) }
        let inOrder = names.sorted { $0.key < $1.key }.map(\.value)
        try refuseCollisions(inOrder)
        var tables: [Int: SnapshotTable] = [:]
        for (index, name) in names { tables[index] = try SnapshotTable(name, context: context) }
        status.beginSnapshot(snapshot, tables: inOrder, at: context.time.now())
        let stops = try await read(snapshot, tables)
        await snapshot.close()
        for (table, error) in stops { await tables[table]?.stop(error) }
        failpoint("landing.afterDataFiles")
        let finished = tables.sorted { $0.key < $1.key }.map(\.value)
        return try await shielded { () async throws(TarnError) in
            let (result, ledger) = try await commit(snapshot, identity, finished)
            for table in finished { try await table.committed(result.tables) }
            failpoint("landing.afterIndex")
            status.committed(result, position: snapshot.position.text, positionTime: nil)
            return ledger
        }
    }

    /// Reads all chunks. A value that the lake cannot hold stops its table alone.
    /// - Returns: the tables that stopped, with the reason.
    private func read(
        _ snapshot: any SourceSnapshot,
        _ tables: [Int: SnapshotTable]
    ) async throws(TarnError) -> [Int: TarnError] {
        let queue = ChunkQueue(snapshot.chunks.filter { tables[$0.table] != nil })
        for (index, table) in tables {
            do throws(TarnError) { try LakeSchemas.refuseUnreadable(table.captured) } catch { queue.skip(index, error) }
        }
        let outcome = await withTaskGroup(of: Result<Void, TarnError>.self) { group in
            for _ in 0..<max(1, snapshot.readerCount) {
                group.addTask {
                    do throws(TarnError) {
                        return .success(try await readChunks(queue, snapshot, tables))
                    } catch {
                        return .failure(error)
                    }
                }
            }
            var outcome = Result<Void, TarnError>.success(())
            for await one in group {
                guard case .failure = one, case .success = outcome else { continue }
                outcome = one
                queue.stop()
                group.cancelAll()
            }
            return outcome
        }
        try outcome.get()
        return queue.stops
    }

    /// One reader's work: chunk after chunk until none is left.
    private func readChunks(
        _ queue: ChunkQueue,
        _ snapshot: any SourceSnapshot,
        _ tables: [Int: SnapshotTable]
    ) async throws(TarnError) {
        let reader = try SnapshotReader(snapshot, context: context)
        let status = status
        var current: Int?
        while let chunk = queue.next(), let table = tables[chunk.table] {
            if let current, current != chunk.table { try await finish(reader, current, queue) }
            current = chunk.table
            do throws(TarnError) {
                try await reader.read(chunk, into: table) { status.snapshotRead(rows: $0) }
            } catch {
                try await stop(chunk.table, error, reader, queue)
            }
            status.snapshotChunkDone()
        }
        if let current { try await finish(reader, current, queue) }
    }

    private func finish(_ reader: SnapshotReader, _ table: Int, _ queue: ChunkQueue) async throws(TarnError) {
        do throws(TarnError) { try await reader.finish() } catch { try await stop(table, error, reader, queue) }
    }

    /// Gives one table up when the fault is its own; any other fault ends the snapshot.
    private func stop(
        _ table: Int,
        _ error: TarnError,
        _ reader: SnapshotReader,
        _ queue: ChunkQueue
    ) async throws(TarnError) {
        guard error.stopsTableAlone else { throw error }
        queue.skip(table, error)
        await reader.discard()
    }

    private func commit(
        _ snapshot: any SourceSnapshot,
        _ identity: String,
        _ tables: [SnapshotTable]
    ) async throws(TarnError) -> (CommitResult, CheckLedger) {
        var request = CommitRequest(
            cause: "snapshot",
            message: "Snapshot of \(tables.count) tables of \(context.source)"
        )
        var landed: [LandedTable] = []
        for table in tables {
            request.tables.merge(await table.updates()) { _, new in new }
            landed.append(await table.landed)
        }
        var ledger = CheckLedger(context.checks, landed, at: context.time.now())
        for (name, update) in request.tables {
            if let evaluation = try await evaluation(of: name, update) { ledger.add(evaluation) }
        }
        for index in landed.indices { landed[index].failingChecks = ledger.failing(of: landed[index].silver) }
        let state = SourceState(
            position: snapshot.position.text,
            time: nil,
            identity: identity,
            tables: LandedTable.json(landed)
        )
        request.sources[context.source] = SourceUpdate(expected: nil, state: state)
        let (result, unrecorded) = try await context.commit(request, &ledger, upTo: snapshot.position)
        status.checked(ledger, unrecorded: unrecorded)
        return (result, ledger)
    }

    private func evaluation(of name: TableName, _ update: TableUpdate) async throws(TarnError) -> RowEvaluation? {
        guard case .create(let table) = update, let change = table.change,
            let evaluator = try context.checks?.evaluator(of: name)
        else { return nil }
        return await evaluator.evaluate(change, schema: table.schema, at: context.time.now())
    }

    /// Nil for a table whose name cannot be one in the lake: it is not followed, and the others are.
    private func landed(_ table: CapturedTable) -> LandedTable? {
        guard let bronze = try? context.options.bronze(table.namespace, table.name),
            let silver = try? context.options.silver(table.namespace, table.name)
        else { return nil }
        return LandedTable(captured: table, bronze: bronze, silver: table.key.isEmpty ? nil : silver)
    }

    private func refuseCollisions(_ tables: [LandedTable]) throws(TarnError) {
        let known = context.lake.knownState.tables
        var taken: [TableName: String] = [:]
        for table in tables {
            for name in [table.bronze, table.silver].compactMap({ $0 }) {
                let other = taken[name] ?? (known[name] == nil ? nil : "a table of the lake")
                taken[name] = table.captured.qualifiedName
                guard let other else { continue }
                throw TarnError(
                    .tableExists,
                    "Two tables would have the same name in the lake.",
                    detail: ["name": name.description, "table": table.captured.qualifiedName, "other": other],
                    remedy: "Set `bronze` and `silver` in the source's file to templates that hold {schema}."
                )
            }
        }
    }
}

/// The chunks that no reader has taken yet, and the tables that are given up.
private final class ChunkQueue: Sendable {
    private struct Contents {
        var chunks: ArraySlice<SnapshotChunk>
        var stops: [Int: TarnError] = [:]
    }

    private let contents: Mutex<Contents>

    init(_ chunks: [SnapshotChunk]) { contents = Mutex(Contents(chunks: chunks[...])) }

    var stops: [Int: TarnError] { contents.withLock { $0.stops } }

    func next() -> SnapshotChunk? { contents.withLock { $0.chunks.popFirst() } }

    func skip(_ table: Int, _ error: TarnError) {
        contents.withLock { contents in
            contents.stops[table] = contents.stops[table] ?? error
            contents.chunks.removeAll { $0.table == table }
        }
    }

    func stop() { contents.withLock { $0.chunks = [] } }
}

extension TarnError {
    /// The fault is one table's: the others can go on without it.
    var stopsTableAlone: Bool { [.valueUnrepresentable, .unsupported, .schemaChanged].contains(code) }
}
