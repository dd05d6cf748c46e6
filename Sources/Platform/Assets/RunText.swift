internal import Base
internal import Checks
package import Materialization
internal import Settings

/// How a run of assets looks on a terminal.
package struct RunText: Sendable {
    private let style: TextStyle
    private static let nameWidth = 32

    package init(_ style: TextStyle) { self.style = style }

    /// Nil for what is not shown.
    package func lines(_ event: RunEvent) -> [String]? {
        switch event {
        case .began(let run, let base, let steps):
            ["run \(run): \(steps == 1 ? "1 asset" : "\(steps) assets"), from version \(base)"]
        case .started: nil
        case .ended(let result): lines(result)
        }
    }

    /// The checks of one table.
    func lines(_ table: TableName, _ results: [CheckResult]) -> [String] {
        let isGood = !results.contains(where: \.isBlocking)
        let word = isGood ? style.good("good    ") : style.error("BAD     ")
        return ["  \(word)  \(padded(table))  \(Self.summary(results))"]
            + results.filter { $0.outcome != .pass }.flatMap(lines)
    }

    private func lines(_ result: StepResult) -> [String] {
        switch result.outcome {
        case .succeeded:
            return [line(style.good("built   "), result)] + result.checks.filter { $0.outcome != .pass }.flatMap(lines)
        case .rejected:
            return [line(style.error("REJECTED"), result)] + result.checks.filter { $0.outcome != .pass }.flatMap(lines)
        case .broken(let error):
            let account = error.description.split(separator: "\n").map { "           \($0)" }
            return [line(style.error("FAILED  "), result)] + account
        case .skipped(let cause):
            return ["  \(style.warning("skipped "))  \(padded(result.asset))  it needs \(cause)"]
        }
    }

    private func line(_ word: String, _ result: StepResult) -> String {
        var parts: [String] = []
        if let rows = result.rowCount { parts.append(rows == 1 ? "1 row" : "\(Quantity.text(count: rows)) rows") }
        if let seconds = result.seconds { parts.append("\(Self.text(seconds)) s") }
        if !result.checks.isEmpty { parts.append(Self.summary(result.checks)) }
        return "  \(word)  \(padded(result.asset))  \(parts.joined(separator: "  "))"
    }

    private func padded(_ name: TableName) -> String {
        let text = name.description
        return text + String(repeating: " ", count: max(0, Self.nameWidth - text.count))
    }

    private static func summary(_ checks: [CheckResult]) -> String {
        let passed = checks.count { $0.outcome == .pass }
        return "\(passed) of \(checks.count == 1 ? "1 check" : "\(checks.count) checks") passed"
    }

    private func lines(_ check: CheckResult) -> [String] {
        let word = check.isBlocking ? style.error(check.outcome.rawValue) : style.warning(check.outcome.rawValue)
        let found = check.reason ?? "\(check.measured ?? "nothing"), expected \(check.expected)"
        var lines = ["           \(word)  \(check.check.name): \(found)"]
        if !check.sampleKeys.isEmpty { lines.append("           keys: \(check.sampleKeys.joined(separator: "; "))") }
        return lines
    }

    /// What the run as a whole came to.
    package func summary(_ report: RunReport) -> [String] {
        let good = report.steps.count(where: \.isSuccess)
        let bad = report.steps.count - good
        var lines: [String] = []
        if let version = report.version {
            lines.append("\(style.good("published")) \(good == 1 ? "1 asset" : "\(good) assets") in version \(version)")
        }
        guard bad > 0 else { return lines }
        let word = style.error("not published")
        lines.append("\(word): \(bad == 1 ? "1 asset" : "\(bad) assets"); readers see what was published before")
        guard let branch = report.branch, let check = report.steps.lazy.compactMap(Self.query).first else {
            return lines
        }
        lines.append("to see the rows: tarn query --branch \(branch) \(Self.quoted(check))")
        return lines
    }

    private static func query(_ step: StepResult) -> String? {
        step.blocking.lazy.compactMap { $0.failingRows == nil ? nil : $0.query }.first
    }

    /// For a shell.
    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

    private static func text(_ seconds: Double) -> String {
        let hundredths = Int((seconds * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
