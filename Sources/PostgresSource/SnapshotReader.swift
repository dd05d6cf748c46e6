internal import Base
internal import Capture
internal import Columns

/// One connection inside the snapshot's transaction. Opened when first used, and again after it was lost: the exported
/// snapshot can be entered as long as the exporting connection stays.
actor SnapshotReader {
    private let executor = QueueExecutor(label: "tarn.postgres.snapshot")
    private let connection: String
    private let snapshot: String
    private var handle: Handle?
    private var decoder: CopyDecoder?
    private var lockStatement: String?

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(connection: String, snapshot: String) {
        self.connection = connection
        self.snapshot = snapshot
    }

    func rows(_ sql: String, _ parameters: [String?] = []) throws(TarnError) -> [[String?]] {
        try entered().rows(sql, parameters)
    }

    /// Holds the tables until the snapshot ends. A connection that is opened again takes them at once or fails.
    ///
    /// - Parameter tables: as SQL.
    /// - Throws: `source.unavailable` when somebody holds or waits for one of them, unless `waits`.
    func lock(_ tables: String, waits: Bool) throws(TarnError) {
        let statement = "LOCK TABLE \(tables) IN ACCESS SHARE MODE"
        lockStatement = nil
        try entered().execute(waits ? statement : statement + " NOWAIT")
        lockStatement = statement + " NOWAIT"
    }

    func begin(_ sql: String, table: CapturedTable, wires: [WireType]) throws(TarnError) {
        try entered().execute(sql)
        decoder = CopyDecoder(table: table, wires: wires)
    }

    /// The next rows of the running COPY, about `bytesMax` bytes of them; nil at its end.
    func next(bytesMax: Int) throws(TarnError) -> ColumnBatch? {
        guard let handle, decoder != nil else { return nil }
        while true {
            let step = try handle.nextCopyData { (message) throws(TarnError) in try decoder?.consume(message) }
            switch step {
            case .value:
                if let decoder, decoder.bytesGathered >= bytesMax { return self.decoder?.takeBatch() }
            case .nothingYet:
                try waitForMore(handle)
            case .end:
                return try finish()
            }
        }
    }

    private func waitForMore(_ handle: Handle) throws(TarnError) {
        guard !Task.isCancelled else { throw TarnError(.interrupted, "The snapshot was interrupted.") }
        handle.wait(milliseconds: .max)
        try handle.consumeInput()
    }

    private func finish() throws(TarnError) -> ColumnBatch? {
        defer { decoder = nil }
        guard decoder?.isAtEnd == true else {
            throw TarnError(.sourceUnavailable, "The snapshot's data ended too early.")
        }
        return decoder?.takeBatch()
    }

    /// Gives the connection up: whatever ran on it ends at the server.
    func reset() {
        handle = nil
        decoder = nil
    }

    private func entered() throws(TarnError) -> Handle {
        if let handle { return handle }
        let opened = try Handle(connection, mode: .queries)
        try opened.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try opened.execute("SET TRANSACTION SNAPSHOT \(snapshot.literal)")
        if let lockStatement { try opened.execute(lockStatement) }
        handle = opened
        return opened
    }
}

/// Hands out readers, at most one user each at a time.
actor ReaderPool {
    private var idle: [SnapshotReader]
    private var waiting: [CheckedContinuation<SnapshotReader, Never>] = []

    init(_ readers: [SnapshotReader]) { idle = readers }

    func take() async -> SnapshotReader {
        if let reader = idle.popLast() { return reader }
        return await withCheckedContinuation { waiting.append($0) }
    }

    func give(_ reader: SnapshotReader) {
        if waiting.isEmpty { idle.append(reader) } else { waiting.removeFirst().resume(returning: reader) }
    }
}
