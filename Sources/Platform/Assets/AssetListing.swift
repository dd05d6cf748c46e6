package import Assets
package import Base
internal import Checks
internal import Columns
internal import Lake

/// What `tarn ls` shows.
package enum AssetListing {
    package static func text(_ assets: [CompiledAsset]) -> String {
        guard !assets.isEmpty else { return "No assets.\n" }
        var table = TextTable([
            ("asset", .left), ("materialized", .left), ("tags", .left), ("made of", .left), ("file", .left),
        ])
        for compiled in assets {
            let header = compiled.asset.header
            table.add([
                compiled.asset.name.description, header.materialization.description,
                header.tags.joined(separator: ", "), compiled.inputs.map(\.description).joined(separator: ", "),
                compiled.asset.source.path,
            ])
        }
        return table.text
    }
}

extension CompiledAsset {
    package var json: JSONValue {
        let header = asset.header
        let texts = { (texts: [String]) -> JSONValue in .array(texts.map { .string($0) }) }
        return [
            "asset": .string(asset.name.description), "file": .string(asset.source.path),
            "description": header.description.map { .string($0) } ?? .null,
            "owner": header.owner.map { .string($0) } ?? .null, "tags": texts(header.tags),
            "materialized": .string(header.materialization.description),
            "partition_by": texts(header.partition.map(\.description)), "inputs": texts(inputs.map(\.description)),
            "reads_itself": .bool(readsItself), "plan_hash": .string(planHash), "columns": columnsJSON,
            "checks": .array(checks.map(\.json)), "check_inputs": texts(checkInputs.map(\.description)),
        ]
    }

    private var columnsJSON: JSONValue {
        guard let schema else { return .null }
        return .array(schema.fields.map { ["name": .string($0.name), "type": .string($0.type.sql)] })
    }
}

extension Check {
    fileprivate var json: JSONValue {
        [
            "name": .string(name), "kind": .string(kindName), "severity": .string(severity.rawValue),
            "place": .string(place.description),
        ]
    }
}

extension CompiledProject {
    package var json: JSONValue {
        var checks = JSONObject()
        for (name, declared) in tableChecks.sorted(by: { $0.key < $1.key }) {
            checks.append(name.description, .array(declared.map(\.json)))
        }
        return [
            "problems": .array(problems.map(\.json)),
            "assets": .array(graph.order.compactMap { assets[$0]?.json }), "table_checks": .object(checks),
            "tables_without_file": .array(orphans.map { .string($0.description) }),
        ]
    }
}
