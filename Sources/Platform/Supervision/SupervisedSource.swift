internal import Base
package import Capture
package import Landing

/// What the supervisor needs to know of a source: how to begin it, and what a person wants of it.
package struct SupervisedSource: Sendable {
    /// One attempt at landing a source.
    package struct Attempt: Sendable {
        /// Lands until the task is cancelled.
        package var run: @Sendable () async throws(TarnError) -> Void
        package var status: @Sendable () -> LandingStatus
        package var health: @Sendable () async throws(TarnError) -> SourceHealth

        package init(
            run: @escaping @Sendable () async throws(TarnError) -> Void,
            status: @escaping @Sendable () -> LandingStatus,
            health: @escaping @Sendable () async throws(TarnError) -> SourceHealth
        ) {
            self.run = run
            self.status = status
            self.health = health
        }
    }

    package var name: String
    package var kind: String
    package var logBudgetBytes: Int64
    package var isPaused: @Sendable () throws(TarnError) -> Bool
    package var begin: @Sendable () async throws(TarnError) -> Attempt

    package init(
        name: String,
        kind: String,
        logBudgetBytes: Int64,
        isPaused: @escaping @Sendable () throws(TarnError) -> Bool,
        begin: @escaping @Sendable () async throws(TarnError) -> Attempt
    ) {
        self.name = name
        self.kind = kind
        self.logBudgetBytes = logBudgetBytes
        self.isPaused = isPaused
        self.begin = begin
    }
}
