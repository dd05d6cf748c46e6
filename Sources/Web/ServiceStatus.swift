package import Base

/// What a running Tarn says of itself: served as `/status`, turned into `/health` and `/metrics`.
package struct ServiceStatus: Sendable, Equatable {
    package var tarnVersion: String
    /// Nil where no `tarn up` runs.
    package var processID: Int64?
    /// Nil where no `tarn up` runs.
    package var startedAt: Timestamp?
    /// When this was put together.
    package var time: Timestamp
    package var warehouse: String
    package var lakeVersion: Int64
    package var lakeTime: Timestamp?
    package var sources: [SourceStatus]
    package var assets: [AssetStatus]

    package init(
        tarnVersion: String,
        processID: Int64?,
        startedAt: Timestamp?,
        time: Timestamp,
        warehouse: String,
        lakeVersion: Int64 = 0,
        lakeTime: Timestamp? = nil,
        sources: [SourceStatus] = [],
        assets: [AssetStatus] = []
    ) {
        self.tarnVersion = tarnVersion
        self.processID = processID
        self.startedAt = startedAt
        self.time = time
        self.warehouse = warehouse
        self.lakeVersion = lakeVersion
        self.lakeTime = lakeTime
        self.sources = sources
        self.assets = assets
    }

    package var health: Health {
        if sources.contains(where: { $0.phase == .failed }) { return .failed }
        let isDegraded = sources.contains { source in
            source.phase == .retrying || source.isOverLogBudget || source.tables.contains { $0.stopped != nil }
        }
        let areAssetsBehind = assets.contains { $0.failure != nil || $0.hasProblems }
        return isDegraded || areAssetsBehind ? .degraded : .ok
    }
}

/// The one word for a monitor.
package enum Health: String, Sendable {
    case ok
    /// It works or tries to, and somebody should look.
    case degraded
    /// At least one source needs a person.
    case failed
}
