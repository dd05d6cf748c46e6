import Base
import Synchronization

/// Lets commits that arrive while another is being written share the next log record.
///
/// The first to come leads: it commits everything that waits, then hands the lead to whoever came meanwhile. No task
/// of its own, so a cancelled caller leaves nothing running.
final class GroupCommitter<Request: Sendable, Outcome: Sendable>: Sendable {
    private enum Turn {
        case lead
        case done(Result<Outcome, TarnError>)
    }

    private struct Waiter {
        let request: Request
        let continuation: CheckedContinuation<Turn, Never>?
    }

    private struct Queue {
        var waiters: [Waiter] = []
        var isLed = false
    }

    private let queue = Mutex(Queue())

    /// - Parameter commit: writes all requests and answers each, in order.
    func run(
        _ request: Request,
        _ commit: ([Request]) async -> [Result<Outcome, TarnError>]
    ) async throws(TarnError) -> Outcome {
        let turn = await withCheckedContinuation { continuation in
            let isLeader = queue.withLock { queue in
                queue.waiters.append(Waiter(request: request, continuation: queue.isLed ? continuation : nil))
                defer { queue.isLed = true }
                return !queue.isLed
            }
            if isLeader { continuation.resume(returning: Turn.lead) }
        }
        switch turn {
        case .done(let outcome): return try outcome.get()
        case .lead: return try await lead(commit).get()
        }
    }

    /// Commits the waiting requests, of which the leader's own is the first.
    private func lead(_ commit: ([Request]) async -> [Result<Outcome, TarnError>]) async -> Result<Outcome, TarnError> {
        let waiters = queue.withLock { queue in
            defer { queue.waiters = [] }
            return queue.waiters
        }
        let outcomes = await commit(waiters.map(\.request))
        for (waiter, outcome) in zip(waiters, outcomes).dropFirst() {
            waiter.continuation?.resume(returning: .done(outcome))
        }
        let next = queue.withLock { queue -> CheckedContinuation<Turn, Never>? in
            guard let first = queue.waiters.first else {
                queue.isLed = false
                return nil
            }
            queue.waiters[0] = Waiter(request: first.request, continuation: nil)
            return first.continuation
        }
        next?.resume(returning: .lead)
        return outcomes[0]
    }
}
