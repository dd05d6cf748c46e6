package import Base
package import Checks
import Iceberg
package import Lake
package import Query

/// Evaluates the checks of tables as readers see them, and records how they came out.
package struct CheckRun: Sendable {
    private let lake: Lake
    private let session: QuerySession
    private let time: any TimeSource

    package init(_ session: QuerySession, on lake: Lake, time: any TimeSource) {
        self.lake = lake
        self.session = session
        self.time = time
    }

    /// - Returns: for each table, in order, its results.
    /// - Throws: `lake.tableMissing` for a table that the lake does not have, `interrupted`.
    package func run(
        _ tables: [(name: TableName, checks: [Check])]
    ) async throws(TarnError) -> [(name: TableName, results: [CheckResult])] {
        let state = try await lake.refresh()
        let id = "check-\(time.now())"
        let evaluation = TableChecks(session, as: .system, time: time)
        var results: [(name: TableName, results: [CheckResult])] = []
        var rows: [JSONValue] = []
        for (name, checks) in tables {
            guard let table = state.tables[name] else {
                throw TarnError(
                    .tableMissing,
                    "The lake has no such table.",
                    detail: ["table": name.description]
                )
            }
            let schema = try await lake.reader.metadata(table).currentSchema
            let found = try await evaluation.results(of: checks, on: name, schema: schema, at: .version(state.version))
            results.append((name, found))
            let form = CheckResults(run: id, table: name, version: state.version, time: time.now(), isPublished: true)
            rows += form.json(found).array ?? []
        }
        try await record(rows)
        return results
    }

    private func record(_ rows: [JSONValue]) async throws(TarnError) {
        guard !rows.isEmpty else { return }
        try await lake.retryingCreation { (state) throws(TarnError) in
            var request = CommitRequest(cause: "check", message: "Record \(rows.count) results of checks")
            request.tables[CheckResults.table] = try await lake.appendUpdate(
                of: CheckResults.batch(of: rows),
                to: CheckResults.table,
                owner: .system,
                in: state,
                writer: session.writer
            )
            try await lake.commit(request, as: .system)
        }
    }
}
