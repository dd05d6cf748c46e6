import Base
import Columns
import Engine
import Iceberg
import Lake

/// A constant expression that a statement compares a column with.
struct FilterConstant: Sendable, Hashable {
    /// The expression, as text of its tree.
    let tree: String
    /// Of the column.
    let type: ColumnType
    /// A text in quotes, which the engine takes for a value of the column's type.
    let isLiteral: Bool

    /// Nil for an expression that could give another value when it is worked out again.
    init?(_ tree: JSONValue, for type: ColumnType) {
        guard Self.isConstant(tree) else { return nil }
        self.tree = tree.text
        self.type = type
        isLiteral = tree["class"]?.string == "CONSTANT" && tree["value"]?["type"]?["id"]?.string == "VARCHAR"
    }

    private static func isConstant(_ value: JSONValue) -> Bool {
        switch value["class"]?.string {
        case "CONSTANT": return true
        case "CAST": return isConstant(value["child"] ?? .null)
        case "FUNCTION":
            guard functions.contains(value["function_name"]?.string?.lowercased() ?? "") else { return false }
            return value["children"]?.array?.allSatisfy(isConstant) ?? false
        default: return false
        }
    }

    private static let functions: Set<String> = [
        "+", "-", "*", "to_years", "to_months", "to_weeks", "to_days", "to_hours", "to_minutes", "to_seconds", "trunc",
        "date_trunc", "make_date", "make_timestamp",
    ]
}

extension FilterConstant {
    /// Lets the engine work the constants out: values in the binary form of bounds.
    ///
    /// A constant without a value of the column's type that means just the same in every comparison is left out.
    static func values(
        of constants: Set<FilterConstant>,
        on connection: EngineConnection
    ) async throws(TarnError) -> [FilterConstant: [UInt8]] {
        let ordered = constants.sorted { ($0.tree, $0.type.sql) < ($1.tree, $1.type.sql) }
        guard !ordered.isEmpty, ordered.count <= constantsMax else { return [:] }
        let given = try await connection.deserialize(try selection(of: ordered))
        let names = ordered.indices.map { "c\($0)" }.joined(separator: ", ")
        let columns = ordered.enumerated().map { $1.columns("c\($0)") }.joined(separator: ", ")
        let result = try await connection.query("SELECT \(columns) FROM (\(given)) AS constants(\(names))")
        guard let batch = result.batches.first, batch.rowCount == 1 else { return [:] }
        var values: [FilterConstant: [UInt8]] = [:]
        for (index, constant) in ordered.enumerated() {
            let texts = batch.columns[index * 3..<index * 3 + 3].map { ValueText.text($0, 0) }
            values[constant] = constant.value(kind: texts[0] ?? "", isSame: texts[1], text: texts[2])
        }
        return values
    }

    /// A list beyond this prunes nothing.
    private static let constantsMax = 1000

    private static func selection(of constants: [FilterConstant]) throws(TarnError) -> JSONValue {
        var items: [JSONValue] = []
        for constant in constants {
            items.append(try JSONParser.parse(Array(constant.tree.utf8), subject: "syntax tree"))
        }
        return [
            "error": false,
            "statements": [
                [
                    "node": [
                        "type": "SELECT_NODE", "modifiers": [], "cte_map": ["map": []], "select_list": .array(items),
                        "from_table": ["type": "EMPTY", "alias": "", "sample": .null], "where_clause": .null,
                        "group_expressions": [], "group_sets": [], "aggregate_handling": "STANDARD_HANDLING",
                        "having": .null, "sample": .null, "qualify": .null,
                    ],
                    "named_param_map": [],
                ]
            ],
        ]
    }

    /// The constant's own type, whether the column's type holds it exactly, and its text in that type.
    private func columns(_ name: String) -> String {
        let value = "TRY_CAST(\(name) AS \(type.sql))"
        let isSame = isLiteral ? "\(value) IS NOT NULL" : "\(value) = \(name)"
        let text =
            switch type {
            case .binary, .fixed: "hex(\(value))"
            default: "CAST(\(value) AS VARCHAR)"
            }
        return "typeof(\(name)), CAST(\(isSame) AS VARCHAR), \(text)"
    }

    private func value(kind: String, isSame: String?, text: String?) -> [UInt8]? {
        guard isLiteral || keepsColumn(as: kind), isSame == "true", let text else { return nil }
        return SingleValue.encode(text, as: type)
    }

    /// Whether the engine, to compare with a constant of this type, leaves the column's values as they are or turns
    /// them into others of the same order, no two of which become equal.
    private func keepsColumn(as kind: String) -> Bool {
        let integers: Set<String> = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT"]
        let moments: Set<String> = ["DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"]
        return switch type {
        case .int, .long: integers.contains(kind) || Self.fits(kind, digits: 19, scale: 0)
        case .decimal(let precision, let scale):
            integers.contains(kind)
                ? max(precision - scale, 19) + scale <= DecimalType.digitsMax
                : Self.fits(kind, digits: precision - scale, scale: scale)
        case .float, .double:
            integers.contains(kind) || ["FLOAT", "DOUBLE"].contains(kind) || kind.hasPrefix("DECIMAL(")
        case .date, .timestamp, .timestamptz: moments.contains(kind)
        case .boolean, .time, .string, .uuid, .binary: kind == type.sql
        case .fixed, .structure, .list, .map: false
        }
    }

    /// Whether a decimal type holds both the column's values and those of the constant's type.
    private static func fits(_ kind: String, digits: Int, scale: Int) -> Bool {
        guard kind.hasPrefix("DECIMAL("), kind.hasSuffix(")") else { return false }
        let numbers = kind.dropFirst(8).dropLast().split(separator: ",").compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return max(digits, numbers[0] - numbers[1]) + max(scale, numbers[1]) <= DecimalType.digitsMax
    }
}

private enum DecimalType {
    static let digitsMax = 38
}
