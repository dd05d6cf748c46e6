/// How long to wait before the next attempt: 1 s, doubled each time, at most 60 s.
package struct RetryDelay: Sendable {
    private(set) var attempts = 0
    static let longest = Duration.seconds(60)
    /// An attempt that lasted so long was a success: the delays begin anew.
    static let steadyAfter = Duration.seconds(60)

    package init() {}

    package mutating func next(afterRunning lasted: Duration) -> Duration {
        if lasted >= Self.steadyAfter { attempts = 0 }
        attempts += 1
        return min(Self.longest, .seconds(1 << min(attempts - 1, 6)))
    }
}
