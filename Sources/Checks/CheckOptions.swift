import Base
import Settings

/// The options of one check: those of its kind, those that all checks have, and those beneath dbt's `config` and
/// `arguments`, as if they stood side by side.
struct CheckOptions {
    static let commonKeys = ["name", "description", "where", "severity", "at_most", "warn_if", "error_if"]

    let form: CheckForm?
    let place: CheckPlace
    let column: ColumnReference?
    private let item: ConfigurationNode
    private let entries: [ConfigurationNode.Entry]

    /// - Parameter value: what stands behind the name of the kind.
    /// - Parameter siblings: the keys beside the name of the kind.
    init(
        _ form: CheckForm?,
        value: ConfigurationNode?,
        siblings: [ConfigurationNode.Entry],
        item: ConfigurationNode,
        column: ColumnReference?
    ) throws(TarnError) {
        self.form = form
        self.item = item
        self.column = column
        place = CheckPlace(item)
        var all = siblings
        switch value?.content {
        case nil, .nothing: break
        case .section(let options): all = options + all
        case .text, .list:
            guard let value, let key = form?.mainKey else {
                throw (value ?? item).failure(
                    "The check `\(form?.rawValue ?? "")` needs options.",
                    remedy: Self.keysRemedy(form)
                )
            }
            all.append(ConfigurationNode.Entry(key: key, line: value.line, column: value.column, value: value))
        }
        entries = try Self.flattened(all)
        var node = item
        node.content = .section(entries)
        let columnKeys = form.map { $0.columns == .none ? [] : ["column", "columns"] } ?? []
        let keys = (form?.keys ?? []) + columnKeys + Self.commonKeys
        _ = try ConfigurationSection(node, keys: keys, environment: Environment([:]))
    }

    private static func flattened(
        _ entries: [ConfigurationNode.Entry]
    ) throws(TarnError) -> [ConfigurationNode.Entry] {
        var result: [ConfigurationNode.Entry] = []
        for entry in entries {
            var added = [entry]
            if ["config", "arguments"].contains(entry.key) {
                guard case .section(let inner) = entry.value.content else {
                    throw entry.value.failure("`\(entry.value.path)` has to be a group of keys.")
                }
                added = inner
            }
            for entry in added {
                guard !result.contains(where: { $0.key == entry.key }) else {
                    throw entry.value.failure("The key `\(entry.key)` is written twice.")
                }
                result.append(entry)
            }
        }
        return result
    }

    private static func keysRemedy(_ form: CheckForm?) -> String {
        "Use the keys \(((form?.keys ?? []) + commonKeys).joined(separator: ", "))."
    }

    func failure(_ message: String, remedy: String? = nil) -> TarnError {
        item.failure(message, remedy: remedy ?? Self.keysRemedy(form))
    }
}

extension CheckOptions {
    func node(_ key: String) -> ConfigurationNode? {
        guard let node = entries.first(where: { $0.key == key })?.value else { return nil }
        if case .nothing = node.content { return nil }
        return node
    }

    func has(_ key: String) -> Bool { node(key) != nil }

    func literal(_ key: String) throws(TarnError) -> CheckLiteral? {
        guard let node = node(key) else { return nil }
        return try literal(node)
    }

    func required(_ key: String) throws(TarnError) -> CheckLiteral {
        guard let literal = try literal(key) else { throw failure("The check has no `\(key)`.") }
        return literal
    }

    func literals(_ key: String) throws(TarnError) -> [CheckLiteral]? {
        guard let node = node(key) else { return nil }
        guard case .list(let items) = node.content else { return [try literal(node)] }
        var result: [CheckLiteral] = []
        for item in items { result.append(try literal(item)) }
        return result
    }

    func literal(_ node: ConfigurationNode) throws(TarnError) -> CheckLiteral {
        guard case .text(let text) = node.content else {
            throw node.failure("`\(node.path)` has to be a single value.")
        }
        guard !text.contains("\0") else { throw node.failure("`\(node.path)` holds a character of value zero.") }
        return CheckLiteral(text: text, place: CheckPlace(node))
    }

    func flag(_ key: String) throws(TarnError) -> Bool? {
        guard let literal = try literal(key) else { return nil }
        guard let flag = ["true": true, "false": false][literal.text] else {
            throw literal.place.failure("`\(key)` has to be `true` or `false`.")
        }
        return flag
    }

    func fragment(_ key: String, _ role: SQLFragment.Role) throws(TarnError) -> SQLFragment? {
        guard let literal = try literal(key) else { return nil }
        return try SQLFragment(literal.text, role, at: literal.place)
    }

    func references(_ key: String) throws(TarnError) -> [ColumnReference] {
        try (literals(key) ?? []).map { ColumnReference(name: $0.text, place: $0.place) }
    }

    /// The columns that the check is about: the one it stands beneath, else those that it names.
    func columns() throws(TarnError) -> [ColumnReference] {
        var named: [ColumnReference] = []
        for key in ["column", "columns", "combination_of_columns", "loaded_at_field"] { named += try references(key) }
        if let column {
            guard named.isEmpty || named.map(\.name) == [column.name] || form == .unique || form == .relationships
            else {
                throw failure("The check stands beneath a column, and names another.")
            }
            if named.isEmpty { return [column] }
        }
        guard !named.isEmpty else {
            throw failure(
                "The check names no column.",
                remedy: "Put it beneath a column, or write `column: name` among its options."
            )
        }
        guard named.count == 1 || form?.columns == .many else { throw failure("The check is about a single column.") }
        return named
    }
}

extension CheckOptions {
    /// `20%`, `0.5`.
    func amount(_ key: String) throws(TarnError) -> (number: CheckNumber, isPercent: Bool)? {
        guard let literal = try literal(key) else { return nil }
        let isPercent = literal.text.hasSuffix("%")
        guard let number = CheckNumber(isPercent ? String(literal.text.dropLast()) : literal.text) else {
            throw literal.place.failure("`\(key)` has to be a number or a percentage.", remedy: "Write `20%` or `20`.")
        }
        return (number, isPercent)
    }

    /// The limits written as `min`, `max`, `above`, `below`, `equals`, `between` or a condition of one line.
    func limits() throws(TarnError) -> Expectation? {
        if let condition = try literal("is") {
            return try CheckExpression.condition(condition.text, at: condition.place)
        }
        if let equal = try literal("equals") { return .equal(equal) }
        let isInclusive = try flag("inclusive") ?? true
        var result = Expectation()
        if let both = try literals("between") {
            guard both.count == 2 else { throw failure("`between` has to be a list of two values.") }
            result = Expectation(lower: .init(literal: both[0]), upper: .init(literal: both[1]))
        }
        for key in ["min", "min_value", "above"] {
            guard let literal = try literal(key) else { continue }
            result.lower = .init(literal: literal, isInclusive: key != "above" && isInclusive)
        }
        for key in ["max", "max_value", "below"] {
            guard let literal = try literal(key) else { continue }
            result.upper = .init(literal: literal, isInclusive: key != "below" && isInclusive)
        }
        return result.literals.isEmpty ? nil : result
    }

    /// Sets what all checks have in common.
    func finished(_ check: Check) throws(TarnError) -> Check {
        var check = check
        if let name = try literal("name") {
            guard !name.text.isEmpty, name.text.count <= 200 else { throw failure("The name is empty or too long.") }
            check.name = name.text
        }
        check.description = try literal("description")?.text
        if let filter = try fragment("where", .condition) {
            guard check.filter == nil else { throw failure("The check has two conditions.") }
            check.filter = filter
        }
        if let severity = try literal("severity") {
            guard let value = CheckSeverity(rawValue: severity.text.lowercased()) else {
                throw severity.place.unknown("severity", severity.text, among: CheckSeverity.allCases.map(\.rawValue))
            }
            check.severity = value
        }
        if let most = try amount("at_most") {
            guard check.kind.countsRows else {
                throw failure("`at_most` is of failing rows, which this check does not count.")
            }
            let literal = CheckLiteral(text: most.number.description, place: place)
            check.expectation = Expectation(upper: .init(literal: literal), isPercent: most.isPercent)
        }
        if let limit = try threshold("error_if") { check.expectation = limit }
        check.warning = try threshold("warn_if")
        try refuseMeaningless(check)
        return check
    }

    /// What would change nothing is a mistake.
    private func refuseMeaningless(_ check: Check) throws(TarnError) {
        switch check.kind {
        case .schema, .failingRows, .value:
            guard check.filter == nil else { throw failure("The check \(check.kindName) takes no `where`.") }
        default: break
        }
        switch check.kind {
        case .schema, .deviation, .reconciliation:
            guard !has("error_if"), !has("warn_if") else {
                throw failure("The check \(check.kindName) takes neither `error_if` nor `warn_if`.")
            }
        case .rows, .unique, .relationships, .monotonic, .rowCountChange: break
        case .failingRows, .value, .metric, .freshness:
            guard !check.expectation.isPercent, check.warning?.isPercent != true else {
                throw failure("The check \(check.kindName) has nothing that a percentage could be of.")
            }
        }
    }

    /// dbt says when a check fails; an expectation says when it holds.
    private func threshold(_ key: String) throws(TarnError) -> Expectation? {
        guard let literal = try literal(key) else { return nil }
        guard let limit = Expectation(threshold: literal.text, at: literal.place) else {
            throw literal.place.failure("`\(key)` cannot be read.", remedy: "Write it as `> 10` or `>= 1%`.")
        }
        return limit.negated
    }
}
