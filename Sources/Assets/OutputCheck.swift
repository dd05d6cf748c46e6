import Base
import Columns
import Lake

/// Holds the columns that a statement gives against what the header says of them.
struct OutputCheck {
    let asset: Asset
    let schema: Schema
    let shadow: ShadowCatalog

    private var header: AssetHeader { asset.header }

    func problems() async throws(TarnError) -> [Problem] {
        twins + notes + keys + partitions + (try await contract())
    }

    private var names: [String] { schema.fields.map(\.name) }

    private var twins: [Problem] {
        var seen: Set<String> = []
        return names.filter { !seen.insert($0.lowercased()).inserted }.map { name in
            Problem(
                TarnError(
                    .queryInvalid,
                    "The statement gives two columns of one name.",
                    detail: ["column": name],
                    remedy: "Give one of them another name with AS, or leave it out."
                ),
                at: asset.source.start
            )
        }
    }

    private var notes: [Problem] {
        header.columns.filter { !names.contains($0.name) }.map { missing($0.name, at: $0.place) }
    }

    private var keys: [Problem] {
        guard case .merge(let key) = header.materialization else { return [] }
        let unfit = schema.fields.filter { key.contains($0.name) && !$0.type.fitsKey }.map { field in
            Problem(
                TarnError(
                    .configurationInvalid,
                    "A column of this type cannot be part of a key.",
                    detail: ["column": field.name, "type": field.type.sql],
                    remedy: "Use columns of whole numbers, decimals, texts, moments or identifiers in merge(…)."
                ),
                at: place("materialized")
            )
        }
        return key.filter { !names.contains($0) }.map { missing($0, at: place("materialized")) } + unfit
    }

    private var partitions: [Problem] {
        header.partition.compactMap { term in
            guard let field = schema.field(named: term.column) else {
                return missing(term.column, at: place("partition_by"))
            }
            guard !term.fits(field.type) else { return nil }
            return Problem(
                TarnError(
                    .configurationInvalid,
                    "The partition does not fit the type of its column.",
                    detail: ["partition": term.description, "type": field.type.sql],
                    remedy: "Use a column of dates or times for year, month, day and hour, and a plain one elsewhere."
                ),
                at: place("partition_by")
            )
        }
    }

    private func contract() async throws(TarnError) -> [Problem] {
        guard let contract = header.contract else { return [] }
        let promise = try await ContractSchema(contract, on: shadow)
        var problems = promise.problems
        for (column, type) in zip(contract, promise.types) {
            if let type, let problem = violation(column, type) { problems.append(problem) }
        }
        let promised = Set(contract.map(\.name))
        for field in schema.fields where !promised.contains(field.name) {
            problems.append(
                Problem(
                    TarnError(
                        .assetContract,
                        "The statement gives a column that the contract does not name.",
                        detail: ["column": field.name, "type": field.type.sql]
                    ),
                    at: place("contract")
                )
            )
        }
        return problems
    }

    private func violation(_ promised: AssetHeader.ContractColumn, _ type: ColumnType) -> Problem? {
        guard let field = schema.field(named: promised.name) else { return missing(promised.name, at: promised.place) }
        guard field.type.sql != type.sql else { return nil }
        return Problem(
            TarnError(
                .assetContract,
                "A column has another type than the contract says.",
                detail: ["column": promised.name, "contract": type.sql, "statement": field.type.sql]
            ),
            at: promised.place
        )
    }

    private func missing(_ name: String, at place: SourcePlace) -> Problem {
        var error = TarnError(
            .assetContract,
            "The statement gives no such column.",
            detail: ["column": name]
        )
        let near = Spelling.nearest(to: name, among: names, by: { $0 })
        if !near.isEmpty { error = error.adding("did you mean", near.joined(separator: ", ")) }
        return Problem(error, at: place)
    }

    private func place(_ key: String) -> SourcePlace { header.places[key] ?? asset.source.start }
}

extension ColumnType {
    /// As Iceberg's identifier fields: values that are equal or not, and of one piece.
    fileprivate var fitsKey: Bool {
        switch self {
        case .structure, .list, .map, .float, .double: false
        default: true
        }
    }
}

extension PartitionTerm {
    fileprivate func fits(_ type: ColumnType) -> Bool {
        switch (transform, type) {
        case (_, .structure), (_, .list), (_, .map), (_, .float), (_, .double): false
        case (.identity, _): true
        case (.year, .date), (.month, .date), (.day, .date): true
        case (.year, .timestamp), (.month, .timestamp), (.day, .timestamp), (.hour, .timestamp): true
        case (.year, .timestamptz), (.month, .timestamptz), (.day, .timestamptz), (.hour, .timestamptz): true
        case (.year, _), (.month, _), (.day, _), (.hour, _): false
        case (.bucket, .boolean): false
        case (.bucket, _): true
        case (.truncate, .int), (.truncate, .long), (.truncate, .decimal), (.truncate, .string): true
        case (.truncate, _): false
        }
    }
}
