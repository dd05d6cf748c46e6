package import Base
import Store

/// Which state of the lake a reader wants.
package enum VersionReference: Sendable, Hashable {
    case newest
    case version(Int64)
    /// The newest version that was committed at or before this moment.
    case time(Timestamp)
    case branch(String)
    case tag(String)
}

extension Lake {
    /// The lake at a version, on a branch, or as a tag names it.
    ///
    /// - Throws: `lake.versionMissing` for a version that never was, `lake.referenceMissing` for an unknown branch or
    ///   tag.
    package func state(at reference: VersionReference) async throws(TarnError) -> LakeState {
        try await state(at: reference, in: try await refresh())
    }

    /// The same as seen from `newest`: what one statement reads through several references belongs together.
    package func state(
        at reference: VersionReference,
        in newest: LakeState
    ) async throws(TarnError) -> LakeState {
        switch reference {
        case .newest: return newest
        case .version(let version): return try await state(at: version, newest: newest)
        case .time(let time):
            guard time < newest.time else { return newest }
            try await fillIndex(upTo: newest.version)
            guard let version = try index.version(at: time) else {
                throw TarnError(
                    .versionMissing,
                    "The lake is younger than this moment.",
                    detail: ["time": time.description]
                )
            }
            return try await state(at: version, newest: newest)
        case .branch(let name): return try await view(name, newest)
        case .tag(let name):
            guard let version = newest.tags[name] else {
                throw TarnError.referenceMissing("tag", name, among: Array(newest.tags.keys))
            }
            return try await state(at: version, newest: newest)
        }
    }

    /// What a person means by a version's number, `main`, or the name of a branch or tag.
    package func reference(named text: String) async throws(TarnError) -> VersionReference {
        if text == ReferenceName.main { return .newest }
        if let version = Int64(text) { return .version(version) }
        let state = try await refresh()
        if state.branches[text] != nil { return .branch(text) }
        if state.tags[text] != nil { return .tag(text) }
        throw TarnError.referenceMissing("branch or tag", text, among: Array(state.branches.keys) + state.tags.keys)
    }

    /// The metadata files that somebody can still ask for by name: those of main, of every tag, and of every branch
    /// with what it was taken from. Files that none of them reaches are needed for older versions only.
    package func reachableMetadata() async throws(TarnError) -> Set<String> {
        let newest = try await refresh()
        var reachable = Set(newest.tables.values.map(\.metadata))
        for (name, branch) in newest.branches {
            reachable.formUnion(try await view(name, newest).tables.values.map(\.metadata))
            reachable.formUnion(branch.tables.values.compactMap(\.base?.metadata))
        }
        for version in Set(newest.tags.values) {
            reachable.formUnion(try await state(at: version, newest: newest).tables.values.map(\.metadata))
        }
        return reachable
    }

    /// Records, newest first; with `table`, only those that changed it.
    package func records(ofTable table: TableName? = nil, limit: Int) async throws(TarnError) -> [LogRecord] {
        let newest = try await refresh()
        try await fillIndex(upTo: newest.version)
        var records: [LogRecord] = []
        for row in try index.records(ofTable: table?.description, limit: limit) {
            records.append(try LogRecord(parsing: Array(row.body.utf8)))
        }
        return records
    }

    /// The versions in which a table changed on main, newest first.
    package func versions(ofTable table: TableName, limit: Int) async throws(TarnError) -> [Int64] {
        try await fillIndex(upTo: try await refresh().version)
        return try index.versions(ofTable: table.description, limit: limit)
    }

    /// What made a version.
    ///
    /// - Throws: `lake.versionMissing`.
    package func record(_ version: Int64) async throws(TarnError) -> LogRecord {
        try await fillIndex(upTo: try await refresh().version)
        guard let record = try index.record(version) else {
            throw TarnError(.versionMissing, "The lake has no such version.", detail: ["version": String(version)])
        }
        return record
    }

    /// The lake as a branch shows it: its base, with the tables that it changed.
    func view(_ name: String, _ newest: LakeState) async throws(TarnError) -> LakeState {
        guard let branch = newest.branches[name] else {
            throw TarnError.referenceMissing("branch", name, among: Array(newest.branches.keys))
        }
        if let known = states.view(name, branch) { return known }
        var view = try await base(of: branch, newest)
        for (name, table) in branch.tables { view.tables[name] = table.state }
        view.version = branch.version
        view.branches = [:]
        view.tags = [:]
        states.insert(view, name, branch)
        return view
    }

    /// Main as it was when the branch left it.
    func base(of branch: BranchState, _ newest: LakeState) async throws(TarnError) -> LakeState {
        branch.base == 0 ? .empty : try await state(at: branch.base, newest: newest)
    }

    private func state(at version: Int64, newest: LakeState) async throws(TarnError) -> LakeState {
        if version == newest.version { return newest }
        guard version > 0, version < newest.version else {
            throw TarnError(
                .versionMissing,
                "The lake has no such version.",
                detail: ["version": String(version), "newest": String(newest.version)]
            )
        }
        if let known = states.version(version) { return known }
        try await fillIndex(upTo: newest.version)
        let state = try index.state(at: version)
        states.insert(state)
        return state
    }

    /// A lost index is refilled by reading the log from the start.
    func fillIndex(upTo version: Int64) async throws(TarnError) {
        var last = try index.lastVersion()
        while last < version {
            last += 1
            guard let record = try await log.read(last) else {
                throw TarnError(.corruptData, "The commit log has a gap.", detail: ["missing version": String(last)])
            }
            try index.add(record)
        }
    }
}
