package import Base
package import Lake

/// What `tarn branch list` and SHOW BRANCHES show.
package struct BranchListing: Sendable {
    private let branches: [(name: String, branch: BranchState)]

    /// - Parameter showsHidden: those that programs make for themselves, too.
    package init(_ state: LakeState, showsHidden: Bool = false) {
        branches = state.branches.filter { showsHidden || !$0.key.hasPrefix(ReferenceName.hiddenPrefix) }
            .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    package var text: String {
        guard !branches.isEmpty else { return "No branches.\n" }
        var table = TextTable([
            ("branch", .left), ("base", .right), ("version", .right), ("changed", .right), ("author", .left),
            ("made", .left),
        ])
        for (name, branch) in branches {
            table.add([
                name, String(branch.base), String(branch.version), String(branch.changedTables.count), branch.author,
                String(branch.time.description.prefix(19)),
            ])
        }
        return table.text
    }

    package var json: JSONValue {
        .array(
            branches.map { name, branch in
                [
                    "branch": .string(name), "base": .integer(branch.base), "version": .integer(branch.version),
                    "tables": .array(branch.changedTables.map { .string($0.description) }),
                    "author": .string(branch.author), "made_at": .string(branch.time.description),
                ]
            }
        )
    }
}

/// What `tarn tag list` shows.
package struct TagListing: Sendable {
    private var tags: [(name: String, version: Int64, time: Timestamp)] = []

    package init(_ lake: Lake) async throws(TarnError) {
        let state = try await lake.refresh()
        for (name, version) in state.tags.sorted(by: { $0.key < $1.key }) {
            let tagged = try await lake.state(at: .tag(name), in: state)
            tags.append((name, version, tagged.time))
        }
    }

    package var text: String {
        guard !tags.isEmpty else { return "No tags.\n" }
        var table = TextTable([("tag", .left), ("version", .right), ("time", .left)])
        for tag in tags { table.add([tag.name, String(tag.version), tag.time.description]) }
        return table.text
    }

    package var json: JSONValue {
        .array(
            tags.map {
                [
                    "tag": .string($0.name), "version": .integer($0.version),
                    "time": .string($0.time.description),
                ]
            }
        )
    }
}
