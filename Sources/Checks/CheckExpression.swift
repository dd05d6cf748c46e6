import Base

/// Reads a check of one line: `missing(customer_id) = 0`, `avg(amount) between 5 and 50 where status = 'paid'`.
///
///     check     := what condition ["where" SQL]
///     what      := "row_count" | "row_count_change" | name "(" arguments ")" | column
///     condition := sign value | ["not"] "between" value "and" value | "newer than" duration
///                | "within" number ["%"] "of" (number "day average" | metric "of" table) | "=" metric "of" table
struct CheckExpression {
    private let text: String
    private let place: CheckPlace
    private let tokens: [SQLToken]
    private var index = 0

    /// A check without a name of its own.
    static func parse(_ text: String, at place: CheckPlace) throws(TarnError) -> Check {
        var parser = try CheckExpression(text, at: place)
        return try parser.check()
    }

    /// A condition alone, as it may stand behind a metric's name in YAML: `between 5 and 50`, `>= 1`, `12`.
    static func condition(_ text: String, at place: CheckPlace) throws(TarnError) -> Expectation {
        var parser = try CheckExpression(text, at: place)
        let isValue = parser.peek.map { $0.kind == .number || $0.kind == .text || $0.isSign("-") } ?? false
        let expectation = isValue ? .equal(try parser.literal()) : try parser.condition(allowsPercent: false)
        guard parser.peek == nil else { throw parser.expected("the end of the condition") }
        return expectation
    }

    /// A metric alone: `row_count`, `sum(amount)`, or a column for its sum.
    static func metric(_ text: String, at place: CheckPlace) throws(TarnError) -> Metric {
        var parser = try CheckExpression(text, at: place)
        let metric = try parser.metric()
        guard parser.peek == nil else { throw parser.expected("the end of the metric") }
        return metric
    }

    private init(_ text: String, at place: CheckPlace) throws(TarnError) {
        self.text = text
        self.place = place
        // What follows `where` is SQL, and judged as such; what stands before it has no SQL in it.
        tokens = try place.tokens(of: text)
    }

    private mutating func check() throws(TarnError) -> Check {
        guard let first = peek else { throw expected("a check, such as `row_count > 0`") }
        guard first.kind == .word || first.kind == .quotedName else {
            throw expected("the name of a check or a column")
        }
        let isCall = tokens.count > 1 && tokens[1].isSign("(") && first.kind == .word
        let name = first.text.lowercased()
        if !isCall, name == "row_count_change", first.kind == .word {
            index += 1
            var expectation = try condition(allowsPercent: true)
            expectation.isPercent = true
            return try finish(.rowCountChange, expectation)
        }
        if isCall, !AggregateFunction.names.contains(name) { return try call(first) }
        return try metricCheck(try metric())
    }

    private mutating func finish(_ kind: CheckKind, _ expectation: Expectation) throws(TarnError) -> Check {
        var filter: SQLFragment?
        if let token = peek {
            guard token.isWord("where") else { throw expected("`where`, or the end of the check") }
            index += 1
            let rest = String(String.UnicodeScalarView(text.unicodeScalars.dropFirst(token.offset + 5)))
            var at = place
            at.character = token.offset + 6
            filter = try SQLFragment(rest, .condition, at: at)
        }
        return Check(name: "", kind: kind, filter: filter, expectation: expectation, place: place)
    }
}

extension CheckExpression {
    private static let calls = [
        "missing", "missing_count", "missing_percent", "duplicates", "duplicate_count", "duplicate_percent", "invalid",
        "invalid_count", "invalid_percent", "freshness",
    ]

    private mutating func call(_ token: SQLToken) throws(TarnError) -> Check {
        let name = token.text.lowercased()
        guard Self.calls.contains(name) else {
            throw place.unknown("check", name, among: Self.calls + AggregateFunction.names.sorted() + ["row_count"])
                .adding("character", String(token.offset + 1))
        }
        index += 2
        let columns = try columnList()
        if name == "freshness" {
            try closeCall()
            return try finish(.freshness(columns[0]), try ageLimit())
        }
        let isInvalid = name.hasPrefix("invalid")
        var kind = CheckKind.unique(columns)
        if isInvalid { kind = .rows(try validity(of: columns[0])) }
        if name.hasPrefix("missing") { kind = .rows(.notNull(columns[0])) }
        guard columns.count == 1 || name.hasPrefix("duplicate") else { throw expected("a single column") }
        try closeCall()
        var expectation = try condition(allowsPercent: true)
        if name.hasSuffix("_percent") { expectation.isPercent = true }
        return try finish(kind, expectation)
    }

    private mutating func columnList() throws(TarnError) -> [ColumnReference] {
        var columns: [ColumnReference] = []
        repeat {
            // `invalid(email, format: …)`: what has a colon behind it is an option.
            if !columns.isEmpty, index + 2 < tokens.count, tokens[index + 2].isSign(":") { return columns }
            if !columns.isEmpty { index += 1 }
            columns.append(try column())
        } while peek?.isSign(",") == true
        return columns
    }

    private mutating func column() throws(TarnError) -> ColumnReference {
        guard let token = peek, token.kind == .word || token.kind == .quotedName else { throw expected("a column") }
        index += 1
        var at = place
        at.character = token.offset + 1
        return ColumnReference(name: token.text, place: at)
    }

    /// What `invalid(column, …)` says that a valid value is.
    private mutating func validity(of column: ColumnReference) throws(TarnError) -> RowRule {
        let options = ["format", "pattern", "values", "min", "max", "min_length", "max_length", "length"]
        var range = Expectation()
        var isLength = false
        guard peek?.isSign(",") == true else { throw expected("`,` and what is valid, such as `format: email`") }
        while takeSign(",") {
            guard let option = peek, option.kind == .word else { throw expected("what is valid, as `format: email`") }
            index += 1
            try takeSign(":", or: "`:` after `\(option.text)`")
            switch option.text.lowercased() {
            case "format": return .format(column, try format())
            case "pattern": return .pattern(column, try textLiteral())
            case "values": return .acceptedValues(column, try literalList())
            case "min": range.lower = Expectation.Limit(literal: try literal())
            case "max": range.upper = Expectation.Limit(literal: try literal())
            case "min_length": (range.lower, isLength) = (Expectation.Limit(literal: try literal()), true)
            case "max_length": (range.upper, isLength) = (Expectation.Limit(literal: try literal()), true)
            case "length": (range, isLength) = (Expectation.equal(try literal()), true)
            default:
                throw place.unknown("option", option.text, among: options).adding("character", "\(option.offset + 1)")
            }
        }
        return isLength ? .length(column, range) : .range(column, range)
    }

    private mutating func format() throws(TarnError) -> CheckFormat {
        guard let token = peek, token.kind == .word || token.kind == .text else { throw expected("a format") }
        guard let format = CheckFormat(rawValue: token.text.lowercased()) else {
            throw place.unknown("format", token.text, among: CheckFormat.allCases.map(\.rawValue))
                .adding("character", String(token.offset + 1))
        }
        index += 1
        return format
    }

    private mutating func textLiteral() throws(TarnError) -> CheckLiteral {
        guard peek?.kind == .text else { throw expected("a text in quotes") }
        return try literal()
    }

    private mutating func literalList() throws(TarnError) -> [CheckLiteral] {
        let close = takeSign("[") ? "]" : ")"
        if close == ")" { try takeSign("(", or: "a list such as `('new', 'paid')`") }
        var values = [try literal()]
        while takeSign(",") { values.append(try literal()) }
        try takeSign(close, or: "`,` or `\(close)`")
        return values
    }
}

extension CheckExpression {
    /// `row_count`, `sum(amount)`; a column alone stands for its sum.
    private mutating func metric() throws(TarnError) -> Metric {
        guard let first = peek else { throw expected("a metric, such as `row_count` or `sum(amount)`") }
        if first.isWord("row_count") {
            index += 1
            return .rowCount
        }
        guard index + 1 < tokens.count, tokens[index + 1].isSign("("), first.kind == .word else {
            return .aggregate(.sum, try column())
        }
        index += 2
        let name = first.text.lowercased()
        let target = try column()
        var share: String?
        if name == "quantile" {
            try takeSign(",", or: "`,` and the share, as in `quantile(amount, 0.95)`")
            share = try literal().text
        }
        guard let function = AggregateFunction(name, share: share) else {
            throw place.unknown("metric", first.text, among: AggregateFunction.names.sorted() + ["row_count"])
                .adding("character", String(first.offset + 1))
        }
        try closeCall()
        return .aggregate(function, target)
    }

    private mutating func metricCheck(_ metric: Metric) throws(TarnError) -> Check {
        if peek?.isWord("newer") == true {
            guard case .aggregate(.max, let column) = metric else {
                throw expected("`max(column)` before `newer than`")
            }
            return try finish(.freshness(column), try ageLimit())
        }
        if takeWord("within") { return try within(metric) }
        if peek?.isSign("=") == true, index + 1 < tokens.count, tokens[index + 1].kind == .word {
            index += 1
            return try finish(.reconciliation(try other(metric, CheckNumber(0), isPercent: true)), Expectation())
        }
        return try finish(.metric(metric), try condition(allowsPercent: false))
    }

    /// `within 20% of 7 day average`, `within 1% of sum(amount) of silver.orders`.
    private mutating func within(_ metric: Metric) throws(TarnError) -> Check {
        guard let token = peek, token.kind == .number, let number = CheckNumber(token.text) else {
            throw expected("a number, as in `within 20% of 7 day average`")
        }
        index += 1
        let isPercent = takeSign("%")
        guard takeWord("of") else { throw expected("`of`") }
        guard let days = peek, days.kind == .number else {
            return try finish(.reconciliation(try other(metric, number, isPercent: isPercent)), Expectation())
        }
        guard isPercent else { throw expected("a percentage before `of … average`") }
        guard let count = Int(days.text), (1...Deviation.daysMax).contains(count) else {
            throw expected("a number of days from 1 to \(Deviation.daysMax)")
        }
        index += 1
        guard takeWord("day") || takeWord("days"), takeWord("average") else { throw expected("`day average`") }
        let deviation = Deviation(metric: metric, percent: number, days: count, historyMin: 1)
        return try finish(.deviation(deviation), Expectation())
    }

    private mutating func other(
        _ metric: Metric,
        _ tolerance: CheckNumber,
        isPercent: Bool
    ) throws(TarnError) -> Reconciliation {
        let otherMetric = try self.metric()
        guard takeWord("of") else { throw expected("`of` and the other table") }
        return Reconciliation(
            metric: metric,
            table: try table(),
            otherMetric: otherMetric,
            tolerance: tolerance,
            isPercent: isPercent
        )
    }

    private mutating func table() throws(TarnError) -> OtherTable {
        let at = peek?.offset ?? text.unicodeScalars.count
        var name = try column().name
        try takeSign(".", or: "`.` and the table's name, as in `silver.orders`")
        name += "." + (try column().name)
        var place = place
        place.character = at + 1
        return try OtherTable(name, at: place)
    }
}

extension CheckExpression {
    private mutating func condition(allowsPercent: Bool) throws(TarnError) -> Expectation {
        guard let token = peek else { throw expected("a condition, such as `= 0` or `between 1 and 5`") }
        if token.isWord("between") || token.isWord("not") {
            let isNegated = takeWord("not")
            guard takeWord("between") else { throw expected("`between`") }
            let lower = try value(allowsPercent)
            guard takeWord("and") else { throw expected("`and`") }
            let upper = try value(allowsPercent)
            return Expectation(
                lower: Expectation.Limit(literal: lower.literal),
                upper: Expectation.Limit(literal: upper.literal),
                isNegated: isNegated,
                isPercent: lower.isPercent || upper.isPercent
            )
        }
        guard token.kind == .sign, Expectation.signs.contains(token.text) else {
            throw expected("a condition, such as `= 0` or `between 1 and 5`")
        }
        index += 1
        let value = try value(allowsPercent)
        guard var expectation = Expectation(sign: token.text, value.literal) else { throw expected("a condition") }
        expectation.isPercent = value.isPercent
        return expectation
    }

    private mutating func value(_ allowsPercent: Bool) throws(TarnError) -> (literal: CheckLiteral, isPercent: Bool) {
        let literal = try literal()
        guard peek?.isSign("%") == true else { return (literal, false) }
        guard allowsPercent else { throw expected("a value without `%`") }
        index += 1
        return (literal, true)
    }

    /// `newer than 2 hours`, or `< 2 hours`, in seconds.
    private mutating func ageLimit() throws(TarnError) -> Expectation {
        if takeWord("newer") {
            guard takeWord("than") else { throw expected("`than`") }
        } else if !takeSign("<"), !takeSign("<=") {
            throw expected("`<` and an age, as in `freshness(ordered_at) < 2 hours`")
        }
        guard let number = peek, number.kind == .number, index + 1 < tokens.count, tokens[index + 1].kind == .word
        else {
            throw expected("an age, such as `2 hours`")
        }
        guard let seconds = CheckDuration.seconds(number.text, tokens[index + 1].text) else {
            throw expected("an age in seconds, minutes, hours or days")
        }
        index += 2
        return Expectation(upper: Expectation.Limit(literal: CheckLiteral(text: String(seconds), place: place)))
    }

    private mutating func literal() throws(TarnError) -> CheckLiteral {
        var at = place
        at.character = (peek?.offset ?? text.unicodeScalars.count) + 1
        let sign = takeSign("-") ? "-" : ""
        guard let token = peek else { throw expected("a value") }
        switch token.kind {
        case .number:
            index += 1
            return CheckLiteral(text: sign + token.text.filter { $0 != "_" }, place: at)
        case .text where sign.isEmpty, .word where sign.isEmpty && ["true", "false"].contains(token.text.lowercased()):
            index += 1
            return CheckLiteral(text: token.text, place: at)
        default: throw expected(sign.isEmpty ? "a value: a number, or a text in quotes" : "a number")
        }
    }

    private var peek: SQLToken? { index < tokens.count ? tokens[index] : nil }

    private mutating func takeSign(_ sign: String) -> Bool {
        guard peek?.isSign(sign) == true else { return false }
        index += 1
        return true
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard peek?.isWord(word) == true else { return false }
        index += 1
        return true
    }

    private mutating func takeSign(_ sign: String, or what: String) throws(TarnError) {
        guard takeSign(sign) else { throw expected(what) }
    }

    private mutating func closeCall() throws(TarnError) { try takeSign(")", or: "`)`") }

    private func expected(_ what: String) -> TarnError {
        let found = peek.map { "`\($0.text)`" } ?? "the end"
        return place.failure(
            "The check cannot be read: expected \(what), found \(found).",
            character: peek?.offset ?? text.unicodeScalars.count,
            remedy: "Write it as `missing(customer_id) = 0` or `row_count between 10 and 1000`."
        )
    }
}
