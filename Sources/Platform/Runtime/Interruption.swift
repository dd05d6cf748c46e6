package import Base
internal import UnixSignals

/// Ctrl-C ends a piece of work instead of the program.
package enum Interruption {
    private enum Ending<Value: Sendable>: Sendable {
        case finished(Result<Value, TarnError>)
        case signalled
    }

    /// Runs `body`; on SIGINT its task is cancelled, and it ends with whatever it does then.
    /// - Throws: `interrupted` after a signal, unless `body` came to its end nevertheless.
    package static func cancelling<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(TarnError) -> Value
    ) async throws(TarnError) -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let result: Result<Value, TarnError> = await withTaskGroup(of: Ending<Value>.self) { group in
            group.addTask {
                do throws(TarnError) { return .finished(.success(try await body())) } catch {
                    return .finished(.failure(error))
                }
            }
            group.addTask {
                for await _ in signals { break }
                return .signalled
            }
            while let ending = await group.next() {
                group.cancelAll()
                if case .finished(let result) = ending { return result }
            }
            return .failure(TarnError(.interrupted, "It was interrupted."))
        }
        return try result.get()
    }
}
