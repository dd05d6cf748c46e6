package import Base

extension LogRecord {
    static let formatVersion: Int64 = 1

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
    fileprivate var json: JSONValue {
        [
            "id": .string(id), "author": .string(author), "cause": .string(cause), "message": .string(message),
            "tables": .object(
                tables.reduce(into: JSONObject()) { $0.append($1.name.description, $1.state?.json ?? .null) }
            ),
            "sources": .object(sources.reduce(into: JSONObject()) { $0.append($1.name, $1.state?.json ?? .null) }),
        ]
    }

    fileprivate init(_ reader: RecordReader) throws(TarnError) {
        id = try reader.string("id")
        author = try reader.string("author")
        cause = try reader.string("cause")
        message = try reader.string("message")
        tables = []
        for member in try reader.object("tables").members {
            guard let name = TableName(member.key) else { throw reader.missing("table name") }
            tables.append(TableEffect(name: name, state: try TableState(member.value)))
        }
        sources = []
        for member in try reader.object("sources").members {
            sources.append(SourceEffect(name: member.key, state: try SourceState(member.value)))
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
