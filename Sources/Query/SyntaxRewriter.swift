import Base

/// A table as the syntax tree names it, before the lake was asked.
struct TableNode: Sendable, Hashable {
    let namespace: String?
    let name: String
    /// The AT clause as text of its tree, `null` where there is none.
    let at: String
    let filter: TableFilter?
}

/// Walks a syntax tree with the names of common table expressions in scope, and lets every table be replaced.
///
/// What the walk does not know is refused: a kind of node that a later engine brings cannot slip by.
struct SyntaxRewriter {
    /// What stands in a table's place; nil leaves it.
    typealias Replacement = (TableNode, _ byte: Int) throws(TarnError) -> ViewName?

    let text: StatementText
    /// The tree that lists tables, for SHOW; given the namespace, or nil for all.
    let listing: (String?) -> JSONValue
    /// The name of a column that the statement leaves to the engine; nil leaves it to the engine again.
    let columnName: (_ expression: JSONValue) -> String?
    let replacement: Replacement

    typealias Scope = CommonTables

    func rewrite(_ value: JSONValue, _ scope: Scope = Scope()) throws(TarnError) -> JSONValue {
        switch value {
        case .array(let values):
            var result: [JSONValue] = []
            result.reserveCapacity(values.count)
            for value in values { result.append(try rewrite(value, scope)) }
            return .array(result)
        case .object(let object): return try rewrite(object, scope)
        default: return value
        }
    }

    private func rewrite(_ object: JSONObject, _ scope: Scope) throws(TarnError) -> JSONValue {
        if object["class"]?.string != nil {
            try checkFunction(object)
            return try members(of: object, scope)
        }
        guard let type = object["type"]?.string else { return try members(of: object, scope) }
        switch type {
        case "SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE": return try queryNode(object, type, scope)
        case "BASE_TABLE": return try baseTable(object, scope)
        case "TABLE_FUNCTION": return try tableFunction(object, scope)
        case "SHOW_REF": return try show(object, scope)
        case "JOIN", "SUBQUERY", "EXPRESSION_LIST", "EMPTY", "PIVOT": return try members(of: object, scope)
        case _ where Self.isPlain(type): return try members(of: object, scope)
        default:
            throw refusal("The statement holds a part that is not known to be safe.", ["part": type], object)
        }
    }

    private static func isPlain(_ type: String) -> Bool {
        type.hasSuffix("_MODIFIER") || type.hasSuffix("_TYPE_INFO")
            || ["ORDER_DEFAULT", "ASCENDING", "DESCENDING"].contains(type)
    }

    private func members(
        of object: JSONObject,
        _ scope: Scope,
        except skipped: String? = nil
    ) throws(TarnError)
        -> JSONValue
    {
        var result = JSONObject()
        for member in object.members {
            result.append(member.key, member.key == skipped ? member.value : try rewrite(member.value, scope))
        }
        return .object(result)
    }
}

extension SyntaxRewriter {
    /// An expression sees the common table expressions before it, those of the outer query, and itself only when it is
    /// the recursive half.
    private func queryNode(_ object: JSONObject, _ type: String, _ outer: Scope) throws(TarnError) -> JSONValue {
        var scope = outer
        var object = object
        if let map = object["cte_map"]?.object, let entries = map["map"]?.array {
            var rewritten: [JSONValue] = []
            for entry in entries {
                rewritten.append(try rewrite(entry, scope))
                if let name = entry["key"]?.string { scope.insert(try allowed(name, object)) }
            }
            object["cte_map"] = ["map": .array(rewritten)]
        }
        var result = JSONObject()
        for member in object.members {
            switch member.key {
            case "cte_map": result.append(member.key, member.value)
            case "select_list": result.append(member.key, try selectList(member.value, scope))
            case "right" where type == "RECURSIVE_CTE_NODE":
                let name = try allowed(object["cte_name"]?.string ?? "", object)
                result.append(member.key, try rewrite(member.value, scope.recursing(into: name)))
            default: result.append(member.key, try rewrite(member.value, scope))
            }
        }
        return .object(result)
    }

    /// The engine names a column after its expression. Where that holds a query, the name would show what stands in the
    /// tables' places now.
    private func selectList(_ list: JSONValue, _ scope: Scope) throws(TarnError) -> JSONValue {
        var items: [JSONValue] = []
        for item in list.array ?? [] {
            var rewritten = try rewrite(item, scope)
            if item["alias"]?.string == "", Self.holds("SUBQUERY", item), !Self.holds("STAR", item),
                let name = columnName(item), var object = rewritten.object
            {
                object["alias"] = .string(name)
                rewritten = .object(object)
            }
            items.append(rewritten)
        }
        return .array(items)
    }

    /// Whether an expression has a part of this class, outside the queries in it.
    private static func holds(_ kind: String, _ value: JSONValue) -> Bool {
        switch value {
        case .array(let values): return values.contains { holds(kind, $0) }
        case .object(let object):
            let own = object["class"]?.string
            return own == kind || own != "SUBQUERY" && object.members.contains { holds(kind, $0.value) }
        default: return false
        }
    }

    private func allowed(_ name: String, _ object: JSONObject) throws(TarnError) -> String {
        guard CommonTables.allows(name) else {
            throw refusal("The name cannot be given to a common table expression.", ["name": name], object)
        }
        return name
    }

    private func baseTable(_ object: JSONObject, _ scope: Scope) throws(TarnError) -> JSONValue {
        let catalog = object["catalog_name"]?.string ?? ""
        let namespace = object["schema_name"]?.string ?? ""
        let name = object["table_name"]?.string ?? ""
        let at = object["at_clause"] ?? .null
        let filter = object[TableFilter.member].map { TableFilter(tree: $0.text) }
        var object = object
        object[TableFilter.member] = nil
        guard catalog.isEmpty else {
            throw failure(
                .tableMissing,
                "The lake's tables have no catalog before their namespace.",
                ["table": "\(catalog).\(namespace).\(name)"],
                object,
                remedy: "Name the table as namespace.table."
            )
        }
        if scope.contains(name, in: namespace) {
            guard at.isNull else {
                throw failure(.queryInvalid, "AT goes with a table of the lake only.", ["name": name], object)
            }
            return .object(object)
        }
        if namespace.isEmpty, name.contains(where: { "./*:".contains($0) }) {
            throw refusal("A statement cannot read files.", [:], object)
        }
        let node = TableNode(namespace: namespace.isEmpty ? nil : namespace, name: name, at: at.text, filter: filter)
        guard let view = try replacement(node, Self.byte(of: object)) else { return .object(object) }
        var result = object
        result["catalog_name"] = .string(view.catalog)
        result["schema_name"] = .string(view.table.namespace)
        result["table_name"] = .string(view.table.name)
        result["at_clause"] = .null
        return .object(result)
    }

    private func tableFunction(_ object: JSONObject, _ scope: Scope) throws(TarnError) -> JSONValue {
        let function = object["function"]?.object ?? JSONObject()
        let name = function["function_name"]?.string ?? ""
        guard function["class"]?.string == "FUNCTION", FunctionPolicy.allowsTable(name) else {
            throw refusal("The table function cannot be used here.", ["function": name], function)
        }
        var result = object
        result["function"] = try members(of: function, scope)
        return try members(of: result, scope, except: "function")
    }

    private func show(_ object: JSONObject, _ scope: Scope) throws(TarnError) -> JSONValue {
        if let query = object["query"], !query.isNull { return try members(of: object, scope) }
        let name = object["table_name"]?.string ?? ""
        if object["show_type"]?.string == "SHOW_FROM" { return listing(object["schema_name"]?.string) }
        guard ["\"tables\"", "__show_tables_expanded"].contains(name) else {
            throw refusal("Only SHOW TABLES lists things here.", [:], object)
        }
        return listing(nil)
    }

    private func checkFunction(_ object: JSONObject) throws(TarnError) {
        guard let name = object["function_name"]?.string, !FunctionPolicy.allowsScalar(name) else { return }
        throw refusal("The function cannot be used here.", ["function": name], object)
    }
}

extension SyntaxRewriter {
    private static func byte(of object: JSONObject) -> Int {
        object["query_location"]?.integer.flatMap { Int(exactly: $0) } ?? 0
    }

    private func refusal(_ message: String, _ detail: KeyValuePairs<String, String>, _ object: JSONObject) -> TarnError
    {
        failure(.queryForbidden, message, detail, object)
    }

    private func failure(
        _ code: ErrorCode,
        _ message: String,
        _ detail: KeyValuePairs<String, String>,
        _ object: JSONObject,
        remedy: String? = nil
    ) -> TarnError {
        let error = TarnError(code, message, detail: detail, remedy: remedy)
        guard object["query_location"]?.integer != nil else { return error }
        return error.at(text.place(ofByte: Self.byte(of: object)))
    }
}
