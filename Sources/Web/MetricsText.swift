internal import Base

/// The status as Prometheus reads it (text format 0.0.4).
package struct MetricsText {
    private var lines: [String] = []

    package static func render(_ status: ServiceStatus, _ usage: ProcessUsage) -> String {
        var text = MetricsText()
        text.addProcess(status, usage)
        text.addProgress(status.sources)
        text.addLogs(status.sources)
        text.addWork(status.sources)
        text.addAssets(status.assets)
        text.addChecks(status.sources)
        return text.lines.joined(separator: "\n") + "\n"
    }

    private enum Kind: String {
        case gauge
        case counter
    }

    /// One sample: its labels in order, and its value as text.
    private typealias Sample = (labels: [(String, String)], value: String)

    private mutating func addProcess(_ status: ServiceStatus, _ usage: ProcessUsage) {
        add("tarn_build_info", .gauge, "The version that runs; always 1.", [([("version", status.tarnVersion)], "1")])
        add("tarn_lake_version", .gauge, "The number of the newest commit.", [([], String(status.lakeVersion))])
        if let startedAt = status.startedAt {
            add(
                "process_start_time_seconds",
                .gauge,
                "When the process started, since 1970.",
                [([], Self.seconds(startedAt.microseconds))]
            )
        }
        add(
            "process_resident_memory_bytes",
            .gauge,
            "Memory that the process holds.",
            [([], String(usage.residentBytes))]
        )
        add(
            "process_cpu_seconds_total",
            .counter,
            "CPU time, user and system.",
            [([], Self.seconds(usage.cpuMicroseconds))]
        )
    }

    private mutating func addProgress(_ sources: [SourceStatus]) {
        add(
            "tarn_source_phase",
            .gauge,
            "1 for the phase that a source is in.",
            sources.flatMap { source in
                SourceStatus.Phase.allCases.map { phase in
                    ([("source", source.name), ("phase", phase.rawValue)], source.phase == phase ? "1" : "0")
                }
            }
        )
        add(
            "tarn_source_lag_seconds",
            .gauge,
            "How far the lake is behind the source.",
            samples(sources) { $0.lagMilliseconds.map { Self.seconds($0 * 1000) } }
        )
        add(
            "tarn_snapshot_rows",
            .gauge,
            "Rows read by the snapshot.",
            samples(sources) { $0.snapshot.map { String($0.rows) } }
        )
        add(
            "tarn_snapshot_estimated_rows",
            .gauge,
            "Rows that the snapshot is expected to read.",
            samples(sources) { $0.snapshot.map { String($0.estimatedRows) } }
        )
        add(
            "tarn_source_tables_stopped",
            .gauge,
            "Tables that are no longer followed.",
            samples(sources) { source in String(source.tables.count { $0.stopped != nil }) }
        )
    }

    private mutating func addLogs(_ sources: [SourceStatus]) {
        add(
            "tarn_source_retained_log_bytes",
            .gauge,
            "Log that the source keeps because of Tarn.",
            samples(sources) { $0.log.map { String($0.retainedBytes) } }
        )
        add(
            "tarn_source_log_budget_bytes",
            .gauge,
            "Retained log beyond this is a warning.",
            samples(sources) { $0.log.map { String($0.budgetBytes) } }
        )
        add(
            "tarn_source_log_left_bytes",
            .gauge,
            "Log that may be written before the source gives up on Tarn.",
            samples(sources) { $0.log?.leftBytes.map { String($0) } }
        )
    }

    private mutating func addWork(_ sources: [SourceStatus]) {
        add(
            "tarn_changes_total",
            .counter,
            "Changes landed since the process started.",
            sources.flatMap { source in
                source.tables.map { ([("source", source.name), ("table", $0.source)], String($0.changes)) }
            }
        )
        add(
            "tarn_transactions_total",
            .counter,
            "Source transactions landed since the process started.",
            samples(sources) { String($0.transactions) }
        )
        add(
            "tarn_commits_total",
            .counter,
            "Commits to the lake since the process started.",
            samples(sources) { String($0.commits) }
        )
        add(
            "tarn_commit_duration_seconds",
            .gauge,
            "How long the last commit took.",
            samples(sources) { $0.lastCommitAt == nil ? nil : Self.seconds($0.lastCommitMilliseconds * 1000) }
        )
    }

    private mutating func addAssets(_ assets: [AssetStatus]) {
        add(
            "tarn_asset_published",
            .gauge,
            "1 where the last run published the asset, 0 where it did not, or where its file has problems.",
            assets.filter { $0.lastRun != nil || $0.hasProblems }.map { asset in
                ([("asset", asset.name)], asset.failure == nil && !asset.hasProblems ? "1" : "0")
            }
        )
        add(
            "tarn_asset_published_time_seconds",
            .gauge,
            "When the rows that readers see were built, since 1970.",
            assets.compactMap { asset in
                asset.publishedAt.map { ([("asset", asset.name)], Self.seconds($0.microseconds)) }
            }
        )
    }

    private mutating func addChecks(_ sources: [SourceStatus]) {
        add(
            "tarn_check_failing",
            .gauge,
            "1 while a check does not pass for the rows that changed last.",
            samples(sources) { (check: SourceStatus.Check) in check.outcome == nil ? nil : check.isFailing ? "1" : "0" }
        )
        add(
            "tarn_check_failing_rows",
            .gauge,
            "Rows that failed since the check has its present outcome.",
            samples(sources) { (check: SourceStatus.Check) in check.outcome == nil ? nil : String(check.failingRows) }
        )
        add(
            "tarn_check_failing_rows_total",
            .counter,
            "Rows that changed and failed a check, since the source was last started.",
            samples(sources) { (check: SourceStatus.Check) in String(check.failingRowsTotal) }
        )
    }

    private func samples(_ sources: [SourceStatus], _ value: (SourceStatus.Check) -> String?) -> [Sample] {
        sources.flatMap { source in
            source.checks.compactMap { check in
                value(check).map { ([("source", source.name), ("table", check.table), ("check", check.check)], $0) }
            }
        }
    }

    private func samples(_ sources: [SourceStatus], _ value: (SourceStatus) -> String?) -> [Sample] {
        sources.compactMap { source in value(source).map { ([("source", source.name)], $0) } }
    }

    private mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        lines.append("# HELP \(name) \(help)")
        lines.append("# TYPE \(name) \(kind.rawValue)")
        for sample in samples {
            let labels = sample.labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
            lines.append("\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)")
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func seconds(_ microseconds: Int64) -> String {
        let rest = microseconds % 1_000_000
        return rest == 0 ? String(microseconds / 1_000_000) : "\(microseconds / 1_000_000).\(padded(abs(rest), 6))"
    }
}
