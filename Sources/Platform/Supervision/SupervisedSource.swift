package import Base
package import Capture
package import Landing

/// What the supervisor needs to know of a source: how to begin it, and what a person wants of it.
package struct SupervisedSource: Sendable {
    package typealias Failure = TarnError

    /// One attempt at landing a source.
    package struct Attempt: Sendable {
        /// Lands until the task is cancelled.
        package var run: @Sendable () async throws(Failure) -> Void
        package var status: @Sendable () -> LandingStatus
        package var health: @Sendable () async throws(Failure) -> SourceHealth

        package init(
            run: @escaping @Sendable () async throws(Failure) -> Void,
            status: @escaping @Sendable () -> LandingStatus,
            health: @escaping @Sendable () async throws(Failure) -> SourceHealth
        ) {
            self.run = run
            self.status = status
            self.health = health
        }
    }

    package var name: String
    package var kind: String
    package var logBudgetBytes: Int64
    package var isPaused: @Sendable () throws(Failure) -> Bool
    package var begin: @Sendable () async throws(Failure) -> Attempt

    package init(
        name: String,
        kind: String,
        logBudgetBytes: Int64,
        isPaused: @escaping @Sendable () throws(Failure) -> Bool,
        begin: @escaping @Sendable () async throws(Failure) -> Attempt
    ) {
        self.name = name
        self.kind = kind
        self.logBudgetBytes = logBudgetBytes
        self.isPaused = isPaused
        self.begin = begin
    }
}
