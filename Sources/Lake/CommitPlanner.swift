import Base

/// Checks one commit against a state of the lake, and writes what is still missing of its metadata.
struct CommitPlanner {
    let lake: Lake
    let state: LakeState

    private var planner: TablePlanner {
        TablePlanner(reader: lake.reader, time: lake.time, entropy: lake.entropy)
    }

    /// - Parameter plans: what earlier attempts at this commit wrote; used again where it still fits.
    func plan(
        _ pending: PendingCommit,
        _ plans: inout [TableName: PlannedTable]
    ) async throws(TarnError) -> Commit {
        let request = pending.request
        try checkSources(request)
        var tables = try await effects(of: request, pending.access, &plans)
        var reference: ReferenceEffect?
        switch request.reference {
        case nil: break
        case .publish(let publication)?:
            let names = try await publish(publication, pending, &plans)
            tables += names.map { TableEffect(name: $0, state: plans[$0]?.state) }
            reference = .publish(publication.branch, tables: names, drops: publication.drops)
        case let update?:
            if case .createBranch(let name, at: _) = update {
                try ReferenceName.requireFree(name, for: pending.access)
            }
            reference = try self.reference(update)
        }
        failpoint("lake.afterMetadata")
        return Commit(
            id: pending.id,
            author: pending.access.principal,
            cause: request.cause,
            message: request.message,
            branch: request.branch,
            tables: tables.sorted { $0.name < $1.name },
            sources: request.sources.sorted { $0.key < $1.key }.map {
                SourceEffect(name: $0.key, state: $0.value.state)
            },
            reference: reference,
            details: request.details
        )
    }

    private func checkSources(_ request: CommitRequest) throws(TarnError) {
        if let branch = request.branch, let source = request.sources.keys.min() {
            throw TarnError(
                .ownerMismatch,
                "The position of a source moves on main only.",
                detail: ["source": source, "branch": branch]
            )
        }
        for (name, update) in request.sources where state.sources[name]?.position != update.expected {
            throw TarnError(
                .commitConflict,
                "Another process moved the source's position.",
                detail: ["source": name],
                remedy: "Let one process alone capture a source; this one has to start again."
            )
        }
    }

    /// What the request itself does to tables, on main or on its branch.
    private func effects(
        of request: CommitRequest,
        _ access: AccessContext,
        _ plans: inout [TableName: PlannedTable]
    ) async throws(TarnError) -> [TableEffect] {
        let branch = try request.branch.map { (name) throws(TarnError) in try self.branch(name) }
        if let name = request.branch, !request.tables.isEmpty { try ReferenceName.requireFree(name, for: access) }
        let present: [TableName: TableState]
        var bases: [TableName: TableState] = [:]
        if let name = request.branch, let branch {
            present = try await lake.view(name, state).tables
            bases = try await lake.base(of: branch, state).tables
        } else {
            present = state.tables
        }
        let updates = request.tables.sorted { $0.key < $1.key }
        for (name, update) in updates {
            let permission = WritePermission(table: name, access: access, branch: request.branch)
            try permission.check(update, present[name])
        }
        let missing = updates.filter { name, _ in plans[name].map { $0.base != present[name] } ?? true }
        let planned = try await concurrently(missing) { [planner] (name, update) async throws(TarnError) in
            try await planner.plan(update, name, on: present[name])
        }
        for ((name, _), plan) in zip(missing, planned) { plans[name] = plan }
        return updates.map { name, _ in
            let base = branch?.tables[name].map(\.base) ?? bases[name]
            return TableEffect(name: name, state: plans[name]?.state, base: base)
        }
    }
}

extension CommitPlanner {
    private func branch(_ name: String) throws(TarnError) -> BranchState {
        guard let branch = state.branches[name] else {
            throw TarnError.referenceMissing("branch", name, among: Array(state.branches.keys))
        }
        return branch
    }

    private func reference(_ update: ReferenceUpdate) throws(TarnError) -> ReferenceEffect? {
        switch update {
        case .createBranch(let name, at: let version):
            return .branch(name, base: try origin(of: name, at: version))
        case .createTag(let name, at: let version): return .tag(name, version: try origin(of: name, at: version))
        case .dropBranch(let name):
            _ = try branch(name)
            return .branch(name, base: nil)
        case .dropTag(let name):
            guard state.tags[name] != nil else {
                throw TarnError.referenceMissing("tag", name, among: Array(state.tags.keys))
            }
            return .tag(name, version: nil)
        case .publish: return nil
        }
    }

    /// The version that a new branch or tag names.
    private func origin(of name: String, at version: Int64?) throws(TarnError) -> Int64 {
        try ReferenceName.check(name)
        guard state.branches[name] == nil, state.tags[name] == nil else { throw TarnError.referenceExists(name) }
        guard let version else { return state.version }
        guard version > 0, version <= state.version else {
            throw TarnError(
                .versionMissing,
                "The lake has no such version.",
                detail: ["version": String(version), "newest": String(state.version)]
            )
        }
        return version
    }

    /// Plans the tables of a branch onto main: as they are where main still has what they were taken from, else by
    /// adding to main what the branch only added.
    ///
    /// - Returns: the tables that differ from main.
    private func publish(
        _ publication: Publication,
        _ pending: PendingCommit,
        _ plans: inout [TableName: PlannedTable]
    ) async throws(TarnError) -> [TableName] {
        let branch = try branch(publication.branch)
        let tables = try await tables(of: publication, branch)
        if let both = tables.first(where: { pending.request.tables[$0.name] != nil })?.name {
            throw conflict(publication, [both], "A commit cannot publish a table and change it, too.")
        }
        for (name, table) in tables {
            let permission = WritePermission(table: name, access: pending.access, branch: nil)
            try permission.check(owners: [state.tables[name]?.owner, table.state?.owner])
        }
        let missing = tables.filter { name, table in
            plans[name].map { $0.base != state.tables[name] || $0.published != table } ?? true
        }
        let planned = try await concurrently(missing) { [planner, state] (name, table) async throws(TarnError) in
            PublishedTable(name: name, plan: try await planner.publish(table, name, on: state.tables[name]))
        }
        let conflicting = planned.filter { $0.plan == nil }.map(\.name)
        guard conflicting.isEmpty else {
            throw conflict(
                publication,
                conflicting,
                "Main and the branch both changed a table, not only by adding rows."
            )
        }
        for table in planned { plans[table.name] = table.plan }
        return tables.map(\.name)
    }

    private struct PublishedTable: Sendable {
        let name: TableName
        let plan: PlannedTable?
    }

    private func tables(
        of publication: Publication,
        _ branch: BranchState
    ) async throws(TarnError) -> [(name: TableName, table: BranchTable)] {
        if let expected = publication.expectedVersion, expected != branch.version {
            throw conflict(publication, [], "The branch changed after it was looked at.")
        }
        for name in publication.tables ?? [] where branch.tables[name] == nil {
            guard try await lake.view(publication.branch, state).tables[name] == nil else { continue }
            throw TarnError(
                .tableMissing,
                "The branch has no such table.",
                detail: ["table": name.description, "branch": publication.branch],
                remedy: "Run `tarn tables --branch \(publication.branch)` to see its tables."
            )
        }
        let wanted = publication.tables.map(Set.init)
        return branch.tables.filter { $0.value.isChanged && wanted?.contains($0.key) != false }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func conflict(_ publication: Publication, _ tables: [TableName], _ message: String) -> TarnError {
        let error = TarnError(
            .commitConflict,
            message,
            detail: ["branch": publication.branch],
            remedy: "Look at `tarn diff \(publication.branch)`; then do the work again on a new branch, or publish "
                + "the other tables by name."
        )
        return tables.isEmpty ? error : error.adding("tables", tables.map(\.description).joined(separator: ", "))
    }
}
