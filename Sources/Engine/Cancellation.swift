import Base
import Synchronization

/// Lets the end of a Swift task interrupt the one statement that runs for it, and never the next one.
final class Cancellation: Sendable {
    private struct State {
        var isCancelled = false
        var isOver = false
    }

    private let state = Mutex(State())
    private let connection: ConnectionHandle

    init(_ connection: ConnectionHandle) { self.connection = connection }

    func cancel() {
        state.withLock {
            $0.isCancelled = true
            if !$0.isOver { connection.interrupt() }
        }
    }

    func finish() { state.withLock { $0.isOver = true } }

    /// DuckDB forgets interrupts when a statement begins: to be called after that and before it runs.
    func check() throws(TarnError) {
        guard !state.withLock({ $0.isCancelled }) else {
            throw TarnError(.interrupted, "The statement was interrupted.")
        }
    }
}
