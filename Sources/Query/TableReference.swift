package import Base
package import Lake

/// A table as a statement names it.
package struct TableReference: Sendable, Hashable {
    /// Nil where the statement names the table alone.
    package let namespace: String?
    package let name: String
    /// The AT clause; nil for the version that the statement runs on.
    package let version: VersionReference?
    /// What the statement asks of the table's rows at this place; nil for nothing that could be made use of.
    let filter: TableFilter?

    package init(namespace: String?, name: String, version: VersionReference? = nil) {
        self.init(namespace: namespace, name: name, version: version, filter: nil)
    }

    init(namespace: String?, name: String, version: VersionReference?, filter: TableFilter?) {
        self.namespace = namespace
        self.name = name
        self.version = version
        self.filter = filter
    }

    /// Whether both name the same table at the same version, whatever is asked of its rows.
    func isSameTable(as other: TableReference) -> Bool {
        namespace == other.namespace && name == other.name && version == other.version
    }

    package var description: String { namespace.map { "\($0).\(name)" } ?? name }
}

/// Where the engine finds a table's rows: a view with the table's own name in a catalog of the session.
package struct ViewName: Sendable, Hashable {
    package let catalog: String
    package let table: TableName

    package init(catalog: String, table: TableName) {
        self.catalog = catalog
        self.table = table
    }
}

/// The tables of the lake, found by the names people write.
package struct TableNames: Sendable {
    private let names: [TableName]

    package init(_ names: some Sequence<TableName>) { self.names = names.sorted() }

    /// Exactly as written, else without regard to case where only one fits.
    ///
    /// - Throws: `lake.tableMissing` with the names that come nearest.
    package func find(_ reference: TableReference) throws(TarnError) -> TableName {
        let wanted = reference.description
        if let exact = names.first(where: { $0.description == wanted }) { return exact }
        let similar = names.filter { $0.description.lowercased() == wanted.lowercased() }
        if similar.count == 1 { return similar[0] }
        throw similar.isEmpty ? missing(reference) : ambiguous(wanted, similar)
    }

    private func ambiguous(_ wanted: String, _ similar: [TableName]) -> TarnError {
        TarnError(
            .tableMissing,
            "Several tables have this name when case is left aside.",
            detail: ["table": wanted, "tables": similar.map(\.description).joined(separator: ", ")],
            remedy: "Write the name in quotes, in the case of the table that is meant."
        )
    }

    private func missing(_ reference: TableReference) -> TarnError {
        let wanted = reference.description
        let near = nearest(reference)
        let message =
            reference.namespace == nil
            ? "A table is named without its namespace." : "The lake has no table of this name."
        guard !near.isEmpty else { return TarnError(.tableMissing, message, detail: ["table": wanted]) }
        return TarnError(
            .tableMissing,
            message,
            detail: ["table": wanted, "did you mean": near.map(\.description).joined(separator: ", ")]
        )
    }

    private func nearest(_ reference: TableReference) -> [TableName] {
        if reference.namespace == nil {
            let same = names.filter { $0.name.lowercased() == reference.name.lowercased() }
            if !same.isEmpty { return Array(same.prefix(3)) }
            return Spelling.nearest(to: reference.name, among: names, by: \.name)
        }
        return Spelling.nearest(to: reference.description, among: names, by: \.description)
    }
}
