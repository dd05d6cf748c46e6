internal import Base
internal import Capture
internal import Lake
internal import Landing

/// Whether the tables of a source can have the names in the lake that its file's templates give them.
struct NameCheck {
    private let source: String
    private let options: LandingOptions

    init(_ source: String, _ options: LandingOptions) {
        self.source = source
        self.options = options
    }

    func problems(_ tables: [SourceTableName], _ state: LakeState) -> [SetupProblem] {
        var problems: [SetupProblem] = []
        var taken: [String: SourceTableName] = [:]
        for table in tables {
            guard let bronze = try? options.bronze(table.namespace, table.name),
                let silver = try? options.silver(table.namespace, table.name)
            else {
                problems.append(unusable(table))
                continue
            }
            for name in [bronze, silver] {
                if let other = taken.updateValue(table, forKey: name.description.lowercased()) {
                    problems.append(collision(table, other == table ? "its other table" : other.qualified, name))
                } else if let owner = state.tables[name]?.owner, owner != .source(source) {
                    problems.append(collision(table, "a table of the lake (owner \(owner))", name))
                }
            }
        }
        let known = (try? LandedTable.parse(state.sources[source]?.tables ?? [])) ?? []
        return problems + unfollowed(tables, known.map(\.captured.qualifiedName))
    }

    private func unusable(_ table: SourceTableName) -> SetupProblem {
        SetupProblem(
            message: "The name of table \(table.qualified) cannot be a name in the lake.",
            remedy: "Rename the table, or add it to `exclude` in the source's file."
        )
    }

    private func collision(_ table: SourceTableName, _ other: String, _ name: TableName) -> SetupProblem {
        SetupProblem(
            message: "\(table.qualified) and \(other) would both become \(name).",
            remedy: "Set `bronze` and `silver` in the source's file to templates that tell them apart, such as "
                + "`bronze.{schema}_{table}`, or add one of them to `exclude`."
        )
    }

    /// Only a snapshot reads a table from its beginning.
    private func unfollowed(_ tables: [SourceTableName], _ known: [String]) -> [SetupProblem] {
        guard !known.isEmpty else { return [] }
        return tables.filter { !known.contains($0.qualified) }.map {
            SetupProblem(
                message: "Table \($0.qualified) was not there at the snapshot: it is not followed.",
                remedy: "Remove and add the source to read it too, or add a source for it alone.",
                isWarning: true
            )
        }
    }
}
