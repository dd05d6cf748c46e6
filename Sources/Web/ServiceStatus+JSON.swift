package import Base

extension ServiceStatus {
    package var json: JSONValue {
        [
            "status": .optional(processID.map { _ in health.rawValue }), "tarn_version": .string(tarnVersion),
            "pid": .optional(processID), "started_at": .optional(startedAt), "time": .string(time.description),
            "warehouse": .string(warehouse), "lake_version": .integer(lakeVersion), "lake_time": .optional(lakeTime),
            "sources": .array(sources.map(\.json)), "assets": .array(assets.map(\.json)),
        ]
    }

    /// Reads what another process of the same version served.
    package init(_ json: JSONValue) throws(TarnError) {
        let reader = StatusReader(json: json)
        self.init(
            tarnVersion: try reader.string("tarn_version"),
            processID: try reader.integer("pid"),
            startedAt: try reader.timestamp("started_at"),
            time: try reader.timestamp("time"),
            warehouse: try reader.string("warehouse"),
            lakeVersion: try reader.integer("lake_version"),
            lakeTime: reader.optionalTimestamp("lake_time")
        )
        for source in try reader.array("sources") { sources.append(try SourceStatus(source)) }
        for asset in try reader.array("assets") { assets.append(try AssetStatus(asset)) }
    }
}

extension SourceStatus {
    var json: JSONValue {
        [
            "name": .string(name), "type": .string(kind), "phase": .string(phase.rawValue),
            "failure": .optional(failure), "next_attempt_at": .optional(nextAttemptAt),
            "snapshot": snapshot.map(\.json) ?? .null, "position": .optional(position),
            "position_time": .optional(positionTime), "lag_ms": .optional(lagMilliseconds),
            "log": log.map(\.json) ?? .null, "changes": .integer(changes), "transactions": .integer(transactions),
            "commits": .integer(commits), "changes_per_second": .integer(changesPerSecond),
            "last_commit_at": .optional(lastCommitAt), "last_commit_ms": .integer(lastCommitMilliseconds),
            "tables": .array(tables.map(\.json)), "checks": .array(checks.map(\.json)),
        ]
    }

    init(_ json: JSONValue) throws(TarnError) {
        let reader = StatusReader(json: json)
        guard let phase = Phase(rawValue: try reader.string("phase")) else { throw reader.missing("phase") }
        self.init(name: try reader.string("name"), kind: try reader.string("type"), phase: phase)
        failure = json["failure"]?.string
        nextAttemptAt = reader.optionalTimestamp("next_attempt_at")
        if let snapshot = json["snapshot"], !snapshot.isNull { self.snapshot = try Snapshot(snapshot) }
        position = json["position"]?.string
        positionTime = reader.optionalTimestamp("position_time")
        lagMilliseconds = json["lag_ms"]?.integer
        if let log = json["log"], !log.isNull { self.log = try Log(log) }
        changes = try reader.integer("changes")
        transactions = try reader.integer("transactions")
        commits = try reader.integer("commits")
        changesPerSecond = try reader.integer("changes_per_second")
        lastCommitAt = reader.optionalTimestamp("last_commit_at")
        lastCommitMilliseconds = try reader.integer("last_commit_ms")
        for table in try reader.array("tables") { tables.append(try Table(table)) }
        for check in try reader.array("checks") { checks.append(try Check(check)) }
    }
}

extension AssetStatus {
    var json: JSONValue {
        [
            "name": .string(name), "state": .string(state), "published_version": .optional(publishedVersion),
            "published_at": .optional(publishedAt), "last_run": .optional(lastRun), "failure": .optional(failure),
            "building": .bool(isBuilding), "problems": .bool(hasProblems),
        ]
    }

    init(_ json: JSONValue) throws(TarnError) {
        let reader = StatusReader(json: json)
        self.init(name: try reader.string("name"))
        publishedVersion = json["published_version"]?.integer
        publishedAt = reader.optionalTimestamp("published_at")
        lastRun = json["last_run"]?.string
        failure = json["failure"]?.string
        isBuilding = json["building"]?.bool ?? false
        hasProblems = json["problems"]?.bool ?? false
    }
}

extension SourceStatus.Snapshot {
    fileprivate var json: JSONValue {
        [
            "rows": .integer(rows), "estimated_rows": .integer(estimatedRows), "chunks_done": .integer(chunksDone),
            "chunk_count": .integer(chunkCount), "started_at": .string(startedAt.description),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(TarnError) {
        let reader = StatusReader(json: json)
        self.init(
            rows: try reader.integer("rows"),
            estimatedRows: try reader.integer("estimated_rows"),
            chunksDone: try reader.integer("chunks_done"),
            chunkCount: try reader.integer("chunk_count"),
            startedAt: try reader.timestamp("started_at")
        )
    }
}

extension SourceStatus.Log {
    fileprivate var json: JSONValue {
        [
            "position": .string(position), "confirmed_position": .optional(confirmedPosition),
            "retained_bytes": .integer(retainedBytes), "budget_bytes": .integer(budgetBytes),
            "left_bytes": .optional(leftBytes), "state": .string(state),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(TarnError) {
        let reader = StatusReader(json: json)
        self.init(
            position: try reader.string("position"),
            confirmedPosition: json["confirmed_position"]?.string,
            retainedBytes: try reader.integer("retained_bytes"),
            budgetBytes: try reader.integer("budget_bytes"),
            leftBytes: json["left_bytes"]?.integer,
            state: try reader.string("state")
        )
    }
}

extension SourceStatus.Table {
    fileprivate var json: JSONValue {
        [
            "source": .string(source), "bronze": .string(bronze), "silver": .optional(silver),
            "stopped": .optional(stopped), "changes": .integer(changes),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(TarnError) {
        let reader = StatusReader(json: json)
        self.init(
            source: try reader.string("source"),
            bronze: try reader.string("bronze"),
            silver: json["silver"]?.string,
            stopped: json["stopped"]?.string,
            changes: try reader.integer("changes")
        )
    }
}

extension SourceStatus.Check {
    fileprivate var json: JSONValue {
        [
            "table": .string(table), "check": .string(check), "outcome": .optional(outcome),
            "since": .optional(since), "rows": .integer(rows), "failing_rows": .integer(failingRows),
            "reason": .optional(reason), "failing_rows_total": .integer(failingRowsTotal),
        ]
    }

    fileprivate init(_ json: JSONValue) throws(TarnError) {
        let reader = StatusReader(json: json)
        self.init(
            table: try reader.string("table"),
            check: try reader.string("check"),
            outcome: json["outcome"]?.string
        )
        since = reader.optionalTimestamp("since")
        rows = try reader.integer("rows")
        failingRows = try reader.integer("failing_rows")
        reason = json["reason"]?.string
        failingRowsTotal = try reader.integer("failing_rows_total")
    }
}

extension JSONValue {
    fileprivate static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    fileprivate static func optional(_ number: Int64?) -> JSONValue { number.map { .integer($0) } ?? .null }
    fileprivate static func optional(_ time: Timestamp?) -> JSONValue { optional(time?.description) }
}

private struct StatusReader {
    let json: JSONValue

    func string(_ key: String) throws(TarnError) -> String { try required(key, json[key]?.string) }
    func integer(_ key: String) throws(TarnError) -> Int64 { try required(key, json[key]?.integer) }
    func array(_ key: String) throws(TarnError) -> [JSONValue] { try required(key, json[key]?.array) }
    func optionalTimestamp(_ key: String) -> Timestamp? { json[key]?.string.flatMap { Timestamp(iso8601: $0) } }
    func timestamp(_ key: String) throws(TarnError) -> Timestamp { try required(key, optionalTimestamp(key)) }

    func missing(_ key: String) -> TarnError {
        TarnError(
            .corruptData,
            "The status of the running Tarn is not understood.",
            detail: ["key": key],
            remedy: "Use the same version of Tarn for `tarn up` and `tarn status`."
        )
    }

    private func required<Value>(_ key: String, _ value: Value?) throws(TarnError) -> Value {
        guard let value else { throw missing(key) }
        return value
    }
}
