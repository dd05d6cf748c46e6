import Base
import Capture
import Checks
import Lake

extension LandingContext {
    private static let attemptsMax = 3

    /// Commits, and with it the results of checks that are due: both or neither. What keeps results alone out of the
    /// lake does not keep the rest: they stay due.
    ///
    /// - Returns: why results that are due are not in the commit; nil when they are, and when there are none.
    func commit(
        _ request: CommitRequest,
        _ ledger: inout CheckLedger,
        upTo position: Position
    ) async throws(TarnError) -> (result: CommitResult, unrecorded: TarnError?) {
        let now = time.now()
        let due = ledger.due(run: "landing:\(source):\(position.text)", at: now)
        var failure: TarnError?
        for _ in 0..<Self.attemptsMax where !due.rows.isEmpty {
            do throws(TarnError) {
                let result = try await commit(request, results: due.rows)
                ledger.recorded(due, at: now)
                return (result, nil)
            } catch {
                failure = error
                // Another process made the table, or made it anew.
                guard error.code == .tableExists || error.code == .commitConflict else { break }
            }
        }
        return (try await lake.commit(request, as: access), failure)
    }

    private func commit(_ request: CommitRequest, results: [JSONValue]) async throws(TarnError) -> CommitResult {
        var request = request
        request.tables[CheckResults.table] = try await lake.appendUpdate(
            of: CheckResults.batch(of: results),
            to: CheckResults.table,
            owner: .system,
            in: try await lake.refresh(),
            writer: try writer()
        )
        return try await lake.commit(request, as: access)
    }
}
