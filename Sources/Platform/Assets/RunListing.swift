package import Base
internal import Settings
internal import Store

/// Runs of assets, as `tarn runs` shows them.
package struct RunListing: Sendable {
    private let runs: [RunRecord]
    /// Of a single run.
    private let steps: [StepRecord]?

    package static func newest(in composition: Composition, limit: Int) throws(TarnError) -> RunListing {
        RunListing(runs: try composition.runHistory.runs(limit: limit), steps: nil)
    }

    /// - Throws: `asset.selection` for a run that is not known on this machine.
    package static func run(_ id: String, in composition: Composition) throws(TarnError) -> RunListing {
        guard let run = try composition.runHistory.run(id) else {
            throw TarnError(
                .assetSelection,
                "There is no run of this name.",
                detail: ["run": id],
                remedy: "`tarn runs` lists those of this machine; `tarn commits` what each of them published."
            )
        }
        return RunListing(runs: [run], steps: try composition.runHistory.steps(of: id))
    }

    package var text: String {
        guard !runs.isEmpty else { return "No runs yet.\n" }
        guard let steps else { return runsText }
        var table = TextTable([
            ("asset", .left), ("status", .left), ("rows", .right), ("seconds", .right), ("why", .left),
        ])
        for step in steps {
            table.add([
                step.asset, step.status.rawValue, step.details["rows"]?.integer.map { Quantity.text(count: $0) } ?? "",
                step.seconds.map { String($0) } ?? "", Self.reason(step),
            ])
        }
        return runsText + "\n" + table.text
    }

    private var runsText: String {
        var table = TextTable([
            ("run", .left), ("began", .left), ("trigger", .left), ("status", .left), ("from", .right),
            ("published", .right),
        ])
        for run in runs {
            table.add([
                run.id, run.startedAt.description, run.trigger, run.status.rawValue, String(run.base),
                run.version.map(String.init) ?? "-",
            ])
        }
        return table.text
    }

    /// What kept a step from being published.
    private static func reason(_ step: StepRecord) -> String {
        if let error = step.details["error"]?.string { return error }
        if let cause = step.details["because"]?.string { return "needs \(cause)" }
        let bad = (step.details["results"]?.array ?? []).filter { ["fail", "error"].contains($0["outcome"]?.string) }
        return bad.compactMap { $0["check_name"]?.string }.joined(separator: ", ")
    }

    package var json: JSONValue {
        let items = runs.map { run -> JSONValue in
            var object: JSONObject = [
                "run": .string(run.id), "trigger": .string(run.trigger), "status": .string(run.status.rawValue),
                "base": .integer(run.base), "started_at": .string(run.startedAt.description),
                "ended_at": run.endedAt.map { .string($0.description) } ?? .null,
                "version": run.version.map { .integer($0) } ?? .null,
            ]
            if let steps { object.append("assets", .array(steps.map(Self.json))) }
            return .object(object)
        }
        return steps == nil ? .array(items) : items.first ?? .null
    }

    private static func json(_ step: StepRecord) -> JSONValue {
        [
            "asset": .string(step.asset), "status": .string(step.status.rawValue),
            "plan_hash": .string(step.planHash), "rows": step.details["rows"] ?? .null,
            "seconds": step.seconds.map { .number(String($0)) } ?? .null, "error": step.details["error"] ?? .null,
            "because": step.details["because"] ?? .null, "checks": step.details["results"] ?? [],
        ]
    }
}
