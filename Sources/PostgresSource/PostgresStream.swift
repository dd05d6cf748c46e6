package import Base
package import Capture

/// The slot's changes, read on a thread of their own.
///
/// The server is told only what `acknowledge` was told: what was merely received is never confirmed.
package actor PostgresStream: ChangeStream {
    private let executor = QueueExecutor(label: "tarn.postgres.stream")
    private let configuration: PostgresSourceConfiguration
    private let session: Session
    private let time: any TimeSource
    private var handle: Handle?
    private var assembler: ChangeAssembler
    private var received: LSN
    private var acknowledged: LSN
    private var nextStatus = ContinuousClock.now
    /// When the server was asked for an answer; nil once anything came.
    private var askedAt: ContinuousClock.Instant?
    private let silenceMax: Duration
    /// The end of the server's log at a time: what was logged by then has arrived once the server tells of its end or
    /// beyond. That it answers is no proof, for it tells how far it has read.
    private var goal: (end: LSN, time: Timestamp)?
    private var isReading = false

    private static let statusInterval = Duration.seconds(1)
    /// A server that was asked and sent nothing for so long is taken for gone.
    package static let silenceMax = Duration.seconds(60)
    /// How often a busy reader lets an acknowledgement in.
    private static let yieldInterval = Duration.milliseconds(20)

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(
        _ source: PostgresSource,
        from start: LSN,
        tables: [CapturedTable]
    ) {
        configuration = source.configuration
        session = source.session
        time = source.time
        silenceMax = source.silenceMax
        assembler = ChangeAssembler(from: start, tables: tables)
        received = start
        acknowledged = start
    }

    func start() throws(TarnError) {
        let opened = try Handle(configuration.connection, mode: .replication)
        try opened.execute("SET wal_sender_timeout = '5min'")
        let options = "proto_version '1', publication_names \(configuration.publication.quoted.literal), binary 'true'"
        let slot = configuration.slot.quoted
        try opened.execute("START_REPLICATION SLOT \(slot) LOGICAL \(acknowledged) (\(options))")
        handle = opened
    }

    package func read(limits: StreamLimits) async throws(TarnError) -> StreamPart {
        guard !isReading else { throw TarnError(.sourceRejected, "The stream is being read already.") }
        isReading = true
        defer { isReading = false }
        let deadline = ContinuousClock.now + limits.wait
        var nextYield = ContinuousClock.now
        while true {
            guard let handle else { throw TarnError(.sourceUnavailable, "The stream is closed.") }
            switch try drain(handle, limits, deadline) {
            case .ready: return take()
            case .catalog(let relation, let message):
                assembler.adopt(try await session.catalog.facts(relation), for: relation.oid)
                if try ByteReader.reading(message, consume) == .ready(ends: true), isDue(limits, deadline) {
                    return take()
                }
            case .dry(let receivedSome):
                let now = ContinuousClock.now
                if !assembler.isInsideTransaction, now >= deadline { return take() }
                if let askedAt, now - askedAt > silenceMax { throw silent() }
                if now >= nextStatus { try await ask(handle) }
                guard !Task.isCancelled else { throw TarnError(.interrupted, "Reading changes was interrupted.") }
                if receivedSome {
                    handle.letDataGather()
                } else {
                    handle.wait(milliseconds: Self.milliseconds(until: deadline, now))
                }
                guard now >= nextYield else { continue }
                nextYield = now + Self.yieldInterval
                await Task.yield()
            }
        }
    }

    package func acknowledge(_ position: Position) throws(TarnError) {
        guard let position = LSN(position) else {
            throw TarnError(
                .corruptData,
                "A position to acknowledge is not an LSN.",
                detail: ["position": position.text]
            )
        }
        guard position > acknowledged else { return }
        acknowledged = position
        if let handle { try sendStatus(handle, wantsReply: false) }
    }

    package func close() {
        if let handle { try? sendStatus(handle, wantsReply: false) }
        handle = nil
    }
}

extension PostgresStream {
    private enum Drained {
        case ready
        case dry(receivedSome: Bool)
        case catalog(RelationMessage, [UInt8])
    }

    /// What one message led to.
    private enum Step: Equatable {
        case ready(ends: Bool)
        case catalog(RelationMessage, [UInt8])
    }

    /// Takes in what has arrived, until a part is due or nothing is left.
    private func drain(
        _ handle: Handle,
        _ limits: StreamLimits,
        _ deadline: ContinuousClock.Instant
    ) throws(TarnError)
        -> Drained
    {
        var consumedInput = false
        var receivedSome = false
        while true {
            switch try handle.nextCopyData(takeIn) {
            case .value(.ready(let ends)):
                consumedInput = false
                receivedSome = true
                if ends ? isDue(limits, deadline) : assembler.bytesInPart >= limits.bytesMax { return .ready }
            case .value(.catalog(let relation, let message)): return .catalog(relation, message)
            case .nothingYet:
                if consumedInput { return .dry(receivedSome: receivedSome) }
                try handle.consumeInput()
                consumedInput = true
            case .end:
                throw TarnError(.sourceUnavailable, "The server ended the replication stream.")
            }
        }
    }

    /// Whether the part is handed out at this end of a transaction.
    private func isDue(_ limits: StreamLimits, _ deadline: ContinuousClock.Instant) -> Bool {
        assembler.rowsInPart >= limits.rowsMax || assembler.bytesInPart >= limits.bytesMax
            || ContinuousClock.now >= deadline
    }

    /// One message of the stream: data, or a keepalive.
    private func takeIn(_ message: ByteReader) throws(TarnError) -> Step {
        askedAt = nil
        var reader = message
        var wantsReply = false
        do throws(WireFault) {
            switch try reader.unsigned8() {
            case UInt8(ascii: "w"):
                _ = try reader.take(24)
            case UInt8(ascii: "k"):
                let end = LSN(try reader.integer(UInt64.self))
                _ = try reader.integer(Int64.self)
                wantsReply = try reader.unsigned8() == 1
                received = max(received, end)
                if end > acknowledged { assembler.noteIdle(end) }
                if let goal, end >= goal.end {
                    assembler.noteCaughtUp(at: goal.time)
                    self.goal = nil
                }
                if wantsReply { nextStatus = .now }
                if wantsReply, let handle { try? sendStatus(handle, wantsReply: false) }
                return .ready(ends: false)
            default: throw .malformed
            }
        } catch {
            throw TarnError(.corruptData, "A message of the replication stream is malformed.")
        }
        return try consume(reader)
    }

    private func consume(_ message: ByteReader) throws(TarnError) -> Step {
        switch try assembler.consume(message) {
        case .consumed: return .ready(ends: false)
        case .transactionEnded:
            if ContinuousClock.now >= nextStatus, let handle { try sendStatus(handle, wantsReply: false) }
            return .ready(ends: true)
        case .needsCatalog(let relation): return .catalog(relation, message.restArray)
        }
    }

    /// Wants an answer from the server.
    private func ask(_ handle: Handle) async throws(TarnError) {
        let asked = time.now()
        if goal == nil {
            let row = try? await session.rows("SELECT pg_current_wal_flush_lsn()").first
            goal = row?[0].flatMap { LSN($0) }.map { ($0, asked) }
        }
        try sendStatus(handle, wantsReply: true)
        askedAt = askedAt ?? .now
    }

    private func silent() -> TarnError {
        TarnError(
            .sourceUnavailable,
            "The server does not answer on the replication stream.",
            detail: ["slot": configuration.slot]
        )
    }

    private func take() -> StreamPart {
        var part = assembler.takePart()
        if let reached = part.reached.flatMap({ LSN($0) }) { received = max(received, reached) }
        if let idle = part.idle, let reached = part.reached, idle <= reached { part.idle = nil }
        return part
    }

    /// Standby status: received, flushed, applied, the time, whether an answer is wanted.
    private func sendStatus(_ handle: Handle, wantsReply: Bool) throws(TarnError) {
        let since2000 = time.now().microseconds - 946_684_800_000_000
        var bytes: [UInt8] = [UInt8(ascii: "r")]
        for value in [
            max(received, acknowledged).raw, acknowledged.raw, acknowledged.raw, UInt64(bitPattern: since2000),
        ] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }
        bytes.append(wantsReply ? 1 : 0)
        try handle.putCopyData(bytes)
        nextStatus = .now + Self.statusInterval
    }

    private static func milliseconds(until deadline: ContinuousClock.Instant, _ now: ContinuousClock.Instant) -> Int32 {
        let left = deadline - now
        guard left < .seconds(1) else { return 1000 }
        return max(1, Int32(left / .milliseconds(1)))
    }
}
