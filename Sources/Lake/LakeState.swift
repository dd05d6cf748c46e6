package import Base

/// The whole lake at one version: every table's current metadata and every source's position.
package struct LakeState: Sendable, Equatable {
    package var version: Int64
    package var time: Timestamp
    package var tables: [TableName: TableState]
    package var sources: [String: SourceState]

    /// A lake in which nothing has happened yet.
    package static let empty = LakeState(version: 0, time: Timestamp(microseconds: 0), tables: [:], sources: [:])

    package mutating func apply(_ record: LogRecord) {
        version = record.version
        time = record.time
        for commit in record.commits {
            for effect in commit.tables { tables[effect.name] = effect.state }
            for effect in commit.sources { sources[effect.name] = effect.state }
        }
    }
}

extension LakeState {
    /// The form in which a checkpoint keeps the state.
    var json: JSONValue {
        var tableObject = JSONObject()
        for (name, state) in tables.sorted(by: { $0.key < $1.key }) { tableObject.append(name.description, state.json) }
        var sourceObject = JSONObject()
        for (name, state) in sources.sorted(by: { $0.key < $1.key }) { sourceObject.append(name, state.json) }
        return [
            "format": .integer(LogRecord.formatVersion), "version": .integer(version),
            "time": .string(time.description), "tables": .object(tableObject), "sources": .object(sourceObject),
        ]
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
    }
}
