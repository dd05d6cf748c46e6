package import Base
internal import Capture
internal import Landing
package import Logging
import Synchronization
package import Web

/// Keeps one source landing: tries again what can pass by itself, stops for what needs a person, obeys pause and
/// resume, and asks the source what its log costs. Whatever happens to it, the other sources go on.
package final class SourceSupervisor: Sendable {
    /// The rhythm of the supervisor; tests bring their own.
    package struct Rhythm: Sendable {
        package var look = Duration.seconds(1)
        package var healthEvery = 10
        package var time: any TimeSource = SystemTime()
        package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

        package init() {}
    }

    private enum Outcome: Sendable {
        case paused
        case failed(TarnError)
        case cancelled
    }

    private let source: SupervisedSource
    private let rhythm: Rhythm
    private let logger: Logger
    /// Told after each failure that needs a person; what it throws ends the program.
    private let onFailure: @Sendable (TarnError) async throws -> Void
    private let state: Mutex<SupervisorState>

    package init(
        _ source: SupervisedSource,
        rhythm: Rhythm = Rhythm(),
        logger: Logger,
        onFailure: @escaping @Sendable (TarnError) async throws -> Void
    ) {
        self.source = source
        self.rhythm = rhythm
        self.onFailure = onFailure
        var logger = logger
        logger[metadataKey: "source"] = "\(source.name)"
        self.logger = logger
        state = Mutex(
            SupervisorState(name: source.name, kind: source.kind, logBudgetBytes: source.logBudgetBytes)
        )
    }

    package var status: SourceStatus {
        let now = rhythm.time.now()
        return state.withLock { $0.status(at: now) }
    }

    /// Runs until the task is cancelled.
    /// - Throws: what `onFailure` threw.
    package func run() async throws {
        var delay = RetryDelay()
        while !Task.isCancelled {
            if isPaused {
                await waitWhilePaused()
                continue
            }
            let startedAt = rhythm.time.now()
            let outcome = await attempt()
            let lasted = Duration.microseconds(rhythm.time.now().microseconds - startedAt.microseconds)
            switch outcome {
            case .paused: continue
            case .cancelled: break
            case .failed(let error) where error.code.isTransient:
                await waitForRetry(delay.next(afterRunning: lasted), error)
            case .failed(let error):
                try await waitForPerson(error)
                delay = RetryDelay()
            }
        }
        state.withLock { $0.phase = .stopped }
        logger.info("source stopped")
    }

    /// Lands until it fails, is paused, or the program ends.
    private func attempt() async -> Outcome {
        state.withLock { $0.phase = .running }
        let attempt: SupervisedSource.Attempt
        do throws(TarnError) {
            attempt = try await source.begin()
        } catch {
            return Task.isCancelled ? .cancelled : .failed(error)
        }
        state.withLock { $0.attempt = attempt }
        logger.info("source started")
        return await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await Self.land(attempt) }
            group.addTask { await self.watch(attempt) }
            let first = await group.next() ?? .cancelled
            group.cancelAll()
            // The landing finishes the commit that it is in.
            await group.waitForAll()
            return first
        }
    }

    private static func land(_ attempt: SupervisedSource.Attempt) async -> Outcome {
        do throws(TarnError) {
            try await attempt.run()
            guard !Task.isCancelled else { return .cancelled }
            return .failed(TarnError(.sourceUnavailable, "The source ended its stream."))
        } catch {
            return Task.isCancelled ? .cancelled : .failed(error)
        }
    }

    /// Looks at the counters, at what a person asked for, and at the source's health: now and then, and whenever the
    /// landing enters another phase, which is when the slot comes or goes.
    private func watch(_ attempt: SupervisedSource.Attempt) async -> Outcome {
        var count = 0
        var phase: LandingStatus.Phase?
        while !Task.isCancelled {
            let now = rhythm.time.now()
            state.withLock { $0.sample(at: now) }
            let landing = attempt.status()
            if count % rhythm.healthEvery == 0 || landing.phase != phase { await takeHealth(attempt) }
            phase = landing.phase
            for notice in state.withLock({ $0.takeNotices(landing) }) {
                var metadata: Logger.Metadata = ["table": "\(notice.table)"]
                if let check = notice.check { metadata["check"] = "\(check)" }
                logger.log(level: notice.isGood ? .info : .warning, "\(notice.message)", metadata: metadata)
            }
            count += 1
            if isPaused { return .paused }
            do { try await rhythm.sleep(rhythm.look) } catch { return .cancelled }
        }
        return .cancelled
    }

    /// Between attempts the source's log grows all the same.
    private func takeHealthWhileWaiting(_ count: Int) async {
        guard count % rhythm.healthEvery == 0 else { return }
        let known = state.withLock { $0.attempt }
        if let known {
            await takeHealth(known)
        } else if let attempt = try? await source.begin() {
            await takeHealth(attempt)
        }
    }

    private func takeHealth(_ attempt: SupervisedSource.Attempt) async {
        do throws(TarnError) {
            let health = try await attempt.health()
            guard state.withLock({ $0.takeHealth(health) }) else { return }
            logger.warning(
                "the source keeps more log for Tarn than its budget",
                metadata: [
                    "retained_bytes": "\(health.retainedBytes)", "budget_bytes": "\(source.logBudgetBytes)",
                ]
            )
        } catch {
            logger.debug("the source's health is not known", metadata: ["code": "\(error.code.rawValue)"])
        }
    }

    /// A wish that cannot be read does not stop a source.
    private var isPaused: Bool { (try? source.isPaused()) ?? false }

    private func waitWhilePaused() async {
        state.withLock { $0.phase = .paused }
        logger.info("source paused")
        var count = 0
        while isPaused {
            await takeHealthWhileWaiting(count)
            count += 1
            do { try await rhythm.sleep(rhythm.look) } catch { return }
        }
        logger.info("source resumed")
    }

    private func waitForRetry(_ delay: Duration, _ error: TarnError) async {
        let next = Timestamp(
            microseconds: rhythm.time.now().microseconds + delay.components.seconds * 1_000_000
        )
        state.withLock { $0.phase = .retrying(error, at: next) }
        logger.warning("source interrupted; trying again", metadata: error.logged(["retry_in": "\(delay)"]))
        var left = delay
        var count = 1
        while left > .zero, !isPaused {
            await takeHealthWhileWaiting(count)
            count += 1
            do { try await rhythm.sleep(min(left, rhythm.look)) } catch { return }
            left -= rhythm.look
        }
    }

    /// A person has to act; `tarn source pause` and `resume` begin anew, as does a restart.
    private func waitForPerson(_ error: TarnError) async throws {
        state.withLock { $0.phase = .failed(error) }
        logger.error("source failed; it needs a person", metadata: error.logged([:]))
        try await onFailure(error)
        var count = 1
        while !isPaused {
            await takeHealthWhileWaiting(count)
            count += 1
            do { try await rhythm.sleep(rhythm.look) } catch { return }
        }
    }
}

extension TarnError {
    func logged(_ more: Logger.Metadata) -> Logger.Metadata {
        var metadata = more
        metadata["code"] = "\(code.rawValue)"
        metadata["error"] = "\(message)"
        metadata["remedy"] = "\(remedy)"
        for pair in detail { metadata["detail_\(pair.key.replacing(" ", with: "_"))"] = "\(pair.value)" }
        if let cause { metadata["cause"] = "\(cause)" }
        return metadata
    }
}
