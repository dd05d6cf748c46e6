package import Base
import Checks
import Store

/// What a run tells while it goes on.
package enum RunEvent: Sendable {
    /// - Parameters:
    ///   - base: the version of main that everything is made from.
    ///   - steps: how many assets are to be built; those of an earlier attempt that stay are not among them.
    case began(run: String, base: Int64, steps: Int)
    case started(TableName)
    case ended(StepResult)
}

/// What a run came to.
package struct RunReport: Sendable {
    package let run: String
    package let base: Int64
    /// The version that published what succeeded; nil where nothing was published.
    package var version: Int64?
    /// How long the publishing took, from the last check to the commit.
    package var publishSeconds: Double
    /// The branch with what was not published; nil where all was.
    package var branch: String?
    /// In the order of the run.
    package var steps: [StepResult]

    package var isSuccess: Bool { steps.allSatisfy(\.isSuccess) }
}

extension RunReport {
    package var json: JSONValue {
        [
            "run": .string(run), "base": .integer(base), "version": version.map { .integer($0) } ?? .null,
            "publish_seconds": .number(String(publishSeconds)), "branch": branch.map { .string($0) } ?? .null,
            "succeeded": .bool(isSuccess),
            "assets": .array(steps.map(\.json)),
        ]
    }
}

extension StepResult {
    package var json: JSONValue {
        var object: JSONObject = [
            "asset": .string(asset.description), "status": .string(status.rawValue),
            "rows": rowCount.map { .integer($0) } ?? .null,
            "seconds": seconds.map { .number(String($0)) } ?? .null, "resumed": .bool(isResumed),
            "checks": .array(resultRows),
        ]
        switch outcome {
        case .broken(let error): object.append("error", error.json)
        case .skipped(let cause): object.append("because", .string(cause.description))
        case .succeeded, .rejected: break
        }
        return .object(object)
    }
}
