import Base

extension PlanLineage {
    mutating func join(_ node: JSONObject, _ type: String) throws(TarnError) -> Relation {
        let (first, second) = try children(node)
        let left = try relation(first)
        let isDependent = type == "LOGICAL_DELIM_JOIN"
        if isDependent { outer.append(try values(node["duplicate_eliminated_columns"], over: left.columns)) }
        let right = try relation(second)
        if isDependent { outer.removeLast() }
        let conditions = try conditions(node, left, right)
        switch node["join_type"]?.string ?? "INNER" {
        case "SINGLE": return Self.looked(up: right, for: left, by: conditions)
        case "MARK": return Self.marked(left, right, by: conditions)
        case "SEMI", "ANTI": return Self.joined(left.columns, left, right, by: conditions)
        case "RIGHT_SEMI", "RIGHT_ANTI": return Self.joined(right.columns, left, right, by: conditions)
        case "INNER", "LEFT", "RIGHT", "OUTER", "FULL":
            if conditions.isEmpty, Self.isOneRow(second) { return Self.looked(up: right, for: left, by: []) }
            if conditions.isEmpty, Self.isOneRow(first) { return Self.lookedUpFirst(left, for: right) }
            return Self.joined(left.columns + right.columns, left, right, by: conditions)
        case let other: throw Self.unknown("\(other) JOIN")
        }
    }

    private func conditions(
        _ node: JSONObject,
        _ left: Relation,
        _ right: Relation
    ) throws(TarnError)
        -> [ColumnLineage]
    {
        var found: [ColumnLineage] = []
        for condition in node["conditions"]?.array ?? [] {
            if let expression = condition["left"] { found += try references(in: expression, to: left.columns) }
            if let expression = condition["right"] { found += try references(in: expression, to: right.columns) }
            guard condition["left"] != nil || condition["right"] != nil else { throw Self.unknown("join condition") }
        }
        if let condition = node["condition"] {
            found += try references(in: condition, to: left.columns + right.columns)
        }
        return found
    }

    private static func joined(
        _ columns: [ColumnLineage],
        _ left: Relation,
        _ right: Relation,
        by conditions: [ColumnLineage]
    ) -> Relation {
        var indirect = left.indirect
        indirect.add(right.indirect)
        indirect.add(conditions, as: .join)
        return Relation(columns: columns, indirect: indirect)
    }

    /// A scalar subquery: whatever it does decides about its own values and no others.
    private static func looked(up right: Relation, for left: Relation, by conditions: [ColumnLineage]) -> Relation {
        var result = left
        result.columns += owned(right, by: conditions)
        return result
    }

    private static func lookedUpFirst(_ left: Relation, for right: Relation) -> Relation {
        Relation(columns: owned(left, by: []) + right.columns, indirect: right.indirect)
    }

    private static func owned(_ relation: Relation, by conditions: [ColumnLineage]) -> [ColumnLineage] {
        var own = relation.indirect
        own.add(conditions, as: .join)
        return relation.columns.map { column in
            var column = column
            column.indirect.add(own)
            return column
        }
    }

    /// EXISTS, IN, ANY: whether there is a match becomes a value.
    private static func marked(_ left: Relation, _ right: Relation, by conditions: [ColumnLineage]) -> Relation {
        var mark = ColumnLineage(indirect: right.indirect)
        for condition in conditions { mark.merge(condition.atLeast(.transformation)) }
        var result = left
        result.columns.append(mark)
        return result
    }

    /// An aggregate without groups gives one row, whatever its input is.
    private static func isOneRow(_ node: JSONObject) -> Bool {
        switch node["type"]?.string {
        case "LOGICAL_AGGREGATE_AND_GROUP_BY":
            (node["groups"]?.array ?? []).isEmpty && (node["grouping_sets"]?.array ?? []).isEmpty
        case "LOGICAL_PROJECTION": node["children"]?.array?.first?.object.map(isOneRow) ?? false
        default: false
        }
    }
}
