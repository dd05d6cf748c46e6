package import Base
package import Columns

/// One connection to the engine: runs one statement at a time, on a thread that is not Swift's.
///
/// When the task that waits for a statement is cancelled, the statement is interrupted; the connection stays usable.
package actor EngineConnection {
    private let executor = QueueExecutor(label: "tarn.engine")
    private let handle: ConnectionHandle
    private nonisolated let rowSources: RowSources

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ handle: ConnectionHandle, _ rowSources: RowSources) {
        self.handle = handle
        self.rowSources = rowSources
    }

    /// Runs one or more statements whose answers do not matter.
    package func execute(_ sql: String) async throws(TarnError) {
        try await cancellable { (handle, cancellation) throws(TarnError) in
            try Statement.forEach(of: sql, on: handle) { (statement) throws(TarnError) in
                _ = try statement.run(isStreaming: false, cancellation)
            }
        }
    }

    /// Runs one statement and holds its whole answer in memory.
    package func query(_ sql: String, parameters: [Parameter] = []) async throws(TarnError) -> QueryResult {
        try await cancellable { (handle, cancellation) throws(TarnError) in
            var reader = try begin(sql, parameters, isStreaming: false, on: handle, cancellation)
            var batches: [ColumnBatch] = []
            while let batch = try reader.next() { batches.append(batch) }
            return QueryResult(schema: reader.schema, batches: batches)
        }
    }

    /// Runs one statement and hands its rows on as they are made, in bounded memory.
    ///
    /// - Parameter rowsMax: rows beyond it are not made where possible, and never handed on.
    /// - Parameter onBatch: runs on the connection's thread, which it may block; false ends the statement.
    package func query(
        _ sql: String,
        parameters: [Parameter] = [],
        rowsMax: Int,
        onBatch: @Sendable (ColumnBatch) throws(TarnError) -> Bool
    ) async throws(TarnError) -> StreamEnd {
        try await cancellable { (handle, cancellation) throws(TarnError) in
            var reader = try begin(sql, parameters, isStreaming: true, on: handle, cancellation)
            var rowCount = 0
            while let batch = try reader.next() {
                let wanted = min(batch.rowCount, rowsMax - rowCount)
                let isCut = wanted < batch.rowCount
                rowCount += wanted
                let goesOn = wanted == 0 ? true : try onBatch(isCut ? batch.gathered(Array(0..<wanted)) : batch)
                if isCut || !goesOn { return StreamEnd(schema: reader.schema, rowCount: rowCount, isCut: isCut) }
                try cancellation.check()
            }
            return StreamEnd(schema: reader.schema, rowCount: rowCount, isCut: false)
        }
    }

    /// The columns that a statement would give, without running it.
    package func schema(of sql: String) async throws(TarnError) -> Schema {
        try await cancellable { (handle, _) throws(TarnError) in
            let statement = try Statement(sql, on: handle)
            guard let columns = statement.columns else {
                throw TarnError(.queryInvalid, "The columns of the statement depend on its parameters.")
            }
            return resultSchema(columns)
        }
    }

    /// Ends the statement that runs now, from any thread; one that has not begun is not touched.
    package nonisolated func interrupt() { handle.interrupt() }

    /// How far the running statement is, 0 to 100, from any thread; nil where that is not known.
    package nonisolated func progress() -> Double? { handle.percentage }

    /// Lets statements read `input` in place of a table, under the SQL text that `body` is given, while `body` runs.
    package nonisolated func withRows<Value>(
        _ input: RowInput,
        _ body: (_ rows: String) async throws(TarnError) -> Value
    ) async throws(TarnError) -> Value {
        try await withRows(RowSource(input), body)
    }

    nonisolated func withRows<Value>(
        _ source: RowSource,
        _ body: (_ rows: String) async throws(TarnError) -> Value
    ) async throws(TarnError) -> Value {
        let rowHandle = rowSources.add(source)
        defer { rowSources.remove(rowHandle) }
        do {
            return try await body("tarn_rows(\(rowHandle))")
        } catch {
            throw source.failure ?? error
        }
    }

    private func cancellable<Value>(
        _ body: (ConnectionHandle, Cancellation) throws(TarnError) -> Value
    ) async throws(TarnError) -> Value {
        let cancellation = Cancellation(handle)
        let result = await withTaskCancellationHandler {
            perform(body, cancellation)
        } onCancel: {
            cancellation.cancel()
        }
        return try result.get()
    }

    /// A method of the actor, not a closure: only so is it certain that it blocks the actor's own thread.
    private func perform<Value>(
        _ body: (ConnectionHandle, Cancellation) throws(TarnError) -> Value,
        _ cancellation: Cancellation
    ) -> Result<Value, TarnError> {
        preconditionIsolated()
        defer { cancellation.finish() }
        do throws(TarnError) {
            try cancellation.check()
            return .success(try body(handle, cancellation))
        } catch {
            return .failure(error)
        }
    }
}

private func begin(
    _ sql: String,
    _ parameters: [Parameter],
    isStreaming: Bool,
    on handle: ConnectionHandle,
    _ cancellation: Cancellation
) throws(TarnError) -> ResultReader {
    var statement = try Statement(sql, on: handle)
    if let columns = statement.columns, columns.contains(where: { $0.form.holdsForeign }), statement.isSelect {
        statement = try Statement(castingForeign(sql, columns), on: handle)
    }
    try statement.bind(parameters)
    let reader = try statement.run(isStreaming: isStreaming, cancellation)
    guard let foreign = reader.columns.first(where: { $0.form.holdsForeign }) else { return reader }
    // Only now, with its parameters, are the columns known.
    guard statement.isSelect, statement.columns == nil else { throw noPlace(foreign.name) }
    let second = try Statement(castingForeign(sql, reader.columns), on: handle)
    try second.bind(parameters)
    return try second.run(isStreaming: isStreaming, cancellation)
}

private func noPlace(_ column: String) -> TarnError {
    TarnError(
        .unsupported,
        "A column's type has no place in the lake.",
        detail: ["column": column],
        remedy: "Cast the column to VARCHAR."
    )
}

/// The statement, with what has no place in the lake cast to text.
private func castingForeign(_ sql: String, _ columns: [(name: String, form: ResultForm)]) -> String {
    let names = columns.indices.map { "c\($0)" }.joined(separator: ", ")
    let values = columns.enumerated().map { index, column in
        let value = column.form.holdsForeign ? "CAST(c\(index) AS \(column.form.readableType))" : "c\(index)"
        return "\(value) AS \(sqlIdentifier(column.name))"
    }
    let inner = String(sql.reversed().drop { $0.isWhitespace || $0 == ";" }.reversed())
    return "SELECT \(values.joined(separator: ", ")) FROM (\(inner)\n) AS foreigners(\(names))"
}
