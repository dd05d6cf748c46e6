import Base

/// Reads the lineage of every output column from the plan of a statement as the binder made it.
///
/// In such a plan an expression names columns by their position among those of the operators below, so that nothing has
/// to be guessed from names. Operators and expressions that are not known are refused: an answer is exact, or none.
struct PlanLineage {
    /// What an operator gives: its columns, and what decides about its rows.
    struct Relation: Equatable {
        var columns: [ColumnLineage] = []
        var indirect: Influences = [:]
    }

    /// The common table expressions in scope, by the number that references have.
    var expressions: [Int: Relation] = [:]
    /// The columns that the outer sides of the dependent joins around give to their inner sides, innermost last.
    var outer: [[ColumnLineage]] = []
    /// The columns of operators that are named by table number, as the inputs of table functions are.
    var numbered: [Int: [ColumnLineage]] = [:]

    /// - Parameter names: of the output columns.
    /// - Throws: `data.unsupported` where the plan holds something unknown.
    static func of(_ plan: JSONValue, names: [String]) throws(TarnError) -> TableLineage {
        guard let root = plan["plans"]?.array?.first?.object else { throw unknown("no plan") }
        var walk = PlanLineage()
        let relation = try walk.relation(root)
        guard relation.columns.count >= names.count else { throw unknown("columns are missing") }
        return TableLineage(
            columns: zip(names, relation.columns).map { TableLineage.Column(name: $0, lineage: $1) },
            indirect: relation.indirect
        )
    }

    static func unknown(_ part: String) -> TarnError {
        TarnError(
            .unsupported,
            "The statement holds a part whose lineage is not known.",
            detail: ["part": part],
            remedy: "Write the statement without this part."
        )
    }

    mutating func relation(_ node: JSONObject) throws(TarnError) -> Relation {
        let type = node["type"]?.string ?? ""
        let relation = try relation(node, type)
        if Self.isNumbered(type) { numbered[Self.tableNumber(node)] = relation.columns }
        return relation
    }

    private static func isNumbered(_ type: String) -> Bool {
        ["LOGICAL_GET", "LOGICAL_PROJECTION", "LOGICAL_DELIM_GET"].contains(type)
    }

    private mutating func relation(_ node: JSONObject, _ type: String) throws(TarnError) -> Relation {
        switch type {
        case "LOGICAL_GET": return try scan(node)
        case "LOGICAL_PROJECTION":
            let input = try child(node)
            return Relation(
                columns: try values(node["expressions"], over: input.columns),
                indirect: input.indirect
            )
        case "LOGICAL_FILTER":
            return try decided(by: node["expressions"], as: .filter, try child(node))
        case "LOGICAL_ORDER_BY", "LOGICAL_TOP_N":
            return try decided(by: node["orders"], as: .sort, try child(node))
        case "LOGICAL_LIMIT":
            let limits: JSONValue = .array([node["limit_val"], node["offset_val"]].compactMap { $0 })
            return try decided(by: limits, as: .filter, try child(node))
        case "LOGICAL_SAMPLE": return try child(node)
        case "LOGICAL_DISTINCT":
            let input = try decided(by: node["distinct_targets"], as: .groupBy, try child(node))
            return try decided(by: node["order_by"], as: .sort, input)
        case "LOGICAL_AGGREGATE_AND_GROUP_BY": return try aggregate(node)
        case "LOGICAL_WINDOW": return try window(node)
        case "LOGICAL_UNNEST": return try unnest(node)
        case "LOGICAL_PIVOT": return try pivot(node)
        case "LOGICAL_COMPARISON_JOIN", "LOGICAL_ANY_JOIN", "LOGICAL_DELIM_JOIN", "LOGICAL_ASOF_JOIN",
            "LOGICAL_CROSS_PRODUCT", "LOGICAL_POSITIONAL_JOIN":
            return try join(node, type)
        case "LOGICAL_UNION", "LOGICAL_EXCEPT", "LOGICAL_INTERSECT": return try setOperation(node, type)
        case "LOGICAL_MATERIALIZED_CTE": return try withExpression(node)
        case "LOGICAL_RECURSIVE_CTE": return try recursion(node)
        case "LOGICAL_CTE_REF": return try reference(node)
        case "LOGICAL_DELIM_GET":
            return Relation(columns: try sized(outer.last ?? [], by: node, type))
        case "LOGICAL_DUMMY_SCAN": return Relation(columns: [ColumnLineage()])
        case "LOGICAL_CHUNK_GET", "LOGICAL_EMPTY_RESULT":
            return Relation(columns: (node["chunk_types"]?.array ?? []).map { _ in ColumnLineage() })
        case "LOGICAL_EXPRESSION_GET": return try rows(node)
        default: throw Self.unknown(type)
        }
    }
}

extension PlanLineage {
    private mutating func scan(_ node: JSONObject) throws(TarnError) -> Relation {
        let names = node["names"]?.array?.map { $0.string ?? "" } ?? []
        let positions = (node["column_indexes"]?.array ?? []).map { $0["index"].map { Self.position($0) } ?? 0 }
        if let namespace = node["function_data"]?["schema"]?.string, let name = node["function_data"]?["table"]?.string
        {
            let table = TableName(namespace: namespace, name: name)
            return Relation(
                columns: positions.map { position in
                    // The number of a row is no column of the table.
                    guard let position, names.indices.contains(position) else { return ColumnLineage() }
                    return ColumnLineage(direct: [ColumnPath(table: table, path: [names[position]]): .identity])
                }
            )
        }
        guard node["children"]?.array?.isEmpty == false else {
            return Relation(columns: positions.map { _ in ColumnLineage() })
        }
        return try functionOfRows(node, columnCount: positions.count)
    }

    /// A table function over the rows of its input: what it gives comes out of its arguments, and the columns that its
    /// input passes on follow.
    private mutating func functionOfRows(_ node: JSONObject, columnCount: Int) throws(TarnError) -> Relation {
        let input = try child(node)
        let passedOn = (node["projected_input"]?.array ?? []).compactMap { Self.position($0) }
        guard passedOn.allSatisfy(input.columns.indices.contains) else { throw Self.unknown("input of a function") }
        let arguments = input.columns.indices.filter { !passedOn.contains($0) }.map { input.columns[$0] }
        var made = ColumnLineage()
        for argument in arguments { made.merge(argument.atLeast(.transformation)) }
        var result = input
        result.columns = Array(repeating: made, count: columnCount) + passedOn.map { input.columns[$0] }
        result.indirect.add(arguments, as: .join)
        return result
    }

    private mutating func aggregate(_ node: JSONObject) throws(TarnError) -> Relation {
        var result = try child(node)
        let groups = try values(node["groups"], over: result.columns)
        var columns = groups
        for expression in node["expressions"]?.array ?? [] {
            columns.append(try aggregation(expression, over: result.columns))
        }
        for function in node["grouping_functions"]?.array ?? [] {
            var lineage = ColumnLineage()
            for position in (function.array ?? []).compactMap({ Self.position($0) })
            where groups.indices.contains(position) { lineage.merge(groups[position].atLeast(.transformation)) }
            columns.append(lineage)
        }
        result.columns = columns
        result.indirect.add(groups, as: .groupBy)
        return result
    }

    private mutating func window(_ node: JSONObject) throws(TarnError) -> Relation {
        var result = try child(node)
        let input = result.columns
        for expression in node["expressions"]?.array ?? [] {
            result.columns.append(try windowValue(expression, over: input))
        }
        return result
    }

    /// Each value of the list gives a row of its own: the lists decide about rows.
    private mutating func unnest(_ node: JSONObject) throws(TarnError) -> Relation {
        var result = try child(node)
        let made = try values(node["expressions"], over: result.columns).map { $0.atLeast(.transformation) }
        result.indirect.add(made, as: .join)
        result.columns += made
        return result
    }

    /// The groups pass through; each further column may hold any of the values.
    private mutating func pivot(_ node: JSONObject) throws(TarnError) -> Relation {
        var result = try child(node)
        let bound = node["bound_pivot"]
        let groupCount = bound?["group_count"].flatMap { Self.position($0) } ?? 0
        let columnCount = bound?["types"]?.array?.count ?? 0
        guard groupCount <= columnCount, groupCount <= result.columns.count else { throw Self.unknown("PIVOT") }
        var made = ColumnLineage()
        for column in result.columns[groupCount...] { made.merge(column.atLeast(.aggregation)) }
        result.columns = Array(result.columns[..<groupCount])
        result.columns += Array(repeating: made, count: columnCount - groupCount)
        return result
    }

    private mutating func rows(_ node: JSONObject) throws(TarnError) -> Relation {
        let input = try child(node)
        var columns: [ColumnLineage] = []
        for row in node["expressions"]?.array ?? [] {
            let made = try values(row, over: input.columns)
            if columns.isEmpty { columns = made.map { _ in ColumnLineage() } }
            for (index, value) in made.enumerated() where index < columns.count { columns[index].merge(value) }
        }
        return Relation(columns: columns, indirect: input.indirect)
    }
}

extension PlanLineage {
    private mutating func withExpression(_ node: JSONObject) throws(TarnError) -> Relation {
        let (definition, body) = try children(node)
        expressions[Self.tableNumber(node)] = try relation(definition)
        return try relation(body)
    }

    /// The recursive half is read until it adds nothing: it refers to its own result.
    private mutating func recursion(_ node: JSONObject) throws(TarnError) -> Relation {
        let (start, step) = try children(node)
        var result = try relation(start)
        let number = Self.tableNumber(node)
        while true {
            expressions[number] = result
            let added = try relation(step)
            let next = Self.union(result, added)
            if next == result { return result }
            result = next
        }
    }

    private func reference(_ node: JSONObject) throws(TarnError) -> Relation {
        let number = node["cte_index"].map { Self.position($0) } ?? 0
        guard let number, var relation = expressions[number] else { throw Self.unknown("reference") }
        relation.columns = try sized(relation.columns, by: node, "reference")
        return relation
    }

    private mutating func setOperation(_ node: JSONObject, _ type: String) throws(TarnError) -> Relation {
        let (left, right) = try children(node)
        let first = try relation(left)
        let second = try relation(right)
        var result = Self.union(first, second)
        guard type != "LOGICAL_UNION" else { return result }
        if type == "LOGICAL_EXCEPT" { result.columns = first.columns }
        result.indirect.add(first.columns + second.columns, as: .filter)
        return result
    }

    private static func union(_ left: Relation, _ right: Relation) -> Relation {
        var result = left
        for (index, column) in right.columns.enumerated() where index < result.columns.count {
            result.columns[index].merge(column)
        }
        result.indirect.add(right.indirect)
        return result
    }

    private func sized(
        _ columns: [ColumnLineage],
        by node: JSONObject,
        _ part: String
    ) throws(TarnError)
        -> [ColumnLineage]
    {
        guard columns.count == node["chunk_types"]?.array?.count ?? 0 else { throw Self.unknown(part) }
        return columns
    }

    private func decided(
        by expressions: JSONValue?,
        as influence: Influence,
        _ input: Relation
    ) throws(TarnError)
        -> Relation
    {
        var result = input
        if let expressions { result.indirect.add(try references(in: expressions, to: input.columns), as: influence) }
        return result
    }

    mutating func child(_ node: JSONObject) throws(TarnError) -> Relation {
        guard let child = node["children"]?.array?.first?.object else { return Relation() }
        return try relation(child)
    }

    func children(_ node: JSONObject) throws(TarnError) -> (JSONObject, JSONObject) {
        guard let children = node["children"]?.array, children.count == 2, let first = children[0].object,
            let second = children[1].object
        else { throw Self.unknown(node["type"]?.string ?? "") }
        return (first, second)
    }

    private static func tableNumber(_ node: JSONObject) -> Int { node["table_index"].flatMap { position($0) } ?? 0 }

    /// Nil for the numbers beyond all positions by which the engine means something else.
    static func position(_ value: JSONValue) -> Int? { value.integer.flatMap { Int(exactly: $0) } }
}
