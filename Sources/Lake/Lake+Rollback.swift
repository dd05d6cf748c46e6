package import Base
import Store

/// What a rollback came to.
package struct Rollback: Sendable {
    /// The version that it made; nil where all tables were as they are wanted.
    package var version: Int64?
    package var restored: [TableName]
    /// Tables that the older version did not have.
    package var dropped: [TableName]
    /// Tables that differ and stay as they are: mirrors follow their source, and Tarn's own tables are its memory.
    package var mirrors: [TableName]
}

extension Lake {
    /// Brings tables of main back to an older state, by a commit that goes forward. No source moves, and mirrors stay.
    ///
    /// - Parameter tables: nil for all but mirrors and Tarn's own; tables that did not exist then are dropped.
    /// - Throws: `lake.conflict` where a table changes meanwhile, `lake.ownerMismatch` for a mirror that is named,
    ///   `lake.tableMissing` for a table that exists neither now nor then.
    @discardableResult
    package func rollback(
        to reference: VersionReference,
        tables names: [TableName]? = nil,
        as access: AccessContext
    ) async throws(TarnError) -> Rollback {
        if case .branch(let name) = reference {
            throw TarnError(
                .queryForbidden,
                "A rollback goes to a version of the lake, not to a branch.",
                detail: ["branch": name],
                remedy: "Name a version or a tag; what a branch has comes to the lake by publishing it."
            )
        }
        let newest = try await refresh()
        let older = try await state(at: reference, in: newest)
        try await fillIndex(upTo: newest.version)
        var request = CommitRequest(cause: "rollback", message: "Roll back to version \(older.version)")
        request.details = ["version": .integer(older.version)]
        var rollback = Rollback(version: nil, restored: [], dropped: [], mirrors: [])
        for name in names ?? Self.differing(newest, older) {
            let (current, target) = (newest.tables[name], older.tables[name])
            guard current != nil || target != nil else { throw Self.unknown(name) }
            guard current != target else { continue }
            if names == nil, [current, target].contains(where: { $0?.isKept == true }) {
                rollback.mirrors.append(name)
                continue
            }
            if target == nil { rollback.dropped.append(name) } else { rollback.restored.append(name) }
            request.tables[name] = .restore(
                Restoration(target: target, current: current, newest: try newestState(name, current, target))
            )
        }
        guard !request.tables.isEmpty else { return rollback }
        rollback.version = try await commit(request, as: access).version
        return rollback
    }

    /// What the restored table's metadata goes on from: the newest that there ever was of the very same table.
    private func newestState(
        _ name: TableName,
        _ current: TableState?,
        _ target: TableState?
    ) throws(TarnError) -> TableState? {
        guard let target else { return nil }
        if let current, current.uuid == target.uuid { return current }
        return try index.states(of: name).first { $0.uuid == target.uuid }
    }

    private static func differing(_ newest: LakeState, _ older: LakeState) -> [TableName] {
        Set(newest.tables.keys).union(older.tables.keys).filter { newest.tables[$0] != older.tables[$0] }.sorted()
    }

    private static func unknown(_ name: TableName) -> TarnError {
        TarnError(
            .tableMissing,
            "The table exists neither now nor at that version.",
            detail: ["table": name.description]
        )
    }
}

extension TableState {
    /// A rollback of the whole lake leaves it alone.
    fileprivate var isKept: Bool { isMirror || owner == .system }

    /// Only the landing of its source writes it.
    package var isMirror: Bool { if case .source = owner { true } else { false } }
}
