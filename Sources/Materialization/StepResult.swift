package import Base
package import Checks
import Store

/// What one asset of a run came to.
package struct StepResult: Sendable {
    /// Whether it is good, and else why not.
    package enum Outcome: Sendable {
        /// Its rows are on the run's branch, and none of its checks stands against them.
        case succeeded
        /// Its rows are on the branch, and checks keep them from being published.
        case rejected
        /// It could not be built.
        case broken(TarnError)
        case skipped(because: TableName)
    }

    package let asset: TableName
    package var outcome: Outcome
    /// The rows that its statement gave.
    package var rowCount: Int64?
    package var seconds: Double?
    package var checks: [CheckResult] = []
    /// Done by the attempt that this one goes on from.
    package var isResumed = false
    /// What the commit that publishes it says of it.
    var facts: JSONValue = .null
    /// Rows of the table of results.
    var resultRows: [JSONValue] = []

    init(_ asset: TableName, _ outcome: Outcome) {
        self.asset = asset
        self.outcome = outcome
    }

    package var isSuccess: Bool { if case .succeeded = outcome { true } else { false } }

    package var blocking: [CheckResult] { checks.filter(\.isBlocking) }

    /// With nothing beside it there may be memory enough.
    var ranOutOfMemory: Bool {
        if case .broken(let error) = outcome { return error.code == .queryLimit }
        return checks.contains { $0.outcome == .error && $0.reason?.contains("limits.memory") == true }
    }

    /// Why it was not published, for logs: counts and names alone. Nil where it was.
    package var failure: String? {
        switch outcome {
        case .succeeded: nil
        case .rejected:
            blocking.map { check in
                let found = check.failingRows.map { $0 == 1 ? "1 row fails" : "\($0) rows fail" }
                return "\(check.check.name): \(check.reason ?? found ?? "does not hold")"
            }.joined(separator: "; ")
        case .broken(let error): error.message
        case .skipped(let cause): "\(cause) was not published, and this needs it"
        }
    }

    var status: StepRecord.Status {
        switch outcome {
        case .succeeded: .succeeded
        case .rejected, .broken: .failed
        case .skipped: .skipped
        }
    }
}

extension StepResult {
    /// As the state store keeps it.
    func record(planHash: String) -> StepRecord {
        var details: JSONObject = [
            "rows": rowCount.map { .integer($0) } ?? .null, "facts": facts, "results": .array(resultRows),
        ]
        switch outcome {
        case .broken(let error): details.append("error", .string("\(error.message) [\(error.code.rawValue)]"))
        case .skipped(let cause): details.append("because", .string(cause.description))
        case .succeeded, .rejected: break
        }
        return StepRecord(
            asset: asset.description,
            status: status,
            planHash: planHash,
            seconds: seconds,
            details: .object(details)
        )
    }

    /// A step that succeeded earlier, as the state store kept it.
    init?(resuming record: StepRecord) {
        guard record.status == .succeeded, let asset = TableName(record.asset) else { return nil }
        self.init(asset, .succeeded)
        rowCount = record.details["rows"]?.integer
        seconds = record.seconds
        facts = record.details["facts"] ?? .null
        resultRows = record.details["results"]?.array ?? []
        isResumed = true
    }
}
