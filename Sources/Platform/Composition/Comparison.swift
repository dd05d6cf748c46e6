package import Base
package import Lake
package import Query

/// Which tables at which states `tarn diff` compares.
package struct Comparison: Sendable {
    package let old: String
    package let new: String
    /// The tables that are not the same, or the one that was asked for.
    package let pairs: [TablePair]
    /// One table is shown with its rows.
    package let isOfOneTable: Bool

    /// - Parameter words: two references and perhaps a table; or one branch, which is compared with what it was made
    ///   from.
    package init(_ words: [String], in lake: Lake) async throws(TarnError) {
        let state = try await lake.refresh()
        if words.count <= 2, let name = words.first, let branch = state.branches[name] {
            let view = try await lake.state(at: .branch(name), in: state)
            if words.count == 1 || words.last.map({ Self.isTable($0, view) }) == true {
                let changed = branch.tables.filter(\.value.isChanged)
                let pairs = TablePair.differing(changed.compactMapValues(\.base), changed.compactMapValues(\.state))
                try self.init("the base of \(name)", name, pairs, of: words.count == 2 ? words[1] : nil, view)
                return
            }
        }
        guard words.count >= 2 else {
            throw TarnError(
                .queryInvalid,
                "A comparison needs two versions, or the name of a branch.",
                remedy: "Write `tarn diff 12 main`, or `tarn diff BRANCH`."
            )
        }
        let before = try await lake.state(at: try await lake.reference(named: words[0]), in: state)
        let after = try await lake.state(at: try await lake.reference(named: words[1]), in: state)
        let pairs = TablePair.differing(before.tables, after.tables)
        var known = before
        known.tables.merge(after.tables) { _, new in new }
        try self.init(words[0], words[1], pairs, of: words.count > 2 ? words[2] : nil, known)
    }

    /// - Parameter known: where the table is looked up, to tell one that is the same from one that is not there.
    private init(
        _ old: String,
        _ new: String,
        _ pairs: [TablePair],
        of table: String?,
        _ known: LakeState
    ) throws(TarnError) {
        self.old = old
        self.new = new
        isOfOneTable = table != nil
        guard let table else {
            self.pairs = pairs
            return
        }
        if let pair = pairs.first(where: { $0.name.description == table }) {
            self.pairs = [pair]
        } else {
            _ = try TableDescription.name(table, in: known)
            self.pairs = pairs.filter { $0.name.name == table }
        }
    }

    private static func isTable(_ text: String, _ state: LakeState) -> Bool {
        (try? TableDescription.name(text, in: state)) != nil
    }
}
