import Base

/// A lake as plain dictionaries: what branches, publishing and rollbacks shall do, said in the simplest way.
struct BranchModel {
    /// A state of a table, told from every other by its identity.
    struct Table: Equatable {
        var identity: Int
        /// The same from a table's making to its end.
        var life: Int
        /// Ids of rows by file.
        var files: [String: [Int64]]
    }

    struct Entry: Equatable {
        var base: Table?
        var state: Table?
    }

    struct Branch {
        var base: [TableName: Table]
        var entries: [TableName: Entry] = [:]

        var view: [TableName: Table] {
            var view = base
            for (name, entry) in entries { view[name] = entry.state }
            return view
        }

        var changed: [TableName] { entries.filter { $0.value.base != $0.value.state }.map(\.key).sorted() }
    }

    var main: [TableName: Table] = [:]
    var branches: [String: Branch] = [:]
    var tags: [String: Int64] = [:]
    /// Main at each version.
    var history: [[TableName: Table]] = [[:]]
    private var identities = 0

    mutating func identity() -> Int {
        identities += 1
        return identities
    }

    /// Main, or a branch's view.
    func view(_ branch: String?) -> [TableName: Table] { branch.map { branches[$0]?.view ?? [:] } ?? main }

    mutating func set(_ name: TableName, _ table: Table?, on branch: String?) {
        guard let branch else {
            main[name] = table
            return
        }
        let base = branches[branch]?.entries[name].map(\.base) ?? branches[branch]?.base[name]
        branches[branch]?.entries[name] = Entry(base: base, state: table)
    }

    /// One more version was made.
    mutating func commit() { history.append(main) }

    /// False for a conflict, which changes nothing.
    mutating func publish(_ name: String, _ tables: [TableName]?, drops: Bool) -> Bool {
        guard var branch = branches[name] else { return false }
        var next = main
        for table in branch.changed where tables?.contains(table) != false {
            guard let entry = branch.entries[table], let result = merged(entry, onto: main[table]) else { return false }
            next[table] = result.table
            branch.entries[table] = Entry(base: result.table, state: result.table)
        }
        main = next
        branches[name] = drops ? nil : branch
        return true
    }

    private struct Merged {
        var table: Table?
    }

    private mutating func merged(_ entry: Entry, onto current: Table?) -> Merged? {
        if current == entry.base || current == entry.state { return Merged(table: entry.state) }
        guard let base = entry.base, let state = entry.state, var result = current, base.life == state.life,
            base.life == result.life, base.files.allSatisfy({ state.files[$0.key] != nil })
        else { return nil }
        for (file, rows) in state.files where base.files[file] == nil { result.files[file] = rows }
        result.identity = identity()
        return Merged(table: result)
    }

    /// False where everything is as it was.
    mutating func rollBack(to version: Int) -> Bool {
        let older = history[version]
        let names = Set(main.keys).union(older.keys).filter { main[$0] != older[$0] }
        for name in names.sorted() {
            var table = older[name]
            if table != nil { table?.identity = identity() }
            main[name] = table
        }
        return !names.isEmpty
    }
}
