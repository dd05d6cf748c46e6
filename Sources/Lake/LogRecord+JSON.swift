package import Base

extension LogRecord {
    /// 2 brought branches and tags: who knows only 1 would take what happens on a branch for main.
    static let formatVersion: Int64 = 2

    package var json: JSONValue {
        [
            "format": .integer(Self.formatVersion), "version": .integer(version),
            "time": .string(time.description), "commits": .array(commits.map(\.json)),
        ]
    }

    package init(parsing bytes: [UInt8]) throws(TarnError) {
        let reader = RecordReader(json: try JSONParser.parse(bytes, subject: "log record"))
        try reader.requireFormat()
        version = try reader.integer("version")
        guard let time = Timestamp(iso8601: try reader.string("time")) else { throw reader.missing("time") }
        self.time = time
        commits = []
        for commit in try reader.array("commits") { commits.append(try Commit(RecordReader(json: commit))) }
    }
}

extension Commit {
    /// Members that are usually empty are left out.
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "author": .string(author), "cause": .string(cause), "message": .string(message),
        ]
        if let branch { object.append("branch", .string(branch)) }
        object.append(
            "tables",
            .object(tables.reduce(into: JSONObject()) { $0.append($1.name.description, json(of: $1)) })
        )
        object.append(
            "sources",
            .object(sources.reduce(into: JSONObject()) { $0.append($1.name, $1.state?.json ?? .null) })
        )
        if let reference { object.append("reference", reference.json) }
        if let details { object.append("details", details) }
        return .object(object)
    }

    private func json(of effect: TableEffect) -> JSONValue {
        branch == nil
            ? effect.state?.json ?? .null : BranchTable(base: effect.base, state: effect.state).json
    }

    fileprivate init(_ reader: RecordReader) throws(TarnError) {
        id = try reader.string("id")
        author = try reader.string("author")
        cause = try reader.string("cause")
        message = try reader.string("message")
        branch = reader.json["branch"]?.string
        tables = []
        for member in try reader.object("tables").members {
            guard let name = TableName(member.key) else { throw reader.missing("table name") }
            if branch == nil {
                tables.append(TableEffect(name: name, state: try TableState(member.value)))
            } else {
                let table = try BranchTable(member.value)
                tables.append(TableEffect(name: name, state: table.state, base: table.base))
            }
        }
        sources = []
        for member in try reader.object("sources").members {
            sources.append(SourceEffect(name: member.key, state: try SourceState(member.value)))
        }
        reference = try reader.json["reference"].map { (json) throws(TarnError) in try ReferenceEffect(json) }
        details = reader.json["details"]
    }
}

extension ReferenceEffect {
    fileprivate var json: JSONValue {
        switch self {
        case .branch(let name, let base):
            ["kind": "branch", "name": .string(name), "version": base.map { .integer($0) } ?? .null]
        case .tag(let name, let version):
            ["kind": "tag", "name": .string(name), "version": version.map { .integer($0) } ?? .null]
        case .publish(let name, let tables, let drops):
            [
                "kind": "publish", "name": .string(name), "dropped": .bool(drops),
                "tables": .array(tables.map { .string($0.description) }),
            ]
        }
    }

    fileprivate init(_ json: JSONValue) throws(TarnError) {
        let reader = RecordReader(json: json)
        let name = try reader.string("name")
        switch try reader.string("kind") {
        case "branch": self = .branch(name, base: json["version"]?.integer)
        case "tag": self = .tag(name, version: json["version"]?.integer)
        case "publish":
            guard let drops = json["dropped"]?.bool else { throw reader.missing("dropped") }
            var tables: [TableName] = []
            for text in try reader.array("tables") {
                guard let name = text.string.flatMap({ TableName($0) }) else { throw reader.missing("table name") }
                tables.append(name)
            }
            self = .publish(name, tables: tables, drops: drops)
        default: throw reader.missing("kind")
        }
    }
}

extension TableState {
    var json: JSONValue {
        [
            "uuid": .string(uuid), "metadata": .string(metadata), "owner": .string(owner.description),
            "snapshot": snapshotID.map { .integer($0) } ?? .null,
        ]
    }

    /// Nil for JSON null: the table was dropped.
    init?(_ json: JSONValue) throws(TarnError) {
        if json.isNull { return nil }
        let reader = RecordReader(json: json)
        guard let owner = TableOwner(try reader.string("owner")) else { throw reader.missing("owner") }
        self.init(
            uuid: try reader.string("uuid"),
            metadata: try reader.string("metadata"),
            owner: owner,
            snapshotID: json["snapshot"]?.integer
        )
    }
}

extension SourceState {
    var json: JSONValue {
        [
            "position": .string(position), "time": time.map { .string($0.description) } ?? .null,
            "identity": identity.map { .string($0) } ?? .null, "tables": tables,
        ]
    }

    init?(_ json: JSONValue) throws(TarnError) {
        if json.isNull { return nil }
        let reader = RecordReader(json: json)
        self.init(
            position: try reader.string("position"),
            time: json["time"]?.string.flatMap { Timestamp(iso8601: $0) },
            identity: json["identity"]?.string,
            tables: json["tables"] ?? .null
        )
    }
}

/// Takes typed members out of the lake's own objects and says which one is wrong.
struct RecordReader {
    let json: JSONValue

    func missing(_ key: String) -> TarnError {
        TarnError(.corruptData, "An object of the lake lacks a member or holds a wrong one.", detail: ["member": key])
    }

    func requireFormat() throws(TarnError) {
        let format = try integer("format")
        guard format <= LogRecord.formatVersion else {
            throw TarnError(.stateNewer, "A newer Tarn wrote this part of the lake.")
        }
        guard format > 0 else { throw missing("format") }
    }

    func string(_ key: String) throws(TarnError) -> String {
        guard let value = json[key]?.string else { throw missing(key) }
        return value
    }

    func integer(_ key: String) throws(TarnError) -> Int64 {
        guard let value = json[key]?.integer else { throw missing(key) }
        return value
    }

    func array(_ key: String) throws(TarnError) -> [JSONValue] {
        guard let value = json[key]?.array else { throw missing(key) }
        return value
    }

    func object(_ key: String) throws(TarnError) -> JSONObject {
        guard let value = json[key]?.object else { throw missing(key) }
        return value
    }
}
