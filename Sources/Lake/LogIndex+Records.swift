import Base
import Store

extension LogIndex {
    func add(_ record: LogRecord) throws(TarnError) {
        var tables: [TableName: TableState?] = [:]
        var sources: [String: SourceState?] = [:]
        for commit in record.commits {
            for effect in commit.tables { tables.updateValue(effect.state, forKey: effect.name) }
            for effect in commit.sources { sources.updateValue(effect.state, forKey: effect.name) }
        }
        try add(
            Row(version: record.version, body: record.json.text),
            time: record.time,
            tables: tables.map { Entry(name: $0.key.description, body: $0.value?.json.text) },
            sources: sources.map { Entry(name: $0.key, body: $0.value?.json.text) }
        )
    }

    /// The lake as it was at `version`, which must be indexed.
    func state(at version: Int64) throws(TarnError) -> LakeState {
        guard let record = try record(version) else { return .empty }
        var state = LakeState(version: version, time: record.time, tables: [:], sources: [:])
        for entry in try tables(at: version) {
            guard let name = TableName(entry.name), let body = entry.body else { continue }
            state.tables[name] = try TableState(try JSONParser.parse(Array(body.utf8), subject: "log index"))
        }
        for entry in try sources(at: version) {
            guard let body = entry.body else { continue }
            state.sources[entry.name] = try SourceState(try JSONParser.parse(Array(body.utf8), subject: "log index"))
        }
        return state
    }

    func record(_ version: Int64) throws(TarnError) -> LogRecord? {
        try body(of: version).map { body throws(TarnError) in try LogRecord(parsing: Array(body.utf8)) }
    }
}
