package import Base
import Store

extension Lake {
    /// Makes a branch of the whole lake; it costs one small record, however many tables there are.
    ///
    /// - Parameter origin: what it begins with; a branch cannot begin with another one.
    /// - Returns: the version of main that it begins with is in the state of the lake afterwards.
    @discardableResult
    package func createBranch(
        _ name: String,
        at origin: VersionReference = .newest,
        as access: AccessContext
    ) async throws(TarnError) -> CommitResult {
        let version = try await version(of: origin)
        return try await change(.createBranch(name, at: version), "branch", "Create the branch \(name)", access)
    }

    /// What was not published is lost.
    @discardableResult
    package func dropBranch(_ name: String, as access: AccessContext) async throws(TarnError) -> CommitResult {
        try await change(.dropBranch(name), "branch", "Drop the branch \(name)", access)
    }

    @discardableResult
    package func createTag(
        _ name: String,
        at origin: VersionReference = .newest,
        as access: AccessContext
    ) async throws(TarnError) -> CommitResult {
        let version = try await version(of: origin)
        return try await change(.createTag(name, at: version), "tag", "Create the tag \(name)", access)
    }

    @discardableResult
    package func dropTag(_ name: String, as access: AccessContext) async throws(TarnError) -> CommitResult {
        try await change(.dropTag(name), "tag", "Drop the tag \(name)", access)
    }

    /// Moves tables of a branch to main, all in one commit.
    ///
    /// A table moves as it is where main still has the state that the branch took it from. Where main moved, rows that
    /// the branch only added are added to main's; anything else is a conflict that names the tables. May be repeated
    /// after a lost answer: what was published is not published again, and the result says so.
    ///
    /// - Parameter request: cause, message, details and further tables of the commit.
    /// - Throws: `lake.conflict`, `lake.ownerMismatch`, `lake.referenceMissing`.
    @discardableResult
    package func publish(
        _ publication: Publication,
        with request: CommitRequest? = nil,
        as access: AccessContext
    ) async throws(TarnError) -> CommitResult {
        var request = request ?? CommitRequest(cause: "publish", message: "Publish the branch \(publication.branch)")
        request.reference = .publish(publication)
        let state = try await refresh()
        if !publication.drops, request.tables.isEmpty, let branch = state.branches[publication.branch] {
            let wanted = publication.tables.map(Set.init)
            if branch.changedTables.allSatisfy({ wanted?.contains($0) == false }) {
                return CommitResult(version: state.version, time: state.time, tables: [:], wasDone: true)
            }
        }
        do throws(TarnError) {
            return try await commit(request, as: access)
        } catch {
            guard error.code == .referenceMissing, let earlier = try await earlierEnd(of: publication.branch) else {
                throw error
            }
            return earlier
        }
    }

    /// The commit that published and dropped the branch of this name last; nil where it ended otherwise.
    private func earlierEnd(of branch: String) async throws(TarnError) -> CommitResult? {
        try await fillIndex(upTo: knownState.version)
        guard let row = try index.record(ofBranch: branch) else { return nil }
        let record = try LogRecord(parsing: Array(row.body.utf8))
        let commit = record.commits.first { commit in
            if case .publish(branch, tables: _, drops: true) = commit.reference { true } else { false }
        }
        guard let commit else { return nil }
        var result = CommitWriter.result(record, commit)
        result.wasDone = true
        return result
    }

    private func change(
        _ reference: ReferenceUpdate,
        _ cause: String,
        _ message: String,
        _ access: AccessContext
    ) async throws(TarnError) -> CommitResult {
        var request = CommitRequest(cause: cause, message: message)
        request.reference = reference
        return try await commit(request, as: access)
    }

    /// Nil for the newest, which is settled only when the commit is made.
    private func version(of reference: VersionReference) async throws(TarnError) -> Int64? {
        switch reference {
        case .newest: return nil
        case .version(let version): return version
        case .time, .tag: return try await state(at: reference).version
        case .branch(let name):
            throw TarnError(
                .unsupported,
                "A branch or tag cannot begin with a branch.",
                detail: ["branch": name],
                remedy: "Publish that branch first, or begin with a version or a tag."
            )
        }
    }
}
