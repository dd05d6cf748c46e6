package import Base
import Columns

/// The lineage of all columns of a project, from the tables of the sources to the last asset.
///
/// A table of a source has the name `source:schema.table`.
package struct LineageGraph: Sendable {
    /// One step: a column, or the rows of a table, and one that it comes from.
    package struct Edge: Sendable, Hashable {
        package let input: ColumnPath
        package let output: ColumnPath
        /// How: a `Derivation`, an `Influence`, or `rows` where the rows of one table decide about those of another.
        package let kind: String
        package let isDirect: Bool
    }

    private let project: CompiledProject
    /// The edges out of a column, found by its table and its name without fields.
    private var outputs: [ColumnPath: [Edge]] = [:]
    /// The columns of the tables of sources.
    private var sourceTables: [TableName: [String]] = [:]

    package init(_ project: CompiledProject) {
        self.project = project
        for name in project.graph.order {
            guard let lineage = project.assets[name]?.lineage else { continue }
            let paths = lineage.columns.map { ColumnPath(table: name, path: [$0.name]) }
            for edge in (paths + [ColumnPath(table: name, path: [])]).flatMap(edges(into:)) { note(edge) }
        }
        for (name, table) in project.catalog.tables.sorted(by: { $0.key < $1.key }) where project.assets[name] == nil {
            for path in Self.mirroredPaths(name, table) { for edge in edges(into: path) { note(edge) } }
            if case .changes(let source, let original) = table.origin, let name = TableName("\(source):\(original)"),
                case .structure(let fields) = table.schema.field(named: "after")?.type
            {
                sourceTables[name] = fields.map(\.name)
            }
        }
    }

    private mutating func note(_ edge: Edge) {
        let key = ColumnPath(table: edge.input.table, path: Array(edge.input.path.prefix(1)))
        outputs[key, default: []].append(edge)
    }

    /// The columns of a table; nil for one that nothing is known of.
    package func columns(of table: TableName) -> [String]? {
        let schema = project.assets[table]?.schema ?? project.catalog.tables[table]?.schema
        return schema?.fields.map(\.name) ?? sourceTables[table]
    }

    package var tables: [TableName] {
        Set(project.assets.keys).union(project.catalog.tables.keys).union(sourceTables.keys).sorted()
    }

    /// What a column, or the rows of a table, come from; one step.
    package func edges(into path: ColumnPath) -> [Edge] {
        if project.assets[path.table] != nil { return assetEdges(into: path) }
        guard let origin = project.catalog.tables[path.table]?.origin else { return [] }
        switch origin {
        case .rows(let bronze):
            let input = ColumnPath(table: bronze, path: path.path.isEmpty ? [] : ["after"] + path.path)
            return [Edge(input: input, output: path, kind: path.path.isEmpty ? "rows" : "identity", isDirect: true)]
        case .changes(let source, let table):
            guard let name = TableName("\(source):\(table)") else { return [] }
            guard !path.path.isEmpty else {
                return [Edge(input: ColumnPath(table: name, path: []), output: path, kind: "rows", isDirect: true)]
            }
            guard ["before", "after"].contains(path.path[0]), path.path.count > 1 else { return [] }
            let input = ColumnPath(table: name, path: Array(path.path.dropFirst()))
            return [Edge(input: input, output: path, kind: "identity", isDirect: true)]
        }
    }

    /// What comes from a column, or from the rows of a table; one step.
    package func edges(from path: ColumnPath) -> [Edge] {
        let found = outputs[ColumnPath(table: path.table, path: Array(path.path.prefix(1)))] ?? []
        return found.filter { edge in
            zip(edge.input.path, path.path).allSatisfy { $0 == $1 }
        }
    }
}

extension LineageGraph {
    private func assetEdges(into path: ColumnPath) -> [Edge] {
        guard let asset = project.assets[path.table], let lineage = asset.lineage else { return [] }
        guard let name = path.path.first else {
            let rows = asset.inputs.map {
                Edge(input: ColumnPath(table: $0, path: []), output: path, kind: "rows", isDirect: false)
            }
            return rows + Self.edges(lineage.indirect, path)
        }
        guard let column = lineage.columns.first(where: { $0.name == name })?.lineage else { return [] }
        let fields = path.path.dropFirst()
        let direct = column.direct.sorted { $0.key < $1.key }.map { input, derivation in
            // What passed on as it is has the same fields within.
            let inner = derivation == .identity ? ColumnPath(table: input.table, path: input.path + fields) : input
            return Edge(input: inner, output: path, kind: derivation.rawValue, isDirect: true)
        }
        return direct + Self.edges(column.indirect, path)
    }

    private static func edges(_ influences: Influences, _ output: ColumnPath) -> [Edge] {
        influences.sorted { $0.key < $1.key }.flatMap { input, kinds in
            kinds.sorted().map { Edge(input: input, output: output, kind: $0.rawValue, isDirect: false) }
        }
    }

    /// The columns of a mirror, those of a row of the source within its changes, and the table itself.
    private static func mirroredPaths(_ name: TableName, _ table: KnownTable) -> [ColumnPath] {
        var paths: [[String]] = [[]]
        for field in table.schema.fields {
            switch (table.origin, field.type) {
            case (.changes, .structure(let fields)) where ["before", "after"].contains(field.name):
                paths += fields.map { [field.name, $0.name] }
            default: paths.append([field.name])
            }
        }
        return paths.map { ColumnPath(table: name, path: $0) }
    }
}
