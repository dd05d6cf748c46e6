internal import Base

/// Changes a second over the last few readings of a counter.
struct RateMeter: Sendable {
    private var readings: [(time: Timestamp, count: Int64)] = []
    private static let readingsMax = 10

    mutating func add(_ count: Int64, at time: Timestamp) {
        if let last = readings.last, last.count > count { readings = [] }
        readings.append((time, count))
        if readings.count > Self.readingsMax { readings.removeFirst() }
    }

    var perSecond: Int64 {
        guard let first = readings.first, let last = readings.last, last.time > first.time else { return 0 }
        let (scaled, overflow) = (last.count - first.count).multipliedReportingOverflow(by: 1_000_000)
        return overflow ? 0 : scaled / (last.time.microseconds - first.time.microseconds)
    }
}
