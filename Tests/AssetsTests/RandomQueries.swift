import Base
import Columns

@testable import Assets

/// Random statements over three small tables, nested a few levels deep; the seed repeats them.
struct RandomQueries {
    enum Kind: CaseIterable {
        case number
        case text
    }

    struct Column {
        let name: String
        let kind: Kind
    }

    private let entropy: SeededEntropy
    private var names = 0

    static let tables = ["a", "b", "c"]
    static let columns = [
        Column(name: "k", kind: .number), Column(name: "g", kind: .number), Column(name: "x", kind: .number),
        Column(name: "s", kind: .text),
    ]

    static var catalog: TableCatalog {
        var catalog = TableCatalog()
        for table in tables {
            let fields = columns.enumerated().map {
                Field(id: $0 + 1, name: "\(table)_\($1.name)", type: $1.kind == .number ? .int : .string)
            }
            catalog.tables[TableName(namespace: "o", name: table)] = KnownTable(
                schema: Schema(fields: fields),
                owner: .open
            )
        }
        return catalog
    }

    init(seed: UInt64) { entropy = SeededEntropy(seed: seed) }

    private func below(_ bound: Int) -> Int { Int(entropy.next() % UInt64(bound)) }

    private mutating func name() -> String {
        names += 1
        return "n\(names)"
    }

    mutating func query() -> String { relation(depth: 2).sql }

    /// A SELECT with columns of fresh names.
    private mutating func relation(depth: Int) -> (sql: String, columns: [Column]) {
        guard depth > 0 else { return plain() }
        switch below(9) {
        case 0: return grouped(depth)
        case 1: return windowed(depth)
        case 2: return united(depth)
        case 3: return shared(depth)
        case 4: return withSubqueries(depth)
        case 5, 6: return joined(depth)
        default: return filtered(depth)
        }
    }

    private mutating func plain() -> (sql: String, columns: [Column]) {
        let table = Self.tables[below(3)]
        return select(Self.columns.map { Column(name: "\(table)_\($0.name)", kind: $0.kind) }, "FROM o.\(table)")
    }

    /// Some of the columns, some as they are and some computed.
    private mutating func select(
        _ input: [Column],
        _ rest: String,
        extra: [(sql: String, kind: Kind)] = []
    )
        -> (sql: String, columns: [Column])
    {
        var parts: [String] = []
        var columns: [Column] = []
        for kind in Kind.allCases + [.number] {
            let expression = below(2) == 0 ? column(input, kind) : value(input, kind, depth: 2)
            let name = name()
            parts.append("\(expression) AS \(name)")
            columns.append(Column(name: name, kind: kind))
        }
        for item in extra {
            let name = name()
            parts.append("\(item.sql) AS \(name)")
            columns.append(Column(name: name, kind: item.kind))
        }
        return ("SELECT \(parts.joined(separator: ", ")) \(rest)", columns)
    }

    private func column(_ input: [Column], _ kind: Kind) -> String {
        let fitting = input.filter { $0.kind == kind }
        return fitting.isEmpty ? (kind == .number ? "1" : "'p'") : fitting[below(fitting.count)].name
    }

    private func value(_ input: [Column], _ kind: Kind, depth: Int) -> String {
        guard depth > 0 else { return column(input, kind) }
        let number = { value(input, .number, depth: depth - 1) }
        let text = { value(input, .text, depth: depth - 1) }
        switch (kind, below(5)) {
        case (.number, 0): return "(\(number()) + \(number()))"
        case (.number, 1): return "length(\(text()))"
        case (.number, 2): return "CASE WHEN \(condition(input)) THEN \(number()) ELSE \(number()) END"
        case (.number, 3): return "coalesce(nullif(\(number()), 2), \(number()))"
        case (.text, 0): return "(\(text()) || \(text()))"
        case (.text, 1): return "CAST(\(number()) AS varchar)"
        case (.text, 2): return "struct_pack(f := \(text()), n := \(number())).f"
        case (.text, 3): return "list_transform([\(text())], q -> q || \(text()))[1]"
        default: return column(input, kind)
        }
    }

    private func condition(_ input: [Column]) -> String {
        switch below(4) {
        case 0: "\(column(input, .number)) <= \(column(input, .number))"
        case 1: "\(column(input, .text)) <> '\(["p", "q", "r"][below(3)])'"
        case 2: "\(column(input, .number)) IN (1, 2, 3)"
        default: "\(column(input, .number)) > 1"
        }
    }

    private mutating func filtered(_ depth: Int) -> (sql: String, columns: [Column]) {
        let (inner, columns) = relation(depth: depth - 1)
        let order = below(4) == 0 ? " ORDER BY \(column(columns, .number)), \(column(columns, .text)) LIMIT 4" : ""
        return select(columns, "FROM (\(inner)) AS \(name()) WHERE \(condition(columns))\(order)")
    }

    private mutating func joined(_ depth: Int) -> (sql: String, columns: [Column]) {
        let (left, leftColumns) = relation(depth: depth - 1)
        let (right, rightColumns) = relation(depth: depth - 1)
        let on = "\(column(leftColumns, .number)) \(["=", "<=", "="][below(3)]) \(column(rightColumns, .number))"
        switch below(6) {
        case 0:
            return select(
                leftColumns,
                "FROM (\(left)) AS \(name()) \(below(2) == 0 ? "SEMI" : "ANTI") JOIN (\(right)) AS \(name()) ON \(on)"
            )
        case let kind:
            let words = ["", "", "LEFT", "RIGHT", "FULL", ""][kind]
            return select(
                leftColumns + rightColumns,
                "FROM (\(left)) AS \(name()) \(words) JOIN (\(right)) AS \(name()) ON \(on)"
            )
        }
    }

    private mutating func grouped(_ depth: Int) -> (sql: String, columns: [Column]) {
        let (inner, input) = relation(depth: depth - 1)
        let key = column(input, below(2) == 0 ? .number : .text)
        let (keyName, first, second) = (name(), name(), name())
        let having = below(3) == 0 ? " HAVING max(\(column(input, .number))) > 1" : ""
        let sql = """
            SELECT min(\(key)) AS \(keyName), \
            sum(\(column(input, .number))) FILTER (WHERE \(condition(input))) AS \(first), \
            string_agg(\(column(input, .text)), ',' ORDER BY \(column(input, .number)), \(column(input, .text))) AS \
            \(second) FROM (\(inner)) AS \(name()) GROUP BY \(key)\(having)
            """
        let keyKind: Kind = input.first { $0.name == key }?.kind ?? (key == "1" ? .number : .text)
        return (
            sql,
            [
                Column(name: keyName, kind: keyKind), Column(name: first, kind: .number),
                Column(name: second, kind: .text),
            ]
        )
    }

    private mutating func windowed(_ depth: Int) -> (sql: String, columns: [Column]) {
        let (inner, input) = relation(depth: depth - 1)
        let over =
            "(PARTITION BY \(column(input, .number)) ORDER BY \(column(input, .number)), \(column(input, .text)))"
        let function = ["count(*)", "sum(\(column(input, .number)))", "rank()", "max(length(\(column(input, .text))))"]
        let qualify = below(3) == 0 ? "QUALIFY rank() OVER \(over) <= 2" : ""
        return select(
            input,
            "FROM (\(inner)) AS \(name()) \(qualify)",
            extra: [("\(function[below(4)]) OVER \(over)", .number)]
        )
    }

    private mutating func united(_ depth: Int) -> (sql: String, columns: [Column]) {
        let (left, leftColumns) = relation(depth: depth - 1)
        let (right, rightColumns) = relation(depth: depth - 1)
        let word = ["UNION ALL", "UNION", "EXCEPT", "INTERSECT"][below(4)]
        let (number, text) = (name(), name())
        let sql = """
            SELECT \(column(leftColumns, .number)) AS \(number), \(column(leftColumns, .text)) AS \(text) \
            FROM (\(left)) AS \(name()) \(word) \
            SELECT \(column(rightColumns, .number)), \(column(rightColumns, .text)) FROM (\(right)) AS \(name())
            """
        return (sql, [Column(name: number, kind: .number), Column(name: text, kind: .text)])
    }

    /// A common table expression that is read twice.
    private mutating func shared(_ depth: Int) -> (sql: String, columns: [Column]) {
        let (inner, input) = relation(depth: depth - 1)
        let (expression, first, second) = (name(), name(), name())
        let key = column(input, .number)
        guard input.contains(where: { $0.name == key }) else { return (inner, input) }
        let (sql, columns) = select(
            input.map { Column(name: "\(first).\($0.name)", kind: $0.kind) },
            """
            FROM \(expression) AS \(first) JOIN \(expression) AS \(second) ON \(first).\(key) = \(second).\(key) \
            WHERE \(condition(input.map { Column(name: "\(second).\($0.name)", kind: $0.kind) }))
            """
        )
        return ("WITH \(expression) AS (\(inner)) \(sql)", columns)
    }

    private mutating func withSubqueries(_ depth: Int) -> (sql: String, columns: [Column]) {
        let (inner, input) = relation(depth: depth - 1)
        let (other, otherColumns) = relation(depth: depth - 1)
        let key = column(input, .number)
        let scalar = """
            (SELECT max(\(column(otherColumns, .number))) FROM (\(other)) AS \(name()) \
            WHERE \(column(otherColumns, .number)) = \(key))
            """
        let (second, secondColumns) = relation(depth: depth - 1)
        let test = [
            "EXISTS (SELECT 1 FROM (\(second)) AS \(name()) WHERE \(column(secondColumns, .number)) = \(key))",
            "\(key) IN (SELECT \(column(secondColumns, .number)) FROM (\(second)) AS \(name()))",
            "\(key) <= (SELECT max(\(column(secondColumns, .number))) FROM (\(second)) AS \(name()))",
        ][below(3)]
        return below(2) == 0
            ? select(input, "FROM (\(inner)) AS \(name()) WHERE \(test)", extra: [(scalar, .number)])
            : select(input, "FROM (\(inner)) AS \(name())", extra: [("(\(test))::int", .number)])
    }
}
