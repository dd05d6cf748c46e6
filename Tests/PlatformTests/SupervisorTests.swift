import Base
import Capture
import Checks
import Landing
import Logging
import Synchronization
import Testing
import Web

@testable import Platform

@Suite struct SupervisorTests {
    /// Plays the attempts of a source, one after the other, and writes down what the supervisor does.
    private final class Script: Sendable {
        enum Attempt: Sendable {
            case fail(ErrorCode)
            case runUntilCancelled
        }

        struct State {
            var attempts: [Attempt]
            var begun = 0
            var slept: [Duration] = []
            var isPaused = false
            var retained: Int64 = 0
            var phase = LandingStatus.Phase.streaming
            var healthTaken = 0
            var onSleep: (@Sendable (inout State) -> Void)?
        }

        let state: Mutex<State>
        let time = ManualTime(step: 0)

        init(_ attempts: [Attempt]) { state = Mutex(State(attempts: attempts)) }

        var source: SupervisedSource {
            SupervisedSource(
                name: "shop",
                kind: "postgres",
                logBudgetBytes: 100,
                isPaused: { () throws(TarnError) in self.state.withLock { $0.isPaused } },
                begin: { () async throws(TarnError) in self.begin() }
            )
        }

        var rhythm: SourceSupervisor.Rhythm {
            var rhythm = SourceSupervisor.Rhythm()
            rhythm.time = time
            rhythm.sleep = { duration in
                try Task.checkCancellation()
                self.state.withLock {
                    $0.slept.append(duration)
                    let hook = $0.onSleep
                    hook?(&$0)
                }
                self.time.advance(microseconds: duration.components.seconds * 1_000_000)
                await Task.yield()
            }
            return rhythm
        }

        private func begin() -> SupervisedSource.Attempt {
            let attempt = state.withLock { state in
                state.begun += 1
                return state.attempts.isEmpty ? .runUntilCancelled : state.attempts.removeFirst()
            }
            return SupervisedSource.Attempt(
                run: { () async throws(TarnError) in
                    switch attempt {
                    case .fail(let code): throw TarnError(code, "It failed.")
                    case .runUntilCancelled: while !Task.isCancelled { await Task.yield() }
                    }
                },
                status: {
                    var status = LandingStatus(source: "shop")
                    status.phase = self.state.withLock { $0.phase }
                    return status
                },
                health: { () async throws(TarnError) in
                    SourceHealth(
                        currentPosition: Position(text: "2"),
                        confirmedPosition: Position(text: "1"),
                        retainedBytes: self.state.withLock { state in
                            state.healthTaken += 1
                            return state.retained
                        },
                        budgetBytes: nil,
                        state: "reserved"
                    )
                }
            )
        }
    }

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Runs the supervisor until `condition` holds of its status, then ends it.
    private static func run(
        _ supervisor: SourceSupervisor,
        until condition: @escaping @Sendable (SourceStatus) -> Bool
    ) async throws -> SourceStatus {
        try await withThrowingTaskGroup(of: SourceStatus?.self) { group in
            group.addTask {
                try await supervisor.run()
                return nil
            }
            group.addTask {
                while !condition(supervisor.status) { await Task.yield() }
                return supervisor.status
            }
            let status = try await group.first { $0 != nil } ?? nil
            group.cancelAll()
            try await group.waitForAll()
            return try #require(status)
        }
    }

    @Test("delays double from a second to a minute, and begin anew after a steady run")
    func delays() {
        var delay = RetryDelay()
        let seconds = (0..<9).map { _ in delay.next(afterRunning: .seconds(1)).components.seconds }
        #expect(seconds == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(delay.next(afterRunning: .seconds(60)) == .seconds(1))
    }

    @Test("what can pass by itself is tried again")
    func retries() async throws {
        let script = Script([.fail(.sourceUnavailable), .fail(.slotActive), .runUntilCancelled])
        let supervisor = SourceSupervisor(script.source, rhythm: script.rhythm, logger: Self.silent) { _ in
            Issue.record("nobody is needed")
        }
        let status = try await Self.run(supervisor) {
            $0.phase == .streaming && script.state.withLock { $0.begun } == 3
        }
        #expect(status.failure == nil)
        #expect(supervisor.status.phase == .stopped)
    }

    @Test("what needs a person is tried again only after pause and resume")
    func operatorErrors() async throws {
        let script = Script([.fail(.slotLost), .runUntilCancelled])
        let told = Mutex<[ErrorCode]>([])
        let supervisor = SourceSupervisor(script.source, rhythm: script.rhythm, logger: Self.silent) { error in
            told.withLock { $0.append(error.code) }
        }
        let status = try await Self.run(supervisor) {
            $0.phase == .failed && script.state.withLock { $0.slept.count } > 5
        }
        #expect(status.failure?.contains("source.slotLost") == true)
        #expect(told.withLock { $0 } == [.slotLost])
        #expect(script.state.withLock { $0.begun } == 1)

        let again = Script([.fail(.slotLost), .runUntilCancelled])
        again.state.withLock {
            $0.onSleep = { state in state.isPaused = state.begun == 1 && state.slept.count < 5 }
        }
        let second = SourceSupervisor(again.source, rhythm: again.rhythm, logger: Self.silent) { _ in }
        _ = try await Self.run(second) { $0.phase == .streaming && again.state.withLock { $0.begun } == 2 }
    }

    @Test("a failure that ends the program does so")
    func exits() async throws {
        let script = Script([.fail(.slotLost)])
        let supervisor = SourceSupervisor(script.source, rhythm: script.rhythm, logger: Self.silent) { throw $0 }
        await #expect(throws: TarnError.self) { try await supervisor.run() }
    }

    @Test("a paused source stops landing and goes on when resumed")
    func pauses() async throws {
        let script = Script([.runUntilCancelled, .runUntilCancelled])
        script.state.withLock {
            $0.onSleep = { state in state.isPaused = (3..<6).contains(state.slept.count) }
        }
        let supervisor = SourceSupervisor(script.source, rhythm: script.rhythm, logger: Self.silent) { _ in }
        _ = try await Self.run(supervisor) { $0.phase == .streaming && script.state.withLock { $0.begun } == 2 }
    }

    @Test("the source's health is asked for at once when the snapshot ends, not only now and then")
    func healthAtPhases() async throws {
        let script = Script([.runUntilCancelled])
        script.state.withLock {
            $0.phase = .snapshot
            $0.onSleep = { state in if state.slept.count == 3 { state.phase = .streaming } }
        }
        let supervisor = SourceSupervisor(script.source, rhythm: script.rhythm, logger: Self.silent) { _ in }
        _ = try await Self.run(supervisor) { _ in script.state.withLock { $0.healthTaken } >= 2 }
        #expect(script.state.withLock { $0.slept.count } < 10)
    }

    @Test("the log that a paused source keeps is looked at too")
    func healthWhilePaused() async throws {
        let script = Script([.runUntilCancelled])
        script.state.withLock { $0.isPaused = true }
        let supervisor = SourceSupervisor(script.source, rhythm: script.rhythm, logger: Self.silent) { _ in }
        let status = try await Self.run(supervisor) { $0.log != nil && script.state.withLock { $0.healthTaken } >= 2 }
        #expect(status.phase == .paused)
    }

    @Test("a table that stops is told of once")
    func notices() {
        var state = SupervisorState(name: "shop", kind: "postgres", logBudgetBytes: 100)
        var landing = LandingStatus(source: "shop")
        let bronze = TableName(namespace: "bronze", name: "t")
        landing.tables = [.init(source: "public.t", bronze: bronze, silver: nil, stopped: "It is gone.\n  row: id=1")]
        landing.unfollowed = ["public.new"]
        let notices = state.takeNotices(landing)
        #expect(notices.map(\.table) == ["public.t", "public.new"])
        #expect(notices[0].message == "a table is no longer followed: It is gone.")
        #expect(state.takeNotices(landing).isEmpty)
    }

    @Test("a check that begins to fail, and one that passes again, are said once each, by name and counts")
    func checkNotices() {
        var state = SupervisorState(name: "shop", kind: "postgres", logBudgetBytes: 100)
        var landing = LandingStatus(source: "shop")
        var check = CheckState(table: TableName(namespace: "silver", name: "orders"), check: "not_null(email)")
        landing.checks = [check]
        #expect(state.takeNotices(landing).isEmpty)
        check.outcome = .pass
        landing.checks = [check]
        #expect(state.takeNotices(landing).isEmpty)
        (check.outcome, check.rows, check.failingRows, check.failureCount) = (.fail, 10, 2, 1)
        landing.checks = [check]
        let failing = state.takeNotices(landing)
        #expect(failing.map(\.message) == ["a check does not pass: 2 of 10 changed rows"])
        #expect(failing.map(\.check) == ["not_null(email)"] && failing.map(\.isGood) == [false])
        #expect(state.takeNotices(landing).isEmpty)
        check.outcome = .pass
        landing.checks = [check]
        #expect(state.takeNotices(landing).map(\.isGood) == [true])
        #expect(state.takeNotices(landing).isEmpty)
        // It failed and passed again between two looks.
        check.failureCount = 2
        landing.checks = [check]
        #expect(state.takeNotices(landing).map(\.isGood) == [false, true])
        (check.outcome, check.reason, check.failureCount) = (.error, "There is no column `email`.", 3)
        landing.checks = [check]
        #expect(
            state.takeNotices(landing).map(\.message) == ["a check cannot be evaluated: There is no column `email`."]
        )
        landing.unrecordedChecks = "No space."
        #expect(state.takeNotices(landing).map(\.table) == ["tarn.check_results"])
        #expect(state.takeNotices(landing).isEmpty)
    }

    @Test("counters go on over a new attempt, and so does the time when all was there")
    func earlierAttempts() {
        func attempt(_ changes: Int64, _ caughtUpAt: Int64?) -> SupervisedSource.Attempt {
            SupervisedSource.Attempt(
                run: { () async throws(TarnError) in },
                status: {
                    var landing = LandingStatus(source: "shop")
                    landing.changes = changes
                    landing.caughtUpAt = caughtUpAt.map { Timestamp(microseconds: $0) }
                    return landing
                },
                health: { () async throws(TarnError) in throw TarnError(.sourceUnavailable, "There is none.") }
            )
        }
        var state = SupervisorState(name: "shop", kind: "postgres", logBudgetBytes: 100)
        state.attempt = attempt(5, 1_000_000)
        state.attempt = attempt(2, nil)
        let status = state.status(at: Timestamp(microseconds: 3_000_000))
        #expect(status.changes == 7)
        #expect(status.lagMilliseconds == 2000)
    }

    @Test("a log over its budget is a warning once, until it was below again")
    func budget() {
        var state = SupervisorState(name: "shop", kind: "postgres", logBudgetBytes: 100)
        func health(_ bytes: Int64) -> SourceHealth {
            SourceHealth(
                currentPosition: Position(text: "2"),
                confirmedPosition: nil,
                retainedBytes: bytes,
                budgetBytes: nil,
                state: "reserved"
            )
        }
        let warnings = [100, 101, 200, 50, 101].map { state.takeHealth(health($0)) }
        #expect(warnings == [false, true, false, false, true])
        #expect(state.status(at: Timestamp(microseconds: 0)).isOverLogBudget)
    }

    @Test("the rate is that of the last readings, and survives a restart of the counter")
    func rate() {
        var meter = RateMeter()
        #expect(meter.perSecond == 0)
        for second in 0..<20 {
            meter.add(Int64(second * 100), at: Timestamp(microseconds: Int64(second) * 1_000_000))
        }
        #expect(meter.perSecond == 100)
        meter.add(0, at: Timestamp(microseconds: 21_000_000))
        #expect(meter.perSecond == 0)
        meter.add(30, at: Timestamp(microseconds: 22_000_000))
        #expect(meter.perSecond == 30)
    }
}
