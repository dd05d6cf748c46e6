import Base

extension PlanLineage {
    /// The lineage of each of a list of expressions over the columns of the operator below.
    func values(_ expressions: JSONValue?, over input: [ColumnLineage]) throws(TarnError) -> [ColumnLineage] {
        var result: [ColumnLineage] = []
        for expression in expressions?.array ?? [] { result.append(try value(expression, over: input)) }
        return result
    }

    func value(_ expression: JSONValue, over input: [ColumnLineage]) throws(TarnError) -> ColumnLineage {
        if let column = try column(expression, of: input) { return column }
        if let field = try field(expression, over: input) { return field }
        return try combined(references(in: expression, to: input), .transformation)
    }

    func aggregation(_ expression: JSONValue, over input: [ColumnLineage]) throws(TarnError) -> ColumnLineage {
        var result = ColumnLineage()
        for member in expression.object?.members ?? [] {
            let references = try references(in: member.value, to: input)
            switch member.key {
            case "children": result.merge(combined(references, .aggregation))
            case "order_bys": result.indirect.add(references, as: .sort)
            default: result.indirect.add(references, as: .filter)
            }
        }
        return result
    }

    func windowValue(_ expression: JSONValue, over input: [ColumnLineage]) throws(TarnError) -> ColumnLineage {
        var result = ColumnLineage()
        for member in expression.object?.members ?? [] {
            let references = try references(in: member.value, to: input)
            switch member.key {
            case "children", "default_expr", "offset_expr": result.merge(combined(references, .aggregation))
            default: result.indirect.add(references, as: .window)
            }
        }
        return result
    }

    /// Every column that is named anywhere in the expressions.
    func references(in expressions: JSONValue, to input: [ColumnLineage]) throws(TarnError) -> [ColumnLineage] {
        switch expressions {
        case .array(let values):
            var result: [ColumnLineage] = []
            for value in values { result += try references(in: value, to: input) }
            return result
        case .object(let object):
            if let column = try column(expressions, of: input) { return [column] }
            if let field = try field(expressions, over: input) { return [field] }
            if object["expression_class"]?.string == "BOUND_SUBQUERY" { throw Self.unknown("subquery") }
            var result: [ColumnLineage] = []
            // A lambda has columns of its own; what it takes from outside is among the children as well.
            for member in object.members where !["function_data", "bind_info"].contains(member.key) {
                result += try references(in: member.value, to: input)
            }
            return result
        default: return []
        }
    }

    private func combined(_ references: [ColumnLineage], _ derivation: Derivation) -> ColumnLineage {
        var result = ColumnLineage()
        for reference in references { result.merge(reference.atLeast(derivation)) }
        return result
    }

    /// The column that an expression is; nil for any other expression.
    private func column(_ expression: JSONValue, of input: [ColumnLineage]) throws(TarnError) -> ColumnLineage? {
        switch expression["expression_class"]?.string {
        case "BOUND_REF":
            let index = expression["index"].map { Self.position($0) } ?? 0
            guard let index, input.indices.contains(index) else { throw Self.unknown("column") }
            return input[index]
        case "BOUND_COLUMN_REF":
            let binding = expression["binding"]
            let table = binding?["table_index"].map { Self.position($0) } ?? 0
            let index = binding?["column_index"].map { Self.position($0) } ?? 0
            guard let table, let index, let columns = numbered[table], columns.indices.contains(index) else {
                throw Self.unknown("column")
            }
            return columns[index]
        default: return nil
        }
    }

    /// A field taken out of a value that was passed on as it is.
    private func field(_ expression: JSONValue, over input: [ColumnLineage]) throws(TarnError) -> ColumnLineage? {
        guard ["struct_extract", "array_extract"].contains(expression["name"]?.string ?? ""),
            expression["expression_class"]?.string == "BOUND_FUNCTION",
            let children = expression["children"]?.array, children.count == 2,
            let type = children[0]["return_type"], type["id"]?.string == "STRUCT",
            let wanted = children[1]["value"]?["value"]?.string?.lowercased()
        else { return nil }
        let fields = (type["type_info"]?["child_types"]?.array ?? []).compactMap { $0["first"]?.string }
        guard let name = fields.first(where: { $0.lowercased() == wanted }) else { return nil }
        return try value(children[0], over: input).field(name)
    }
}
