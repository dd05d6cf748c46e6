package import Base
package import Columns
package import Engine
import Iceberg
package import Lake
import Synchronization

/// One person's or program's place to run statements, one after the other.
///
/// Each statement reads the whole lake at the version that was newest when it began, or at the one it asks for.
package final class QuerySession: Sendable {
    package typealias BatchHandler = @Sendable (ColumnBatch) throws(TarnError) -> Bool
    /// Waits so long; ends early when its task is cancelled.
    package typealias Sleep = @Sendable (Duration) async -> Void

    let engine: QueryEngine
    let connection: EngineConnection
    private let views: ViewCatalog
    private let catalogPrefix: String
    private let turnstile = Turnstile()
    private let running = Mutex<RunningStatement?>(nil)
    private let scans = Mutex<[ScanKey: TableScan]>([:])
    private let sleep: Sleep
    private let allowsWrites: Bool
    private static let scansMax = 500

    private struct ScanKey: Hashable {
        let table: TableName
        let metadata: String
        let predicate: Predicate
    }

    /// - Parameter limits: as `QueryEngine` takes them; the engine is this session's own.
    package static func open(
        _ lake: Lake,
        limits: QueryLimits = QueryLimits(),
        outputFolders: [String] = [],
        allowsWrites: Bool = false
    ) async throws(TarnError) -> QuerySession {
        try await QueryEngine(lake, limits: limits, outputFolders: outputFolders).session(allowsWrites: allowsWrites)
    }

    init(
        _ engine: QueryEngine,
        _ connection: EngineConnection,
        number: Int,
        allowsWrites: Bool,
        sleep: @escaping Sleep
    ) {
        self.engine = engine
        self.connection = connection
        self.allowsWrites = allowsWrites
        self.sleep = sleep
        catalogPrefix = "tarn_\(number)"
        views = ViewCatalog(connection: connection, prefix: catalogPrefix)
    }

    /// Runs one statement and hands its rows on as they come.
    ///
    /// - Parameter onBatch: runs on the engine's thread, which it may block; false ends the statement.
    /// - Throws: `query.invalid`, `query.forbidden`, `query.limit`, `lake.tableMissing`, `lake.versionMissing`,
    ///   `interrupted`, and what `onBatch` throws.
    package func run(
        _ sql: String,
        at version: VersionReference = .newest,
        as access: AccessContext,
        parameters: [Parameter] = [],
        rowsMax: Int? = nil,
        onBatch: @escaping BatchHandler
    ) async throws(TarnError) -> QueryAnswer {
        try await limited { [self] () throws(TarnError) in
            if let statement = try writeStatement(sql) {
                let result = try await perform(statement, at: version, as: access)
                for batch in result.batches { _ = try onBatch(batch) }
                let (state, count) = (engine.lake.knownState, result.batches.reduce(0) { $0 + $1.rowCount })
                return QueryAnswer(result.schema, state, rowCount: count, isCut: false, scan: ScanStatistics())
            }
            let prepared = try await prepare(sql, at: version)
            let rowsMax = min(rowsMax ?? .max, engine.limits.rowsMax)
            do throws(TarnError) {
                if prepared.statement.text.explanation != nil {
                    let plan = try await plan(prepared.sql)
                    _ = try onBatch(plan)
                    return prepared.answer(plan.schema, rowCount: plan.rowCount, isCut: false)
                }
                let end = try await connection.query(
                    prepared.sql,
                    parameters: parameters,
                    rowsMax: rowsMax,
                    onBatch: onBatch
                )
                return prepared.answer(end.schema, rowCount: end.rowCount, isCut: end.isCut)
            } catch {
                throw explained(error, prepared)
            }
        }
    }

    /// Runs one statement and holds its rows in memory.
    package func run(
        _ sql: String,
        at version: VersionReference = .newest,
        as access: AccessContext,
        parameters: [Parameter] = [],
        rowsMax: Int? = nil
    ) async throws(TarnError) -> QueryAnswer {
        let collected = Collected()
        var answer = try await run(sql, at: version, as: access, parameters: parameters, rowsMax: rowsMax) {
            collected.append($0)
            return true
        }
        answer.batches = collected.batches
        return answer
    }

    /// Runs one statement and writes its rows as text.
    package func write(
        _ sql: String,
        as format: OutputFormat,
        at version: VersionReference = .newest,
        for access: AccessContext,
        rowsMax: Int? = nil,
        to sink: @escaping OutputWriter.Sink
    ) async throws(TarnError) -> QueryAnswer {
        let writer = try OutputWriter(format, to: sink)
        let answer = try await run(sql, at: version, as: access, rowsMax: rowsMax) { (batch) throws(TarnError) in
            try writer.write(batch)
            return true
        }
        try writer.finish(schema: answer.schema, isCut: answer.isCut)
        return answer
    }

    /// Runs one statement and writes its rows to a Parquet file in one of the output folders.
    ///
    /// - Returns: how many rows the file has, and whether there were more than `limits.rowsMax`.
    package func export(
        _ sql: String,
        to path: String,
        at version: VersionReference = .newest,
        as access: AccessContext
    ) async throws(TarnError) -> (rowCount: Int, isCut: Bool) {
        try await limited { [self] () throws(TarnError) in
            let prepared = try await prepare(sql, at: version)
            guard prepared.statement.text.explanation == nil else {
                throw TarnError(.queryForbidden, "A plan cannot be written to a file.")
            }
            let rows = "FROM (\(prepared.sql)\n)"
            let rowsMax = engine.limits.rowsMax
            let kept = rowsMax == .max ? rows : "\(rows) LIMIT \(rowsMax)"
            let options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
            do throws(TarnError) {
                let result = try await connection.query("COPY (\(kept)) TO \(sqlLiteral(path)) (\(options))")
                guard case .int64(let counts) = result.batches.first?.columns.first?.storage, let count = counts.first
                else { return (0, false) }
                guard count == rowsMax else { return (Int(count), false) }
                // A full file does not tell whether there were more rows: only another look does.
                let next = try await connection.query("SELECT 1 \(rows) LIMIT 1 OFFSET \(rowsMax)")
                return (Int(count), next.rowCount > 0)
            } catch {
                if error.code == .queryForbidden {
                    throw TarnError(.queryForbidden, "The file lies in no folder that results may be written to.")
                }
                throw explained(error, prepared)
            }
        }
    }

    /// Ends the statement that runs now; nothing happens where none does.
    package func interrupt() { running.withLock { $0 }?.stop(.interrupt) }

    /// A statement has begun and not ended.
    package var isRunning: Bool { running.withLock { $0 != nil } }

    /// How far the running statement is, 0 to 100; nil where that is not known.
    package var progress: Double? { connection.progress() }

    /// Frees what the session holds in its engine. It must not be used afterwards.
    package func close() async throws(TarnError) {
        await turnstile.enter()
        defer { turnstile.leave() }
        try await views.detach()
    }
}

extension QuerySession {
    /// The statement as one of those that are not queries; nil for all others, and for those that may not be run here.
    private func writeStatement(_ sql: String) throws(TarnError) -> WriteStatement? {
        if allowsWrites { return try WriteParser.parse(sql) }
        guard let statement = try? WriteParser.parse(sql) else { return nil }
        guard statement.isReading else {
            throw TarnError(
                .queryForbidden,
                "Only statements that read can be run here.",
                detail: ["statement": try StatementText(sql).command]
            )
        }
        return statement
    }

    /// A statement ready to run, with what is needed to explain its errors.
    struct Prepared {
        let statement: ParsedStatement
        let state: LakeState
        var sql: String
        let columns: [String]
        var scan = ScanStatistics()
        /// The table whose rows come with their places in files, with all of its files.
        var positioned: TableSnapshot?

        func answer(_ schema: Schema, rowCount: Int, isCut: Bool) -> QueryAnswer {
            QueryAnswer(schema, state, rowCount: rowCount, isCut: isCut, scan: scan)
        }
    }

    /// - Parameter positioning: the table whose rows shall come with their places in files.
    func prepare(
        _ sql: String,
        at version: VersionReference,
        positioning: TableReference? = nil
    ) async throws(TarnError) -> Prepared {
        let rewriter = StatementRewriter(connection: connection)
        let statement = try await rewriter.parse(sql)
        let newest = try await engine.lake.refresh()
        let state = try await engine.lake.state(at: version, in: newest)
        let read = Mutex<[TableReference: TableScan]>([:])
        do throws(TarnError) {
            let rewritten = try await rewriter.rewrite(statement, tables: Array(state.tables.keys)) {
                [self] (references) throws(TarnError) in
                var found: [(reference: TableReference, scan: TableScan)] = []
                for reference in references {
                    let scan = try await scan(reference, state, newest)
                    let isPositioned = positioning.map(reference.isSameTable(as:)) ?? false
                    found.append((reference, isPositioned ? TableScan(scan.snapshot, hasPositions: true) : scan))
                }
                for (reference, scan) in found { read.withLock { $0[reference] = scan } }
                return try await views.views(for: found)
            }
            let scans = read.withLock { $0 }
            let columns = scans.values.flatMap { $0.snapshot.schema.fields.map(\.name) }
            var prepared = Prepared(statement: statement, state: state, sql: rewritten.sql, columns: columns.sorted())
            for scan in scans.values { prepared.scan.add(scan.snapshot) }
            if statement.text.explanation == nil, rewritten.tables.count == 1, let scan = scans[rewritten.tables[0]],
                let shortcut = MetadataAnswer(statement.tree, scan.snapshot)
            {
                if let sql = shortcut.sql(try await connection.schema(of: rewritten.sql)) {
                    prepared.sql = sql
                    prepared.scan = ScanStatistics()
                }
            }
            if let positioning, scans.values.contains(where: \.hasPositions) {
                // The scan leaves out files; what becomes of a table is decided with all of them.
                prepared.positioned = try await scan(positioning, state, newest).snapshot
            }
            return prepared
        } catch {
            throw explained(error, Prepared(statement: statement, state: state, sql: "", columns: []))
        }
    }

    /// - Parameter pinned: what is read where the statement asks for nothing else.
    private func scan(
        _ reference: TableReference,
        _ pinned: LakeState,
        _ newest: LakeState
    ) async throws(TarnError) -> TableScan {
        var state = pinned
        if let version = reference.version { state = try await engine.lake.state(at: version, in: newest) }
        let name = try TableNames(state.tables.keys).find(reference)
        guard let table = state.tables[name] else { throw TarnError(.tableMissing, "The lake has no such table.") }
        let predicate = try await predicate(reference.filter, table)
        let key = ScanKey(table: name, metadata: table.metadata, predicate: predicate)
        if let known = scans.withLock({ $0[key] }) { return known }
        let snapshot = try await engine.lake.reader.snapshot(name, table, matching: predicate)
        try await FieldIDCheck(connection: connection).check(snapshot)
        let scan = TableScan(snapshot)
        scans.withLock {
            if $0.count >= Self.scansMax { $0.removeAll() }
            $0[key] = scan
        }
        return scan
    }

    /// What files must hold to be read. Conditions that the engine cannot work out alone leave every file: the
    /// statement itself will say what is wrong with them.
    private func predicate(_ filter: TableFilter?, _ table: TableState) async throws(TarnError) -> Predicate {
        guard let filter else { return .anything }
        let schema = try await engine.lake.reader.metadata(table).currentSchema
        guard let asked = FilterPredicate(filter, schema: schema) else { return .anything }
        do throws(TarnError) {
            let values = try await FilterConstant.values(of: asked.constants, on: connection)
            return asked.predicate { values[$0] }
        } catch {
            if error.code == .interrupted { throw error }
            return .anything
        }
    }

    private func plan(_ sql: String) async throws(TarnError) -> ColumnBatch {
        let result = try await connection.query(sql)
        return PlanText.batch(result, hiding: engine.folders)
    }

    func explained(_ error: TarnError, _ prepared: Prepared) -> TarnError {
        EngineErrors(
            text: prepared.statement.text,
            columns: prepared.columns,
            folders: engine.folders,
            catalog: catalogPrefix
        ).explained(error)
    }
}

extension QuerySession {
    /// Runs `body` alone on this session, and ends it at the timeout, at `interrupt`, or with the caller's task.
    func limited<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(TarnError) -> Value
    ) async throws(TarnError) -> Value {
        await turnstile.enter()
        defer { turnstile.leave() }
        let statement = RunningStatement()
        running.withLock { $0 = statement }
        defer { running.withLock { $0 = nil } }
        let work = Task { () async -> Result<Value, TarnError> in
            do throws(TarnError) { return .success(try await body()) } catch { return .failure(error) }
        }
        statement.begin { work.cancel() }
        let timer = engine.limits.timeout.map { limit in
            Task { [sleep] in
                await sleep(limit)
                if !Task.isCancelled { statement.stop(.timeout) }
            }
        }
        defer { timer?.cancel() }
        let result = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            statement.stop(.interrupt)
        }
        guard case .failure(let error) = result, let end = statement.end else { return try result.get() }
        throw end == .timeout ? timedOut(error) : TarnError(.interrupted, "The statement was interrupted.")
    }

    private func timedOut(_ error: TarnError) -> TarnError {
        guard let limit = engine.limits.timeout else { return error }
        return TarnError(
            .queryLimit,
            "The statement ran longer than it may.",
            detail: ["limit": "limits.query_timeout, \(limit.description)"]
        )
    }
}

/// Batches gathered on the engine's thread.
private final class Collected: Sendable {
    private let state = Mutex<[ColumnBatch]>([])

    var batches: [ColumnBatch] { state.withLock { $0 } }

    func append(_ batch: ColumnBatch) { state.withLock { $0.append(batch) } }
}
