package import Base
package import Settings

/// A file of checks, `checks/*.yaml`: of one table under `table`, or of several under `tables`.
package enum CheckFile {
    /// The checks of one table in a file.
    package struct Table: Sendable {
        package var name: TableName
        package var place: CheckPlace
        package var declared: DeclaredChecks
    }

    private static let tableKeys = ["description", "columns"] + CheckReader.checkKeys
    private static let columnKeys = ["name", "description"] + CheckReader.checkKeys
    private static let nothing = Environment([:])

    /// Reads a parsed file.
    ///
    /// - Throws: for what makes it unclear which tables are meant; faults of single checks are with their tables.
    package static func read(_ root: ConfigurationNode) throws(TarnError) -> [Table] {
        guard case .section(let entries) = root.content, !entries.isEmpty else {
            throw root.failure("The file holds no checks.", remedy: "Begin it with `table: namespace.name`.")
        }
        guard let list = entries.first(where: { ["tables", "models"].contains($0.key) })?.value else {
            _ = try ConfigurationSection(root, keys: ["table"] + tableKeys, environment: nothing)
            return [try table(entries, nameKey: "table", in: root)]
        }
        _ = try ConfigurationSection(root, keys: ["tables", "models", "version"], environment: nothing)
        return try read(tables: list)
    }

    /// Reads a list of tables, as it stands under `tables` of a file or `checks` of a source.
    package static func read(tables list: ConfigurationNode) throws(TarnError) -> [Table] {
        guard case .list(let items) = list.content else {
            throw list.failure(
                "`\(list.path)` has to be a list of tables.",
                remedy: "Begin each with `- name: namespace.name`."
            )
        }
        var tables: [Table] = []
        for item in items {
            _ = try ConfigurationSection(item, keys: ["name"] + tableKeys, environment: nothing)
            guard case .section(let entries) = item.content else { throw item.failure("A table has no name.") }
            tables.append(try table(entries, nameKey: "name", in: item))
        }
        return tables
    }

    private static func table(
        _ entries: [ConfigurationNode.Entry],
        nameKey: String,
        in node: ConfigurationNode
    ) throws(TarnError) -> Table {
        let name = entries.first { $0.key == nameKey }?.value
        guard let name, case .text(let text) = name.content, let table = TableName(text) else {
            throw (name ?? node).failure("`\(nameKey)` has to name a table.", remedy: "Write it as namespace.table.")
        }
        let columns = entries.first { $0.key == "columns" }?.value
        var declared = DeclaredChecks()
        for entry in entries where CheckReader.checkKeys.contains(entry.key) {
            let more = CheckReader.read(columns: nil, checks: entry.value)
            declared.checks += more.checks
            declared.faults += more.faults
        }
        let beneath = CheckReader.read(columns: columns, checks: nil)
        declared.checks = beneath.checks + declared.checks
        declared.faults = columnFaults(columns) + beneath.faults + declared.faults
        declared.nameChecks()
        return Table(name: table, place: CheckPlace(name), declared: declared)
    }

    private static func columnFaults(_ columns: ConfigurationNode?) -> [TarnError] {
        guard case .list(let items) = columns?.content else { return [] }
        return items.compactMap { item in
            do throws(TarnError) {
                _ = try ConfigurationSection(item, keys: columnKeys, environment: nothing)
                return nil
            } catch {
                return error
            }
        }
    }
}
