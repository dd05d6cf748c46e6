import Base
import Columns
import Settings

extension CheckMeasurements {
    /// The result of one check, without samples and query.
    func judgement(of index: Int) -> CheckResult {
        let check = plan.checks[index]
        var result = CheckResult(check: check, outcome: .error, expected: check.expectation.description)
        do throws(TarnError) {
            let judgement = CheckJudgement(check: check, table: plan.table, context: plan.context)
            result.expected = judgement.expected
            if let failure = failures[index] { throw failure }
            try judgement.judge(try measured(index), into: &result)
        } catch {
            result.outcome = .error
            result.reason = CheckResult.reason(error)
        }
        return result
    }
}

/// Holds what was measured against what was expected.
struct CheckJudgement {
    let check: Check
    let table: CheckedTable
    let context: CheckContext

    /// For people, as far as it is known before anything is measured.
    var expected: String {
        switch check.kind {
        case .freshness: return "newer than \(age(check.expectation))"
        case .rowCountChange: return "changed \(check.expectation)"
        case .deviation(let deviation): return "within \(deviation.percent)% of the average of \(deviation.days) days"
        case .reconciliation(let reconciliation): return "\(tolerance(reconciliation)) of \(reconciliation.table.name)"
        case .schema(let rule):
            let columns = rule.columns.map { [$0.reference.name, $0.type].compactMap(\.self).joined(separator: " ") }
            return "\(rule.isExact ? "exactly" : "contains") \(columns.joined(separator: ", "))"
        default: break
        }
        guard check.kind.countsRows else { return check.expectation.description }
        let isNone = check.expectation == .none(at: check.expectation.literals.first?.place ?? check.place)
        return isNone ? "no failing rows" : "failing rows \(check.expectation)"
    }

    func judge(_ measurement: Measurement, into result: inout CheckResult) throws(TarnError) {
        switch measurement {
        case .rows(let failing, let all): try judgeRows(failing, of: all, into: &result)
        case .value(let value):
            guard let value else {
                throw TarnError(
                    .valueUnrepresentable,
                    "There is no value to measure: no rows, only nulls, or no number."
                )
            }
            result.measured = value.description
            result.value = value.double
            try judgeValue(value, into: &result)
        case .pair(let own, let other): try judgePair(own, other, into: &result)
        case .nothing: judgeSchema(into: &result)
        }
    }

    private func outcome(_ isMet: Bool, _ isAlsoMet: Bool = true) -> CheckResult.Outcome {
        guard isMet else { return check.severity == .error ? .fail : .warn }
        return isAlsoMet ? .pass : .warn
    }

    /// What a warning did not hold, where the check itself does.
    private func noteWarning(_ isMet: Bool, _ isAlsoMet: Bool, _ result: inout CheckResult) {
        guard isMet, !isAlsoMet, let warning = check.warning else { return }
        var copy = check
        copy.expectation = warning
        result.expected = CheckJudgement(check: copy, table: table, context: context).expected
    }

    private func judgeRows(_ failing: Int64, of all: Int64?, into result: inout CheckResult) throws(TarnError) {
        result.failingRows = failing
        result.value = Double(failing)
        result.measured = all.map { "\(failing) of \($0) rows" } ?? "\(failing) rows"
        func isMet(_ expectation: Expectation) throws(TarnError) -> Bool {
            guard expectation.isPercent else { return try met(expectation, .number(CheckNumber(failing))) }
            guard let all else { throw TarnError(.configurationInvalid, "Percent of what is not known.") }
            let share = all == 0 ? 0 : Double(failing) * 100 / Double(all)
            return try met(expectation, .number(.double(share)))
        }
        var isAlsoMet = true
        if let warning = check.warning { isAlsoMet = try isMet(warning) }
        let isHolding = try isMet(check.expectation)
        result.outcome = outcome(isHolding, isAlsoMet)
        noteWarning(isHolding, isAlsoMet, &result)
    }

    private func met(_ expectation: Expectation, _ value: MeasuredValue) throws(TarnError) -> Bool {
        guard let isMet = expectation.isMet(by: value) else {
            throw check.place.failure("What was measured cannot be compared with the limits.")
        }
        return isMet
    }

    private func judgeValue(_ value: MeasuredValue, into result: inout CheckResult) throws(TarnError) {
        var compared = value
        switch check.kind {
        case .freshness:
            let seconds = context.now.seconds - (value.moment?.seconds ?? 0)
            compared = .number(CheckNumber(seconds))
            result.value = Double(seconds)
            result.measured = "\(value), \(Self.ago(seconds))"
        case .rowCountChange:
            let before = try history(days: nil).last?.value ?? 0
            guard before > 0 else {
                throw TarnError(.valueUnrepresentable, "The run before had no rows to compare with.")
            }
            compared = .number(.double((value.double - before) * 100 / before))
            result.measured = "\(value), \(CheckNumber.double(before)) before: \(compared)%"
        case .deviation(let deviation): return try judge(deviation, value, into: &result)
        default: break
        }
        var isAlsoMet = true
        if let warning = check.warning { isAlsoMet = try met(warning, compared) }
        let isHolding = try met(check.expectation, compared)
        result.outcome = outcome(isHolding, isAlsoMet)
        noteWarning(isHolding, isAlsoMet, &result)
    }

    private func judge(_ deviation: Deviation, _ value: MeasuredValue, into result: inout CheckResult) throws(TarnError)
    {
        let points = try history(days: deviation.days, least: deviation.historyMin)
        guard !points.isEmpty else {
            result.outcome = .pass
            return
        }
        let average = points.reduce(0) { $0 + $1.value } / Double(points.count)
        let allowed = abs(average) * deviation.percent.double / 100
        let days = deviation.days == 1 ? "1 day" : "\(deviation.days) days"
        result.expected = "within \(deviation.percent)% of \(CheckNumber.double(average)), the average of \(days)"
        result.outcome = outcome(abs(value.double - average) <= allowed)
    }

    /// Earlier values, oldest first.
    private func history(days: Int?, least: Int = 1) throws(TarnError) -> [HistoryPoint] {
        let since = days.map { context.now.microseconds - Int64($0) * 86_400_000_000 } ?? .min
        let points = (context.history[check.name] ?? [])
            .filter { $0.time.microseconds >= since && $0.time < context.now && $0.value.isFinite }
            .sorted { $0.time < $1.time }
        guard points.count >= least else {
            throw TarnError(
                .valueUnrepresentable,
                "There are \(points.count) earlier values to compare with; the check needs at least \(least)."
            )
        }
        return points
    }

    private func judgePair(
        _ own: MeasuredValue?,
        _ other: MeasuredValue?,
        into result: inout CheckResult
    ) throws(TarnError) {
        guard case .reconciliation(let reconciliation) = check.kind else { return }
        guard let own, let other, case .number(let left) = own, case .number(let right) = other else {
            throw TarnError(.valueUnrepresentable, "One of the two sides has no value to compare.")
        }
        result.measured = own.description
        result.value = own.double
        result.expected = "\(tolerance(reconciliation, other)) of \(reconciliation.table.name)"
        let isExact = reconciliation.tolerance.double == 0
        let allowed =
            reconciliation.isPercent
            ? CheckNumber.double(abs(right.double) * reconciliation.tolerance.double / 100) : reconciliation.tolerance
        let isClose = left.distance(to: right).map { !(allowed < $0) && !$0.double.isNaN } ?? false
        result.outcome = outcome(isExact ? left.equals(right) : isClose)
    }

    private func tolerance(_ reconciliation: Reconciliation, _ value: MeasuredValue? = nil) -> String {
        let shown = value.map { "\($0), the " } ?? ""
        guard reconciliation.tolerance.double > 0 else { return "= \(shown)\(reconciliation.otherMetric)" }
        let unit = reconciliation.isPercent ? "%" : ""
        return "within \(reconciliation.tolerance)\(unit) of \(shown)\(reconciliation.otherMetric)"
    }

    private func judgeSchema(into result: inout CheckResult) {
        guard case .schema(let rule) = check.kind else { return }
        var faults: [String] = []
        for column in rule.columns {
            guard let field = table.schema.field(named: column.reference.name) else {
                faults.append("no column \(column.reference.name)")
                continue
            }
            guard let type = column.type, !TypeName.matches(type, field.type) else { continue }
            faults.append("\(field.name) is \(TypeName.text(field.type)), not \(type)")
        }
        let wanted = rule.columns.map(\.reference.name)
        let found = table.schema.fields.map(\.name)
        if rule.isExact {
            faults += found.filter { !wanted.contains($0) }.map { "\($0) is not wanted" }
            if faults.isEmpty, found != wanted { faults.append("the order is \(found.joined(separator: ", "))") }
        }
        result.measured = faults.isEmpty ? "as expected" : faults.joined(separator: "; ")
        result.outcome = outcome(faults.isEmpty)
    }

    private func age(_ expectation: Expectation) -> String {
        CheckDuration.text(seconds: expectation.upper.flatMap { Int64($0.literal.text) } ?? 0)
    }

    private static func ago(_ seconds: Int64) -> String {
        let text = Quantity.text(Duration.seconds(seconds.magnitude))
        return seconds < 0 ? "\(text) ahead" : "\(text) ago"
    }
}
