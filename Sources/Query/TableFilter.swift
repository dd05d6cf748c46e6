import Base

/// What a statement asks of the rows of one table at one place in it: the conditions that every row must fulfil to have
/// any part in the answer, and what is needed to know whose columns they name.
///
/// Where it is not certain that leaving other rows out keeps the answer, there is no filter.
struct TableFilter: Sendable, Hashable {
    /// The text of `{"name": …, "namespace": …, "hasNeighbours": …, "merged": …, "conditions": […]}`: what may stand
    /// before the table's columns, what stands beside it, and expressions of the syntax tree.
    let tree: String

    /// The member of a table's node that holds its filter between the two walks over a statement.
    static let member = "tarn_filter"

    /// The tree with the filter of each table in the table's node.
    static func annotated(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): return .array(values.map(annotated))
        case .object(var object):
            if object["type"]?.string == "SELECT_NODE", let from = object["from_table"],
                object["sample"]?.isNull == true
            {
                let scope = FromScope(from)
                object["from_table"] = scope.annotated(from, FromScope.conjuncts(object["where_clause"]))
            }
            var result = JSONObject()
            for member in object.members {
                let isFilter = member.key == Self.member
                result.append(member.key, isFilter ? member.value : annotated(member.value))
            }
            return .object(result)
        default: return value
        }
    }
}

/// The FROM clause of one SELECT.
private struct FromScope {
    /// The names of all that stands in it, in lower case.
    private let names: [String]
    /// The columns that are one of both sides of a join; nil where these could be any.
    private let merged: [String]?

    init(_ from: JSONValue) {
        var names: [String] = []
        var merged: [String]? = []
        Self.look(at: from, &names, &merged)
        self.names = names
        self.merged = merged
    }

    private static func look(at from: JSONValue, _ names: inout [String], _ merged: inout [String]?) {
        guard from["type"]?.string == "JOIN" else { return names.append(name(of: from)) }
        merged? += from["using_columns"]?.array?.compactMap { $0.string?.lowercased() } ?? []
        if from["ref_type"]?.string == "NATURAL" { merged = nil }
        for side in ["left", "right"] { look(at: from[side] ?? .null, &names, &merged) }
    }

    private static func name(of table: JSONValue) -> String {
        let alias = table["alias"]?.string ?? ""
        return (alias.isEmpty ? table["table_name"]?.string ?? "" : alias).lowercased()
    }

    /// The conditions that must all hold; none for a clause that is not there.
    static func conjuncts(_ condition: JSONValue?) -> [JSONValue] {
        guard let condition, !condition.isNull else { return [] }
        guard condition["type"]?.string == "CONJUNCTION_AND" else { return [condition] }
        return (condition["children"]?.array ?? []).flatMap { conjuncts($0) }
    }

    /// - Parameter conditions: what rows that come out of `from` must fulfil.
    func annotated(_ from: JSONValue, _ conditions: [JSONValue]) -> JSONValue {
        guard var object = from.object else { return from }
        switch object["type"]?.string {
        case "BASE_TABLE": object[TableFilter.member] = filter(object, conditions)
        case "JOIN":
            let (left, right) = sides(object, conditions)
            object["left"] = annotated(object["left"] ?? .null, left)
            object["right"] = annotated(object["right"] ?? .null, right)
        default: break
        }
        return .object(object)
    }

    /// What the rows of each side must fulfil: an outer join keeps those of one side whatever its condition says, and a
    /// row of the other side that is left out could make it appear without a partner.
    private func sides(_ join: JSONObject, _ conditions: [JSONValue]) -> (left: [JSONValue], right: [JSONValue]) {
        let own = Self.conjuncts(join["condition"])
        guard ["REGULAR", "CROSS", "NATURAL"].contains(join["ref_type"]?.string ?? "") else { return ([], []) }
        return switch join["join_type"]?.string {
        case "INNER": (conditions + own, conditions + own)
        case "LEFT": (conditions, own)
        case "RIGHT": (own, conditions)
        case "SEMI": (conditions + own, own)
        case "ANTI": (conditions, own)
        default: ([], [])
        }
    }

    private func filter(_ table: JSONObject, _ conditions: [JSONValue]) -> JSONValue? {
        let name = Self.name(of: .object(table))
        let usable = conditions.filter(Self.isUsable)
        guard !usable.isEmpty, table["sample"]?.isNull == true, table["column_name_alias"]?.array?.isEmpty == true,
            !name.isEmpty, names.filter({ $0 == name }).count == 1
        else { return nil }
        return [
            "name": .string(name),
            "namespace": table["alias"]?.string?.isEmpty == true ? table["schema_name"] ?? "" : "",
            "hasNeighbours": .bool(names.count > 1), "merged": merged.map { .array($0.map { .string($0) }) } ?? .null,
            "conditions": .array(usable),
        ]
    }

    /// It names columns and no other rows.
    private static func isUsable(_ condition: JSONValue) -> Bool {
        var namesColumn = false
        return isPlain(condition, &namesColumn) && namesColumn
    }

    private static func isPlain(_ value: JSONValue, _ namesColumn: inout Bool) -> Bool {
        switch value {
        case .array(let values): return values.allSatisfy { isPlain($0, &namesColumn) }
        case .object(let object):
            switch object["class"]?.string {
            case "SUBQUERY", "WINDOW": return false
            case "COLUMN_REF": namesColumn = true
            default: break
            }
            return object.members.allSatisfy { isPlain($0.value, &namesColumn) }
        default: return true
        }
    }
}
