internal import Base
internal import Settings
package import Web

/// The status as a person reads it.
package struct StatusText {
    private let style: TextStyle
    private let now: Timestamp
    private var lines: [String] = []

    /// - Parameter address: where the running `tarn up` answers; nil when none runs.
    package static func render(_ status: ServiceStatus, address: String?, style: TextStyle = .plain) -> String {
        var text = StatusText(style: style, now: status.time, lines: [])
        text.addHead(status, address)
        for source in status.sources { text.add(source) }
        if status.sources.isEmpty { text.lines += ["", "No sources yet: `tarn source add` adds one."] }
        text.add(status.assets)
        return text.lines.joined(separator: "\n") + "\n"
    }

    private mutating func addHead(_ status: ServiceStatus, _ address: String?) {
        if let address, let processID = status.processID, let startedAt = status.startedAt {
            lines.append("tarn up  running, pid \(processID), \(address), for \(ago(startedAt))")
        } else {
            lines.append("tarn up  " + style.warning("not running"))
        }
        let committed = status.lakeTime.map { ", last commit \(ago($0)) ago" } ?? ""
        lines.append("lake     \(status.warehouse), version \(status.lakeVersion)\(committed)")
    }

    private mutating func add(_ source: SourceStatus) {
        lines += ["", "\(style.strong(source.name)) (\(source.kind))  \(phase(source))"]
        if let snapshot = source.snapshot { addField("snapshot", progress(snapshot)) }
        if let lag = source.lagMilliseconds { addField("behind", Quantity.text(.milliseconds(lag))) }
        if let position = source.position {
            let time = source.positionTime.map { ", source time \($0)" } ?? ""
            addField("position", position + time)
        }
        if source.commits > 0 || source.changes > 0 {
            addField(
                "landed",
                "\(count(source.changes, "change")) in \(count(source.commits, "commit")), now "
                    + "\(Quantity.text(count: source.changesPerSecond))/s, last commit took "
                    + Quantity.text(.milliseconds(source.lastCommitMilliseconds))
            )
        }
        if let log = source.log, source.phase != .streaming || log.confirmedPosition != nil {
            addField("log kept", kept(log, isOver: source.isOverLogBudget))
        }
        addTables(source.tables)
        addChecks(source.checks)
        if let failure = source.failure {
            lines += failure.split(separator: "\n").map { "  " + style.error(String($0)) }
        }
    }

    private mutating func addTables(_ tables: [SourceStatus.Table]) {
        guard !tables.isEmpty else { return }
        let stopped = tables.filter { $0.stopped != nil }
        let note = stopped.isEmpty ? "" : style.error(", \(stopped.count) stopped")
        addField("tables", "\(tables.count)\(note)")
        for table in stopped {
            lines.append("    \(table.source): \(table.stopped?.replacing("\n", with: " ") ?? "")")
        }
    }

    private mutating func add(_ assets: [AssetStatus]) {
        guard !assets.isEmpty else { return }
        let bad = assets.filter { $0.failure != nil || $0.hasProblems }
        let note = bad.isEmpty ? "" : style.error(", \(bad.count) not as they should be")
        lines += ["", "\(style.strong("assets"))  \(assets.count)\(note)"]
        let width = assets.map(\.name.count).max() ?? 0
        for asset in assets {
            let gap = String(repeating: " ", count: width - asset.name.count)
            var text = "  \(asset.name)\(gap)  \(asset.state)"
            if let version = asset.publishedVersion, let time = asset.publishedAt {
                let isOld = asset.failure != nil || asset.hasProblems
                text += "\(isOld ? "; readers see" : " in") version \(version), \(ago(time)) ago"
            }
            lines.append(text)
            if let failure = asset.failure { lines.append("    \(style.error(failure))") }
        }
    }

    private mutating func addChecks(_ checks: [SourceStatus.Check]) {
        guard !checks.isEmpty else { return }
        let failing = checks.filter(\.isFailing)
        let verb = failing.count == 1 ? "does" : "do"
        let note = failing.isEmpty ? "" : style.error(", \(failing.count) \(verb) not pass")
        addField("checks", "\(checks.count)\(note)")
        for check in failing {
            let since = check.since.map { " for \(ago($0))" } ?? ""
            let found =
                check.reason?.replacing("\n", with: " ")
                ?? "\(Quantity.text(count: check.failingRows)) of \(count(check.rows, "changed row"))"
            lines.append("    \(check.table): \(check.check): \(check.outcome ?? "")\(since), \(found)")
        }
    }

    private mutating func addField(_ name: String, _ value: String) {
        lines.append("  \(name)\(String(repeating: " ", count: 10 - name.count))\(value)")
    }

    private func phase(_ source: SourceStatus) -> String {
        switch source.phase {
        case .streaming, .snapshot: return style.good(source.phase.rawValue)
        case .failed: return style.error("failed")
        case .retrying:
            let wait =
                source.nextAttemptAt.map { ", next attempt in \(Quantity.text(duration(from: now, to: $0)))" } ?? ""
            return style.warning("retrying\(wait)")
        case .paused, .starting, .stopped: return style.warning(source.phase.rawValue)
        }
    }

    private func progress(_ snapshot: SourceStatus.Snapshot) -> String {
        let elapsed = max(1, now.milliseconds - snapshot.startedAt.milliseconds)
        let rate = Double(snapshot.rows) * 1000 / Double(elapsed)
        let total = max(snapshot.estimatedRows, snapshot.rows)
        let percent = total > 0 ? snapshot.rows * 100 / total : 0
        let rows = "\(Quantity.text(count: snapshot.rows)) of about \(count(total, "row")) (\(percent)%)"
        var text = "\(rows), \(Quantity.text(count: Int64(rate)))/s"
        if rate >= 1, total > snapshot.rows {
            text += ", about \(Quantity.text(.seconds(Int64(Double(total - snapshot.rows) / rate) + 1))) left"
        }
        return text + ", \(snapshot.chunksDone) of \(count(snapshot.chunkCount, "part"))"
    }

    private func kept(_ log: SourceStatus.Log, isOver: Bool) -> String {
        guard log.confirmedPosition != nil else {
            return log.state == "missing" ? "nothing, there is no slot at the source" : "the slot is being made"
        }
        let text =
            "\(Quantity.text(bytes: log.retainedBytes)) of \(Quantity.text(bytes: log.budgetBytes)), \(log.state)"
        let left = log.leftBytes.map { ", source gives up after \(Quantity.text(bytes: $0)) more" } ?? ""
        return isOver ? style.error(text + left) : text + left
    }

    private func count(_ number: Int64, _ noun: String) -> String {
        "\(Quantity.text(count: number)) \(noun)\(number == 1 ? "" : "s")"
    }

    private func ago(_ time: Timestamp) -> String { Quantity.text(duration(from: time, to: now)) }

    private func duration(from start: Timestamp, to end: Timestamp) -> Duration {
        .milliseconds(max(0, end.milliseconds - start.milliseconds))
    }
}
