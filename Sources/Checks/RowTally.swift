package import Base

/// What a check of rows counted: in one evaluation, or in several that were added up.
package struct RowTally: Sendable, Hashable {
    /// Rows that were looked at: those for which the check's `where` holds.
    package var rows: Int64 = 0
    package var failingRows: Int64 = 0
    /// Keys of up to five failing rows; empty where the table has no key.
    package var sampleKeys: [String] = []
    /// Why the rows could not be looked at; never a cell value.
    package var failure: String?

    package init() {}

    /// Of rows that could not be looked at.
    package init(failure: TarnError) { self.failure = CheckResult.reason(failure) }

    /// Takes in what a later evaluation counted; keys of later rows come first.
    package mutating func add(_ later: RowTally) {
        rows += later.rows
        failingRows += later.failingRows
        let older = sampleKeys.filter { !later.sampleKeys.contains($0) }
        sampleKeys = Array((later.sampleKeys + older).prefix(CheckPlan.sampleRowsMax))
        failure = later.failure
    }
}

extension Check {
    /// Each row alone passes or fails: the check can be evaluated on the rows that a commit changed.
    package var isOfRows: Bool {
        if case .rows = kind { true } else { false }
    }
}

/// For those who count failing rows again and again, and judge when they want to.
extension CheckPlan {
    /// The counts of checks of rows, in the order of the checks: one for each, whatever happens.
    ///
    /// - Throws: only when a statement was interrupted.
    package func tallies(_ run: Run) async throws(TarnError) -> [RowTally] {
        var measurements = CheckMeasurements(plan: self)
        try await measurements.take(run)
        var tallies: [RowTally] = []
        for (index, check) in checks.enumerated() {
            var tally = measurements.tally(of: index)
            if tally.failingRows > 0 { tally.sampleKeys = try await sampleKeys(check, run) }
            tallies.append(tally)
        }
        return tallies
    }

    /// The result of a check of rows that counted so much.
    package func result(_ tally: RowTally, of index: Int) -> CheckResult {
        var result = CheckResult(check: checks[index], outcome: .error, expected: "")
        let judgement = CheckJudgement(check: checks[index], table: table, context: context)
        result.expected = judgement.expected
        result.query = shownQuery(of: checks[index])
        result.reason = tally.failure
        guard tally.failure == nil else { return result }
        do throws(TarnError) {
            try judgement.judge(.rows(failing: tally.failingRows, of: tally.rows), into: &result)
            result.sampleKeys = tally.sampleKeys
        } catch {
            result.reason = CheckResult.reason(error)
        }
        return result
    }
}

extension CheckMeasurements {
    fileprivate func tally(of index: Int) -> RowTally {
        do throws(TarnError) {
            if let failure = failures[index] { throw failure }
            guard case .rows(let failing, let all?) = try measured(index) else {
                throw TarnError(.unsupported, "The check needs more than the rows that changed.")
            }
            var tally = RowTally()
            tally.rows = all
            tally.failingRows = failing
            return tally
        } catch {
            return RowTally(failure: error)
        }
    }
}
