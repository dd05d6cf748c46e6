package import Base

/// The one rule of who may write a table: its owner alone, and an open one anybody; a mirror on main only.
struct WritePermission {
    let table: TableName
    let access: AccessContext
    let branch: String?

    /// - Parameter present: the table before the update; nil where there is none.
    func check(_ update: TableUpdate, _ present: TableState?) throws(TarnError) {
        switch update {
        case .restore(let restoration): try checkRestoring([present?.owner, restoration.target?.owner])
        case .create(let table): try check(owners: [present?.owner, table.owner])
        case .drop: try checkDropping(present?.owner)
        case .change, .register: try check(owners: [present?.owner])
        }
    }

    /// - Parameter owners: before and after.
    func check(owners: [TableOwner?]) throws(TarnError) {
        for case let owner? in owners {
            switch owner {
            case .open: continue
            case .assets where access == .assets: continue
            case .system where !access.isPerson: continue
            case .source(let source) where access == .source(source) && branch == nil: continue
            case .source(let source) where access != .source(source):
                throw refusal(owner, "The table is a mirror: only the landing of its source commits to it.")
            case .source:
                throw refusal(owner, "The table is a mirror: it is never written on a branch.")
            case .system: throw refusal(owner, "The table is kept by Tarn itself.")
            case .assets:
                throw refusal(
                    owner,
                    "The table is an asset: only its materialisation commits to it.",
                    remedy: "Change the asset's SQL and materialise it, or write to a table of your own."
                )
            }
        }
    }

    /// What made the rows of an asset can make them again, or is gone: anybody may take the table away.
    func checkDropping(_ owner: TableOwner?) throws(TarnError) {
        if owner != .assets { try check(owners: [owner]) }
    }

    /// An older state of an asset was published once, so anybody may bring it back; a mirror follows its source alone.
    private func checkRestoring(_ owners: [TableOwner?]) throws(TarnError) {
        if owners.contains(.system), access.isPerson { throw refusal(.system, "The table is kept by Tarn itself.") }
        for case .source(let source)? in owners {
            throw refusal(
                .source(source),
                "The table is a mirror: it follows its source and is not rolled back.",
                remedy: "Read the older rows with AT (VERSION => …); what is wrong has to be put right at the source."
            )
        }
    }

    private func refusal(_ owner: TableOwner, _ message: String, remedy: String? = nil) -> TarnError {
        TarnError(
            .ownerMismatch,
            message,
            detail: ["table": table.description, "owner": owner.description],
            remedy: remedy
        )
    }
}

extension Lake {
    /// Asked before a table's files are written, since they would be of no use.
    /// - Throws: `lake.ownerMismatch` where a commit would be refused.
    package func requirePermission(
        of access: AccessContext,
        toWrite table: TableName,
        _ state: TableState?,
        on branch: String?,
        drops: Bool = false
    ) throws(TarnError) {
        let permission = WritePermission(table: table, access: access, branch: branch)
        if drops { try permission.checkDropping(state?.owner) } else { try permission.check(owners: [state?.owner]) }
    }
}
