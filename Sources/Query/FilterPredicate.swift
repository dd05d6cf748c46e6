import Base
import Columns
import Engine
import Iceberg

/// Makes a predicate on files of what a statement asks of a table's rows. Whatever is not understood for certain
/// becomes `anything`.
struct FilterPredicate {
    let schema: Schema
    private let name: String
    private let namespace: String
    private let hasNeighbours: Bool
    /// The columns that a join makes one of two; nil for any.
    private let merged: Set<String>?
    private let conditions: [JSONValue]

    /// Nil for a filter that is none.
    init?(_ filter: TableFilter, schema: Schema) {
        guard let tree = try? JSONParser.parse(Array(filter.tree.utf8), subject: "table filter"),
            let name = tree["name"]?.string, let conditions = tree["conditions"]?.array
        else { return nil }
        self.schema = schema
        self.name = name
        self.conditions = conditions
        namespace = tree["namespace"]?.string?.lowercased() ?? ""
        hasNeighbours = tree["hasNeighbours"]?.bool ?? true
        merged = tree["merged"]?.array.map { Set($0.compactMap(\.string)) }
    }

    /// The constants that the conditions compare columns with.
    var constants: Set<FilterConstant> {
        var found: Set<FilterConstant> = []
        _ = predicate { constant in
            found.insert(constant)
            return nil
        }
        return found
    }

    /// - Parameter value: a constant in the binary form of bounds; nil where it has none.
    func predicate(_ value: (FilterConstant) -> [UInt8]?) -> Predicate {
        .all(conditions.map { predicate($0, isNegated: false, value) }).simplified
    }
}

extension FilterPredicate {
    private typealias Lookup = (FilterConstant) -> [UInt8]?

    /// Of the rows for which a condition is true or, negated, false; for neither it may be null.
    private func predicate(_ tree: JSONValue, isNegated: Bool, _ value: Lookup) -> Predicate {
        let children = tree["children"]?.array ?? []
        switch tree["type"]?.string {
        case "CONJUNCTION_AND", "CONJUNCTION_OR":
            let parts = children.map { predicate($0, isNegated: isNegated, value) }
            return (tree["type"]?.string == "CONJUNCTION_AND") != isNegated ? .all(parts) : .any(parts)
        case "OPERATOR_NOT":
            guard children.count == 1 else { return .anything }
            return predicate(children[0], isNegated: !isNegated, value)
        case "OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL":
            guard children.count == 1, let column = column(children[0]) else { return .anything }
            return (tree["type"]?.string == "OPERATOR_IS_NULL") != isNegated ? .isNull(column) : .isNotNull(column)
        case "COMPARE_IN": return among(children, isNegated: isNegated, value)
        case "COMPARE_NOT_IN": return among(children, isNegated: !isNegated, value)
        case "COMPARE_BETWEEN": return between(tree, isNegated: isNegated, value)
        case "COLUMN_REF":
            guard let column = column(tree), column.type == .boolean else { return .anything }
            return .compare(column, .equal, [isNegated ? 0 : 1])
        case let type?:
            guard let comparison = Self.comparisons[type] else { return .anything }
            return compare(
                tree["left"] ?? .null,
                isNegated ? comparison.opposite : comparison,
                tree["right"] ?? .null,
                value
            )
        case nil: return .anything
        }
    }

    private static let comparisons: [String: Predicate.Comparison] = [
        "COMPARE_EQUAL": .equal, "COMPARE_NOTEQUAL": .notEqual, "COMPARE_LESSTHAN": .less,
        "COMPARE_LESSTHANOREQUALTO": .lessOrEqual, "COMPARE_GREATERTHAN": .greater,
        "COMPARE_GREATERTHANOREQUALTO": .greaterOrEqual,
    ]

    private func compare(
        _ left: JSONValue,
        _ comparison: Predicate.Comparison,
        _ right: JSONValue,
        _ value: Lookup
    ) -> Predicate {
        if let column = column(left) { return compare(column, comparison, right, value) }
        return column(right).map { compare($0, comparison.mirrored, left, value) } ?? .anything
    }

    private func compare(
        _ column: Predicate.Column,
        _ comparison: Predicate.Comparison,
        _ tree: JSONValue,
        _ value: Lookup
    ) -> Predicate {
        guard let constant = FilterConstant(tree, for: column.type), let bytes = value(constant) else {
            return .anything
        }
        return .compare(column, comparison, bytes)
    }

    private func between(_ tree: JSONValue, isNegated: Bool, _ value: Lookup) -> Predicate {
        let input = tree["input"] ?? .null
        let parts = [
            compare(input, isNegated ? .less : .greaterOrEqual, tree["lower"] ?? .null, value),
            compare(input, isNegated ? .greater : .lessOrEqual, tree["upper"] ?? .null, value),
        ]
        return isNegated ? .any(parts) : .all(parts)
    }

    private func among(_ children: [JSONValue], isNegated: Bool, _ value: Lookup) -> Predicate {
        guard let first = children.first, let column = column(first) else { return .anything }
        // Every constant is looked up, so that all of them are found at the first walk.
        let values = children.dropFirst().map { tree in
            FilterConstant(tree, for: column.type).flatMap { value($0) }
        }
        let bytes = values.compactMap { $0 }
        guard bytes.count == values.count else { return .anything }
        return isNegated ? .all(bytes.map { .compare(column, .notEqual, $0) }) : .among(column, bytes)
    }

    /// The table's own column that an expression names, if it has a type with an order; nil for anything else.
    private func column(_ tree: JSONValue) -> Predicate.Column? {
        guard tree["class"]?.string == "COLUMN_REF",
            let names = tree["column_names"]?.array?.compactMap({ $0.string?.lowercased() }), let first = names.first,
            let field = field(first, names), field.type.children.isEmpty
        else { return nil }
        let isNested = !schema.fields.contains { $0.id == field.id }
        return Predicate.Column(id: field.id, type: field.type, isNested: isNested)
    }

    /// Tables' names come before those of columns, and the statement is refused where an unqualified one fits several,
    /// unless a join made one column of them.
    private func field(_ first: String, _ names: [String]) -> Field? {
        if names.count > 1, first == name { return schema.field(path: Array(names.dropFirst())) }
        if names.count > 2, first == namespace, names[1] == name {
            return schema.field(path: Array(names.dropFirst(2)))
        }
        if names.count > 1, hasNeighbours || first == namespace { return nil }
        guard merged.map({ !$0.contains(first) }) ?? false else { return nil }
        return schema.field(path: names)
    }
}

extension Predicate {
    /// Without parts that say nothing.
    var simplified: Predicate {
        switch self {
        case .all(let parts):
            let left = parts.map(\.simplified).filter { $0 != .anything }
            return left.isEmpty ? .anything : (left.count == 1 ? left[0] : .all(left))
        case .any(let parts):
            let all = parts.map(\.simplified)
            return all.contains(.anything) ? .anything : .any(all)
        default: return self
        }
    }
}

extension Predicate.Comparison {
    /// What holds where this is false.
    fileprivate var opposite: Self {
        switch self {
        case .less: .greaterOrEqual
        case .lessOrEqual: .greater
        case .equal: .notEqual
        case .notEqual: .equal
        case .greaterOrEqual: .less
        case .greater: .lessOrEqual
        }
    }

    /// With its two sides exchanged.
    fileprivate var mirrored: Self {
        switch self {
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greaterOrEqual: .lessOrEqual
        case .greater: .less
        case .equal, .notEqual: self
        }
    }
}
