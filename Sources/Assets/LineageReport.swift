package import Base

/// All that a table or a column comes from, or all that comes from it.
package struct LineageReport: Sendable {
    /// Towards the sources, or away from them.
    package enum Direction: String, Sendable {
        case up
        case down
    }

    private let graph: LineageGraph
    private let roots: [ColumnPath]
    private let direction: Direction

    /// - Parameter target: `namespace.table`, or `namespace.table.column` with fields after it.
    /// - Throws: `lake.tableMissing`, `query.invalid` for a column that the table has not.
    package init(of target: String, _ direction: Direction, in graph: LineageGraph) throws(TarnError) {
        self.graph = graph
        self.direction = direction
        let (table, path) = try Self.parse(target, graph)
        let rows = ColumnPath(table: table, path: [])
        if !path.isEmpty {
            roots =
                direction == .up
                ? [ColumnPath(table: table, path: path), rows] : [ColumnPath(table: table, path: path)]
        } else {
            roots = (graph.columns(of: table) ?? []).map { ColumnPath(table: table, path: [$0]) } + [rows]
        }
    }

    private static func parse(_ target: String, _ graph: LineageGraph) throws(TarnError) -> (TableName, [String]) {
        let parts = target.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count >= 2, let table = TableName("\(parts[0]).\(parts[1])"), let columns = graph.columns(of: table)
        else {
            let names = graph.tables.map(\.description)
            let near = Spelling.nearest(to: parts.prefix(2).joined(separator: "."), among: names, by: { $0 })
            let error = TarnError(
                .tableMissing,
                "There is no asset and no table of this name.",
                detail: ["table": target],
                remedy: "Name it as namespace.table or namespace.table.column; `tarn ls` and `tarn tables` list them."
            )
            throw near.isEmpty ? error : error.adding("did you mean", near.joined(separator: ", "))
        }
        let path = Array(parts.dropFirst(2))
        guard path.isEmpty || columns.contains(path[0]) else {
            throw TarnError(
                .queryInvalid,
                "The table has no such column.",
                detail: ["column": target, "columns": columns.joined(separator: ", ")]
            )
        }
        return (table, path)
    }

    /// Every step once, breadth first.
    package var edges: [LineageGraph.Edge] {
        var found: [LineageGraph.Edge] = []
        var known = Set(roots)
        var layer = roots
        while !layer.isEmpty {
            var next: [ColumnPath] = []
            for path in layer {
                for edge in steps(path) {
                    found.append(edge)
                    for reached in beyond(edge) where known.insert(reached).inserted { next.append(reached) }
                }
            }
            layer = next
        }
        return found
    }

    private func steps(_ path: ColumnPath) -> [LineageGraph.Edge] {
        direction == .up ? graph.edges(into: path) : graph.edges(from: path)
    }

    /// Where the way goes on: also at the rows of the table that a column belongs to.
    private func beyond(_ edge: LineageGraph.Edge) -> [ColumnPath] {
        guard direction == .up else { return [edge.output] }
        return [edge.input, ColumnPath(table: edge.input.table, path: [])]
    }
}

extension LineageReport {
    package var json: JSONValue {
        [
            "roots": .array(roots.map { .string($0.description) }), "direction": .string(direction.rawValue),
            "edges": .array(
                edges.map {
                    [
                        "from": .string($0.input.description), "to": .string($0.output.description),
                        "kind": .string($0.kind), "direct": .bool($0.isDirect),
                    ]
                }
            ),
        ]
    }

    /// A tree below each root. What was shown before is not shown again, and ends in `…`.
    package var text: String {
        var lines: [String] = []
        var shown: Set<ColumnPath> = []
        for root in roots {
            let title = root.path.isEmpty ? "\(root) (rows)" : root.description
            lines.append(title)
            write(root, depth: 1, &lines, &shown)
        }
        return lines.map { "\($0)\n" }.joined()
    }

    private func write(_ path: ColumnPath, depth: Int, _ lines: inout [String], _ shown: inout Set<ColumnPath>) {
        guard shown.insert(path).inserted, depth < 200 else { return }
        var kinds: [ColumnPath: [String]] = [:]
        var order: [ColumnPath] = []
        for edge in steps(path) {
            let other = direction == .up ? edge.input : edge.output
            if kinds[other] == nil { order.append(other) }
            kinds[other, default: []].append(edge.kind)
        }
        for other in order {
            let more = shown.contains(other) && !steps(other).isEmpty ? " …" : ""
            let kinds = (kinds[other] ?? []).joined(separator: ", ")
            let arrow = direction == .up ? "<-" : "->"
            lines.append("\(String(repeating: "  ", count: depth))\(arrow) \(other) (\(kinds))\(more)")
            write(other, depth: depth + 1, &lines, &shown)
        }
    }
}
