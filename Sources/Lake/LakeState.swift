package import Base

/// The whole lake at one version: every table's current metadata, every source's position, branches and tags.
package struct LakeState: Sendable, Equatable {
    package var version: Int64
    package var time: Timestamp
    /// Those of main; in the view of a branch, of that branch.
    package var tables: [TableName: TableState]
    package var sources: [String: SourceState]
    package var branches: [String: BranchState] = [:]
    /// The version of main that each tag names.
    package var tags: [String: Int64] = [:]

    /// A lake in which nothing has happened yet.
    package static let empty = LakeState(version: 0, time: Timestamp(microseconds: 0), tables: [:], sources: [:])

    package mutating func apply(_ record: LogRecord) {
        version = record.version
        time = record.time
        for commit in record.commits {
            if let branch = commit.branch {
                change(branch, commit.tables)
            } else {
                for effect in commit.tables { tables[effect.name] = effect.state }
            }
            for effect in commit.sources { sources[effect.name] = effect.state }
            if let reference = commit.reference { apply(reference, of: commit) }
        }
    }

    private mutating func apply(_ reference: ReferenceEffect, of commit: Commit) {
        switch reference {
        case .branch(let name, base: let base?):
            branches[name] = BranchState(
                made: version,
                base: base,
                author: commit.author,
                time: time,
                version: version,
                tables: [:]
            )
        case .branch(let name, base: nil), .publish(let name, tables: _, drops: true): branches[name] = nil
        case .publish(let name, tables: _, drops: false): change(name, commit.published)
        case .tag(let name, let version): tags[name] = version
        }
    }

    private mutating func change(_ name: String, _ effects: [TableEffect]) {
        guard var branch = branches[name], !effects.isEmpty else { return }
        for effect in effects { branch.tables[effect.name] = BranchTable(base: effect.base, state: effect.state) }
        branch.version = version
        branches[name] = branch
    }
}

extension Commit {
    /// What a branch that goes on after its publishing has in place of the tables that it published: main's.
    var published: [TableEffect] {
        guard case .publish(_, tables: let names, drops: false) = reference else { return [] }
        return names.map { name in
            let state = tables.first { $0.name == name }?.state
            return TableEffect(name: name, state: state, base: state)
        }
    }
}

extension LakeState {
    /// The form in which a checkpoint keeps the state.
    var json: JSONValue {
        [
            "format": .integer(LogRecord.formatVersion), "version": .integer(version),
            "time": .string(time.description),
            "tables": Self.object(tables.map { ($0.key.description, $0.value.json) }),
            "sources": Self.object(sources.map { ($0.key, $0.value.json) }),
            "branches": Self.object(branches.map { ($0.key, $0.value.json) }),
            "tags": Self.object(tags.map { ($0.key, .integer($0.value)) }),
        ]
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object(members.sorted { $0.0 < $1.0 }.reduce(into: JSONObject()) { $0.append($1.0, $1.1) })
    }

    init(parsingCheckpoint bytes: [UInt8]) throws(TarnError) {
        let reader = RecordReader(json: try JSONParser.parse(bytes, subject: "log checkpoint"))
        try reader.requireFormat()
        guard let time = Timestamp(iso8601: try reader.string("time")) else { throw reader.missing("time") }
        self.init(version: try reader.integer("version"), time: time, tables: [:], sources: [:])
        for member in try reader.object("tables").members {
            guard let name = TableName(member.key) else { throw reader.missing("table name") }
            tables[name] = try TableState(member.value)
        }
        for member in try reader.object("sources").members { sources[member.key] = try SourceState(member.value) }
        for member in reader.json["branches"]?.object?.members ?? [] {
            branches[member.key] = try BranchState(member.value)
        }
        for member in reader.json["tags"]?.object?.members ?? [] { tags[member.key] = member.value.integer }
    }
}
