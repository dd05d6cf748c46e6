import Base
import Settings

extension CheckOptions {
    /// The check that a kind and its options mean.
    func check() throws(TarnError) -> Check {
        guard let form else { throw failure("The check does not say what it checks.", remedy: CheckForm.remedy) }
        let (kind, expectation) = try kind(form)
        var check = Check(name: "", kind: kind, expectation: expectation, place: place)
        check.name = check.defaultName
        check = try finished(check)
        if form == .freshness, let after = node("warn_after") {
            let limit = Expectation(upper: .init(literal: try age(after, "warn_after")))
            if has("max_age") || has("error_after") { check.warning = limit } else { check.severity = .warn }
        }
        return check
    }

    private func kind(_ form: CheckForm) throws(TarnError) -> (CheckKind, Expectation) {
        let none = Expectation.none(at: place)
        switch form {
        case .notNull, .acceptedValues, .range, .positive, .length, .pattern, .format, .expression:
            return (.rows(try rule(form)), none)
        case .unique: return (.unique(try columns()), none)
        case .relationships: return (.relationships(try relationship()), none)
        case .monotonic: return (.monotonic(try monotonic()), none)
        case .rowCount: return (.metric(.rowCount), try requiredLimits())
        case .sum, .avg, .min, .max, .median, .stddev, .distinct, .quantile:
            return (.metric(.aggregate(try function(form), try columns()[0])), try requiredLimits())
        case .rowCountChange: return (.rowCountChange, try change())
        case .freshness: return (.freshness(try columns()[0]), try age())
        case .schema: return (.schema(try schema()), Expectation())
        case .deviation: return (.deviation(try deviation()), Expectation())
        case .reconciliation: return (.reconciliation(try reconciliation()), Expectation())
        case .sql:
            guard let query = try fragment("sql", .query) else { throw failure("The check has no `sql`.") }
            guard let limits = try limits() else { return (.failingRows(query), none) }
            return (.value(query), limits)
        }
    }

    private func rule(_ form: CheckForm) throws(TarnError) -> RowRule {
        switch form {
        case .acceptedValues:
            guard let values = try literals("values"), !values.isEmpty else {
                throw failure("The check has no `values`.")
            }
            return .acceptedValues(try columns()[0], values)
        case .range: return .range(try columns()[0], try requiredLimits())
        case .positive: return .positive(try columns()[0])
        case .length: return .length(try columns()[0], try requiredLimits())
        case .pattern: return .pattern(try columns()[0], try required("regex"))
        case .format:
            let name = try required("format")
            guard let format = CheckFormat(rawValue: name.text.lowercased()) else {
                throw name.place.unknown("format", name.text, among: CheckFormat.allCases.map(\.rawValue))
            }
            return .format(try columns()[0], format)
        case .expression:
            guard let condition = try fragment("expression", .condition) else {
                throw failure("The check has no `expression`.")
            }
            // dbt's form beneath a column leaves the column out: `expression: "> 0"`.
            guard let column, let first = condition.text.first(where: { !$0.isWhitespace }), "<>=!".contains(first)
            else {
                return .expression(condition)
            }
            let whole = "\(sqlIdentifier(column.name)) \(condition.text)"
            return .expression(try SQLFragment(whole, .condition, at: condition.place))
        default: return .notNull(try columns()[0])
        }
    }

    private func requiredLimits() throws(TarnError) -> Expectation {
        if let limits = try limits() { return limits }
        guard has("error_if"), form?.countsRows == false else { throw failure("The check has no limits.") }
        return Expectation()
    }

    private func function(_ form: CheckForm) throws(TarnError) -> AggregateFunction {
        guard let function = AggregateFunction(form.rawValue, share: try literal("quantile")?.text) else {
            throw failure("`quantile` has to be a share from 0 to 1.")
        }
        return function
    }

    private func relationship() throws(TarnError) -> Relationship {
        let target = try required("to")
        let columns = try columns()
        var fields = try literals("fields") ?? []
        if let field = try literals("field") { fields += field }
        guard fields.isEmpty || fields.count == columns.count else {
            throw failure("There have to be as many `fields` as columns.")
        }
        return Relationship(
            columns: columns,
            table: try OtherTable(target.text, at: target.place),
            fields: fields.isEmpty ? columns.map(\.name) : fields.map(\.text)
        )
    }

    private func monotonic() throws(TarnError) -> Monotonic {
        let order = try references("order_by")
        guard !order.isEmpty else {
            throw failure("The check has no `order_by`: rows of a table have no order of their own.")
        }
        let direction = try literal("direction")
        guard direction.map({ ["increasing", "decreasing"].contains($0.text) }) ?? true else {
            throw (direction?.place ?? place)
                .unknown("direction", direction?.text ?? "", among: ["increasing", "decreasing"])
        }
        return Monotonic(
            column: try columns()[0],
            order: order,
            groups: try references("partition_by"),
            isFalling: direction?.text == "decreasing",
            isStrict: try flag("strict") ?? false
        )
    }

    /// In percent: `within: 20%`, or `min: -10%` and `max: 50%`.
    private func change() throws(TarnError) -> Expectation {
        func limit(_ key: String, _ sign: String = "") throws(TarnError) -> Expectation.Limit? {
            guard let amount = try amount(key) else { return nil }
            guard amount.isPercent else { throw failure("`\(key)` has to be a percentage.") }
            return .init(literal: CheckLiteral(text: sign + amount.number.description, place: place))
        }
        var result = Expectation(lower: try limit("min"), upper: try limit("max"), isPercent: true)
        if has("within") { (result.lower, result.upper) = (try limit("within", "-"), try limit("within")) }
        guard !result.literals.isEmpty else { throw failure("The check has no limits.") }
        return result
    }

    private func age() throws(TarnError) -> Expectation {
        for key in ["max_age", "error_after", "warn_after"] {
            guard let node = node(key) else { continue }
            return Expectation(upper: .init(literal: try age(node, key)))
        }
        throw failure("The check has no `max_age`.", remedy: "Write `max_age: 2h`.")
    }

    /// `2h`, or dbt's `{count: 2, period: hour}`.
    func age(_ node: ConfigurationNode, _ key: String) throws(TarnError) -> CheckLiteral {
        let seconds: Int64?
        if case .section = node.content {
            let section = try ConfigurationSection(node, keys: ["count", "period"], environment: Environment([:]))
            let period = section.place("period")
            guard case .text(let unit) = period.content, CheckDuration.units.contains(unit) else {
                throw period.failure("`period` has to be one of \(CheckDuration.units.joined(separator: ", ")).")
            }
            guard let count = try section.integer("count", 1...1_000_000) else {
                throw node.failure("`\(key)` has no `count`.")
            }
            seconds = CheckDuration.seconds(String(count), unit)
        } else {
            seconds = CheckDuration.seconds(try literal(node).text)
        }
        guard let seconds, seconds > 0 else {
            throw node.failure("`\(key)` has to be an age.", remedy: "Write a number and its unit: `90m`, `2h`, `7d`.")
        }
        return CheckLiteral(text: String(seconds), place: CheckPlace(node))
    }

    private func schema() throws(TarnError) -> SchemaRule {
        guard has("exact") != has("contains") else { throw failure("The check needs `exact` or `contains`, not both.") }
        let isExact = has("exact")
        guard let node = node(isExact ? "exact" : "contains") else { throw failure("The check has no columns.") }
        var columns: [SchemaRule.Column] = []
        switch node.content {
        case .list(let items): for item in items { columns.append(try schemaColumn(item)) }
        case .section(let entries):
            for entry in entries {
                let place = CheckPlace(file: node.file, line: entry.line, column: entry.column)
                columns.append(try schemaColumn(entry.key, at: place, entry.value))
            }
        default: throw node.failure("`\(node.path)` has to be a list of columns.")
        }
        guard !columns.isEmpty else { throw failure("The check has no columns.") }
        return SchemaRule(columns: columns, isExact: isExact)
    }

    /// `id`, `id: bigint`, or `{name: id, type: bigint}`.
    private func schemaColumn(_ node: ConfigurationNode) throws(TarnError) -> SchemaRule.Column {
        guard case .section(let entries) = node.content else {
            return try schemaColumn(try literal(node).text, at: CheckPlace(node), nil)
        }
        if entries.count == 1, let only = entries.first, only.key != "name" {
            return try schemaColumn(only.key, at: CheckPlace(node), only.value)
        }
        let section = try ConfigurationSection(node, keys: ["name", "type"], environment: Environment([:]))
        let name = try literal(section.place("name"))
        let type = entries.first { $0.key == "type" }?.value
        return try schemaColumn(name.text, at: name.place, type)
    }

    private func schemaColumn(
        _ name: String,
        at place: CheckPlace,
        _ type: ConfigurationNode?
    ) throws(TarnError) -> SchemaRule.Column {
        let reference = ColumnReference(name: name, place: place)
        guard let type else { return SchemaRule.Column(reference: reference, type: nil) }
        let literal = try literal(type)
        guard TypeName.isKnown(literal.text) else {
            throw literal.place.unknown("type", literal.text, among: TypeName.names)
        }
        return SchemaRule.Column(reference: reference, type: literal.text)
    }

    private func metric(_ key: String) throws(TarnError) -> Metric? {
        guard let literal = try literal(key) else { return nil }
        return try CheckExpression.metric(literal.text, at: literal.place)
    }

    private func deviation() throws(TarnError) -> Deviation {
        guard let metric = try metric("metric") else { throw failure("The check has no `metric`.") }
        guard let within = try amount("within"), within.isPercent else {
            throw failure("`within` has to be a percentage, as in `within: 20%`.")
        }
        let seconds = try literal("window").map { CheckDuration.seconds($0.text) ?? 0 } ?? 7 * 86_400
        let days = Int(seconds / 86_400)
        guard seconds % 86_400 == 0, (1...Deviation.daysMax).contains(days) else {
            throw failure("`window` has to be a number of days, as in `window: 7d`.")
        }
        let least = try literal("min_history").map { Int($0.text) ?? -1 } ?? 1
        guard (0...1000).contains(least) else { throw failure("`min_history` has to be a number from 0 to 1000.") }
        return Deviation(metric: metric, percent: within.number, days: days, historyMin: least)
    }

    private func reconciliation() throws(TarnError) -> Reconciliation {
        let target = try required("to")
        let metric = try metric("metric") ?? .rowCount
        let within = try amount("within") ?? (CheckNumber(0), true)
        return Reconciliation(
            metric: metric,
            table: try OtherTable(target.text, at: target.place),
            otherMetric: try self.metric("to_metric") ?? metric,
            otherFilter: try fragment("to_where", .conditionOver(try OtherTable(target.text, at: target.place).name)),
            tolerance: within.number,
            isPercent: within.isPercent
        )
    }
}
