import Base
import Synchronization

/// A statement that can be ended from outside, with the reason kept.
final class RunningStatement: Sendable {
    enum End: Sendable {
        case interrupt
        case timeout
    }

    private struct State {
        var end: End?
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Why it was ended; nil while it was not.
    var end: End? { state.withLock { $0.end } }

    /// - Parameter cancel: ends the work; called at once where the end came first.
    func begin(cancel: @escaping @Sendable () -> Void) {
        let isOver = state.withLock {
            $0.cancel = cancel
            return $0.end != nil
        }
        if isOver { cancel() }
    }

    func stop(_ reason: End) {
        let cancel = state.withLock {
            $0.end = $0.end ?? reason
            return $0.cancel
        }
        cancel?()
    }
}

/// Lets one at a time through, in the order of arrival.
final class Turnstile: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func enter() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state -> Bool in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.isTaken = false
            return nil
        }
        next?.resume()
    }
}
