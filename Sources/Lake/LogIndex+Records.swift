import Base
import Store

extension LogIndex {
    func add(_ record: LogRecord) throws(TarnError) {
        try add(
            Row(version: record.version, body: record.json.text),
            time: record.time,
            record.commits.flatMap { Self.entries($0, of: record) }
        )
    }

    private static func entries(_ commit: Commit, of record: LogRecord) -> [Entry] {
        let tables = commit.tables.map { effect in
            commit.branch == nil
                ? Entry(.table, effect.name.description, body: effect.state?.json.text)
                : onBranch(effect, commit.branch)
        }
        return tables + commit.sources.map { Entry(.source, $0.name, body: $0.state?.json.text) }
            + references(commit, of: record)
    }

    private static func references(_ commit: Commit, of record: LogRecord) -> [Entry] {
        switch commit.reference {
        case nil: return []
        case .branch(let name, let base):
            let origin = base.map { base in
                BranchState(
                    made: record.version,
                    base: base,
                    author: commit.author,
                    time: record.time,
                    version: record.version,
                    tables: [:]
                ).origin.text
            }
            return [Entry(.branch, name, body: origin)]
        case .publish(let name, tables: _, drops: true): return [Entry(.branch, name, body: nil)]
        case .publish(let name, tables: _, drops: false): return commit.published.map { onBranch($0, name) }
        case .tag(let name, let version): return [Entry(.tag, name, body: version.map { String($0) })]
        }
    }

    private static func onBranch(_ effect: TableEffect, _ branch: String?) -> Entry {
        let table = BranchTable(base: effect.base, state: effect.state)
        return Entry(.table, effect.name.description, body: table.json.text, branch: branch)
    }

    /// The lake as it was at `version`, which must be indexed.
    func state(at version: Int64) throws(TarnError) -> LakeState {
        guard let record = try record(version) else { return .empty }
        var state = LakeState(version: version, time: record.time, tables: [:], sources: [:])
        for entry in try entries(.table, at: version) {
            guard let name = TableName(entry.name) else { continue }
            state.tables[name] = try TableState(try Self.parsed(entry))
        }
        for entry in try entries(.source, at: version) {
            state.sources[entry.name] = try SourceState(try Self.parsed(entry))
        }
        for entry in try entries(.branch, at: version) { state.branches[entry.name] = try branch(entry, at: version) }
        for entry in try entries(.tag, at: version) { state.tags[entry.name] = entry.body.flatMap { Int64($0) } }
        return state
    }

    private func branch(_ origin: Entry, at version: Int64) throws(TarnError) -> BranchState {
        var branch = try BranchState(origin: try Self.parsed(origin), made: origin.version)
        for entry in try entries(.table, branch: origin.name, from: branch.made, at: version) {
            guard let name = TableName(entry.name) else { continue }
            branch.tables[name] = try BranchTable(try Self.parsed(entry))
            branch.version = max(branch.version, entry.version)
        }
        return branch
    }

    private static func parsed(_ entry: Entry) throws(TarnError) -> JSONValue {
        try JSONParser.parse(Array((entry.body ?? "null").utf8), subject: "log index")
    }

    func record(_ version: Int64) throws(TarnError) -> LogRecord? {
        try body(of: version).map { body throws(TarnError) in try LogRecord(parsing: Array(body.utf8)) }
    }

    /// Every state that main had of a table of this name, the newest first.
    func states(of table: TableName) throws(TarnError) -> [TableState] {
        var states: [TableState] = []
        for body in try bodies(.table, table.description) {
            if let state = try TableState(try JSONParser.parse(Array(body.utf8), subject: "log index")) {
                states.append(state)
            }
        }
        return states
    }
}
