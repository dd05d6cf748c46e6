internal import Assets
package import Base
internal import Lake
internal import Materialization

/// What `tarn why-built` shows: from what, by what and when the rows of an asset came to be that readers see.
package struct AssetOrigin: Sendable {
    private let asset: PublishedAsset
    /// The one before, whose inputs tell which of them are newer now.
    private let previous: PublishedAsset?
    /// The plan of the file as it is; nil where it cannot be understood, or is gone.
    private let plan: String?
    /// The version in which the table was set back; nil where what was published is what readers see.
    private let replaced: Int64?
    private let isDropped: Bool

    /// - Throws: `lake.tableMissing` for a table that no run published.
    package static func find(_ name: TableName, in composition: Composition) async throws(TarnError) -> AssetOrigin {
        let lake = composition.lake
        let commits = try await PublishedAssets(lake).commits(of: name, limit: 2)
        guard let asset = commits.first else {
            throw TarnError(
                .tableMissing,
                "No run has published a table of this name.",
                detail: ["table": name.description],
                remedy: "Run `tarn ls` to see the assets and `tarn materialize` to build them; `tarn history` is for "
                    + "other tables."
            )
        }
        let newest = try await lake.versions(ofTable: name, limit: 1).first
        return AssetOrigin(
            asset: asset,
            previous: commits.count > 1 ? commits[1] : nil,
            plan: try? await ProjectAssets(composition.project).compile().assets[name]?.planHash,
            replaced: newest == asset.version ? nil : newest,
            isDropped: try await lake.refresh().tables[name] == nil
        )
    }

    package var text: String {
        var lines = [
            "\(asset.name), published in version \(asset.version) at \(asset.time)",
            "  run       \(asset.run), \(because)", "  rows      \(asset.facts["rows"]?.integer ?? 0)",
            "  plan      \(asset.planHash.prefix(12)), \(planNote)",
        ]
        if let replaced {
            let word = isDropped ? "dropped " : "replaced"
            lines.append("  \(word)  in version \(replaced): `tarn history \(asset.name)` says by whom")
        }
        lines.append("  made of   the lake at version \(asset.base)")
        for (name, input) in asset.inputs.sorted(by: { $0.key < $1.key }) {
            let snapshot = input.snapshot.map { "snapshot \($0)" } ?? "no rows"
            lines.append("            \(name)  \(snapshot)\(isNewer(name) ? ", changed since the build before" : "")")
        }
        for check in asset.facts["checks"]?.array ?? [] { lines.append("  check     \(Self.text(check))") }
        return lines.joined(separator: "\n") + "\n"
    }

    package var json: JSONValue {
        var inputs = JSONObject()
        for (name, input) in asset.inputs.sorted(by: { $0.key < $1.key }) {
            inputs.append(
                name.description,
                [
                    "uuid": .string(input.uuid), "snapshot": input.snapshot.map { .integer($0) } ?? .null,
                    "changed": .bool(isNewer(name)),
                ]
            )
        }
        return [
            "asset": .string(asset.name.description), "version": .integer(asset.version),
            "time": .string(asset.time.description), "run": .string(asset.run), "trigger": .string(asset.trigger),
            "base": .integer(asset.base), "plan_hash": .string(asset.planHash),
            "plan_is_current": plan.map { .bool($0 == asset.planHash) } ?? .null,
            "replaced_in": replaced.map { .integer($0) } ?? .null, "rows": asset.facts["rows"] ?? .null,
            "materialized": asset.facts["materialized"] ?? .null, "inputs": .object(inputs),
            "checks": asset.facts["checks"] ?? [],
        ]
    }

    private var because: String {
        switch asset.trigger {
        case "inputs" where previous != nil && previous?.planHash != asset.planHash: "because its file had changed"
        case "inputs": "because what it is made of had changed"
        case "resume": "because a person went on with a run"
        default: "because a person asked for it"
        }
    }

    private var planNote: String {
        guard let plan else { return "the file is gone or has problems" }
        return plan == asset.planHash ? "that of the file as it is" : "the file has changed since"
    }

    private func isNewer(_ input: TableName) -> Bool {
        guard let previous else { return false }
        return previous.inputs[input] != asset.inputs[input]
    }

    private static func text(_ check: JSONValue) -> String {
        let measured = check["measured"]?.string.map { ": \($0), expected \(check["expected"]?.string ?? "")" } ?? ""
        return "\(check["outcome"]?.string ?? "")  \(check["name"]?.string ?? "")\(measured)"
    }
}
