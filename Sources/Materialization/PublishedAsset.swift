import Assets
package import Base
import Checks
package import Lake

/// How an asset came to be what readers see: from the commit that published it.
package struct PublishedAsset: Sendable {
    package let name: TableName
    package let version: Int64
    package let time: Timestamp
    package let author: String
    package let run: String
    /// `manual`, `resume` or `inputs`.
    package let trigger: String
    /// The version of main that it was made from.
    package let base: Int64
    package let planHash: String
    package let inputs: [TableName: InputVersion]
    /// Everything that the commit says of the asset.
    package let facts: JSONValue

    /// One state of a table that was read.
    package struct InputVersion: Sendable, Equatable {
        package var uuid: String
        package var snapshot: Int64?

        package init(_ state: TableState) {
            uuid = state.uuid
            snapshot = state.snapshotID
        }

        fileprivate init(_ json: JSONValue) {
            uuid = json["uuid"]?.string ?? ""
            snapshot = json["snapshot"]?.integer
        }

        fileprivate var json: JSONValue {
            ["uuid": .string(uuid), "snapshot": snapshot.map { .integer($0) } ?? .null]
        }
    }

    /// Nil where the commit did not publish the asset.
    init?(_ name: TableName, _ record: LogRecord) {
        let found = record.commits.lazy.compactMap { commit in
            commit.details?["assets"]?[name.description].map { (commit, $0) }
        }.first
        guard let (commit, facts) = found, let details = commit.details else { return nil }
        self.name = name
        version = record.version
        time = record.time
        author = commit.author
        run = details["run"]?.string ?? ""
        trigger = details["trigger"]?.string ?? ""
        base = details["base"]?.integer ?? 0
        planHash = facts["plan_hash"]?.string ?? ""
        var inputs: [TableName: InputVersion] = [:]
        for member in facts["inputs"]?.object?.members ?? [] {
            if let input = TableName(member.key) { inputs[input] = InputVersion(member.value) }
        }
        self.inputs = inputs
        self.facts = facts
    }

    /// What the commit that publishes an asset says of it.
    ///
    /// - Parameter state: the lake as the asset's statement read it.
    static func facts(
        _ asset: CompiledAsset,
        _ rowCount: Int64,
        _ results: [CheckResult],
        _ state: LakeState
    ) -> JSONValue {
        var inputs = JSONObject()
        for input in asset.inputs {
            guard let table = state.tables[input] else { continue }
            inputs.append(input.description, InputVersion(table).json)
        }
        let checks = results.map { result -> JSONValue in
            [
                "name": .string(result.check.name), "outcome": .string(result.outcome.rawValue),
                "measured": result.measured.map { .string($0) } ?? .null, "expected": .string(result.expected),
            ]
        }
        return [
            "plan_hash": .string(asset.planHash),
            "materialized": .string(asset.asset.header.materialization.description), "rows": .integer(rowCount),
            "inputs": .object(inputs), "checks": .array(checks),
        ]
    }
}

/// Looks up how assets came to be.
package struct PublishedAssets: Sendable {
    private let lake: Lake
    /// Commits of others, rollbacks among them, that are passed over in the search for an asset's own.
    private static let versionsMax = 1000

    package init(_ lake: Lake) { self.lake = lake }

    /// The last commits that published these assets; those that were never published are left out.
    package func last(of names: some Sequence<TableName>) async throws(TarnError) -> [TableName: PublishedAsset] {
        var records: [Int64: LogRecord] = [:]
        var found: [TableName: PublishedAsset] = [:]
        for name in names { found[name] = try await commits(of: name, limit: 1, &records).first }
        return found
    }

    /// The commits that published an asset, the newest first.
    package func commits(of name: TableName, limit: Int) async throws(TarnError) -> [PublishedAsset] {
        var records: [Int64: LogRecord] = [:]
        return try await commits(of: name, limit: limit, &records)
    }

    /// - Parameter records: those that were read already: one commit publishes many assets.
    private func commits(
        of name: TableName,
        limit: Int,
        _ records: inout [Int64: LogRecord]
    ) async throws(TarnError) -> [PublishedAsset] {
        var found: [PublishedAsset] = []
        for version in try await lake.versions(ofTable: name, limit: Self.versionsMax) where found.count < limit {
            let record = if let known = records[version] { known } else { try await lake.record(version) }
            records[version] = record
            if let asset = PublishedAsset(name, record) { found.append(asset) }
        }
        return found
    }
}
