package import Base
package import Checks
package import Columns
package import Lake
package import Query

/// Evaluates the checks of tables on a session. Everything that a check reads goes the way of a person's query: what a
/// query may not do, a check may not either.
package struct TableChecks: Sendable {
    private let session: QuerySession
    private let access: AccessContext
    private let time: any TimeSource

    package init(_ session: QuerySession, as access: AccessContext, time: any TimeSource) {
        self.session = session
        self.access = access
        self.time = time
    }

    /// One result for each check, whatever happens.
    ///
    /// - Parameters:
    ///   - schema: of the table as it is at `version`; its key is what samples of failing rows show.
    ///   - version: where the table, and what its checks read beside it, is read.
    /// - Throws: `interrupted` only.
    package func results(
        of checks: [Check],
        on table: TableName,
        schema: Schema,
        at version: VersionReference
    ) async throws(TarnError) -> [CheckResult] {
        guard !checks.isEmpty else { return [] }
        let now = time.now()
        let context = CheckContext(
            now: now,
            relation: { (name) throws(TarnError) in Self.quoted(name) },
            history: try await history(of: checks, on: table)
        )
        let checked = CheckedTable(
            name: table,
            relation: Self.quoted(table.description),
            schema: schema.withKey(of: checks)
        )
        let (session, access) = (session, access)
        return try await CheckPlan(checks, of: checked, context).evaluate { (sql) async throws(TarnError) in
            try await session.run(sql, at: version, as: access).batches
        }
    }

    /// Where earlier results cannot be read, checks that need them say so: they are errors, not passed over.
    private func history(
        of checks: [Check],
        on table: TableName
    ) async throws(TarnError) -> [String: [HistoryPoint]] {
        let names = checks.filter(\.needsHistory).map(\.name)
        guard !names.isEmpty else { return [:] }
        do throws(TarnError) {
            return try await ResultHistory(session, as: access).points(of: names, on: table)
        } catch {
            if error.code == .interrupted { throw error }
            return [:]
        }
    }

    private static func quoted(_ name: String) -> String {
        name.split(separator: ".", maxSplits: 1).map { sqlIdentifier(String($0)) }.joined(separator: ".")
    }
}

extension Schema {
    /// A table without a key of its own is looked at through the first columns that have to be unique in it.
    fileprivate func withKey(of checks: [Check]) -> Schema {
        guard identifierFieldIDs.isEmpty else { return self }
        var copy = self
        for check in checks where check.filter == nil {
            guard case .unique(let columns) = check.kind else { continue }
            let fields = columns.compactMap { field(named: $0.name) }
            guard fields.count == columns.count else { continue }
            copy.identifierFieldIDs = fields.map(\.id)
            break
        }
        return copy
    }
}
