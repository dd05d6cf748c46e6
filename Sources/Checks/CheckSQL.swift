import Base
import Columns

/// The SQL of checks over one table, for the engine or for a person who wants to look.
///
/// What people wrote stands in brackets of its own, with a line break behind it that ends a comment.
struct CheckSQL: Sendable {
    let name: TableName
    let schema: Schema
    /// What is read: a table's name, or a SELECT in brackets.
    let relation: String
    let other: @Sendable (String) throws(TarnError) -> String
    let fragment: @Sendable (SQLFragment) throws(TarnError) -> String

    /// Conditions may name the table as people do: `orders.amount`.
    var alias: String { sqlIdentifier(name.name) }
    var source: String { "\(relation) AS \(alias)" }

    func embedded(_ fragment: SQLFragment) throws(TarnError) -> String { "(\(try self.fragment(fragment))\n)" }

    /// The filter and further conditions, as WHERE or as the inside of FILTER; nil where there are none.
    func condition(_ filter: SQLFragment?, _ others: [String] = []) throws(TarnError) -> String? {
        var parts: [String] = []
        if let filter { parts.append(try embedded(filter)) }
        parts += others
        return parts.isEmpty ? nil : parts.joined(separator: " AND ")
    }

    func filtered(_ aggregate: String, _ filter: SQLFragment?, _ others: [String] = []) throws(TarnError) -> String {
        guard let condition = try condition(filter, others) else { return aggregate }
        return "\(aggregate) FILTER (WHERE \(condition))"
    }

    /// `FROM … WHERE …` of the checked table.
    func from(_ filter: SQLFragment?, _ others: [String] = []) throws(TarnError) -> String {
        guard let condition = try condition(filter, others) else { return "FROM \(source)" }
        return "FROM \(source) WHERE \(condition)"
    }

    func isRequired(_ column: ColumnReference) -> Bool { schema.field(named: column.name)?.isRequired == true }

    func type(_ column: ColumnReference) -> ColumnType { schema.field(named: column.name)?.type ?? .string }

    func sql(_ column: ColumnReference) -> String { sqlIdentifier(column.name) }

    func list(_ columns: [ColumnReference]) -> String { columns.map { sql($0) }.joined(separator: ", ") }

    /// That no column is null, for those that could be.
    func present(_ columns: [ColumnReference]) -> [String] {
        columns.filter { !isRequired($0) }.map { "\(sql($0)) IS NOT NULL" }
    }
}

extension CheckSQL {
    /// SQL that holds for a row that fails, and is false or null for all others.
    func fails(_ rule: RowRule) throws(TarnError) -> String {
        switch rule {
        case .notNull(let column): return "\(sql(column)) IS NULL"
        case .acceptedValues(let column, let values):
            var texts: [String] = []
            for value in values { texts.append(try literal(value, column)) }
            return "\(sql(column)) NOT IN (\(texts.joined(separator: ", ")))"
        case .range(let column, let limits):
            var lower: String?
            var upper: String?
            if let limit = limits.lower { lower = try literal(limit.literal, column) }
            if let limit = limits.upper { upper = try literal(limit.literal, column) }
            return orNaN(column, outside(sql(column), limits, lower, upper))
        case .positive(let column): return orNaN(column, "\(sql(column)) <= 0")
        case .length(let column, let limits):
            return
                "(\(outside("length(\(sql(column)))", limits, limits.lower?.literal.text, limits.upper?.literal.text)))"
        case .pattern(let column, let pattern): return "NOT regexp_matches(\(sql(column)), \(sqlLiteral(pattern.text)))"
        case .format(let column, let format):
            guard ColumnClass(type(column)) == .text else { return "FALSE" }
            return "NOT \(format.isValid(sql(column)))"
        case .expression(let condition): return "NOT \(try embedded(condition))"
        }
    }

    private func literal(_ literal: CheckLiteral, _ column: ColumnReference) throws(TarnError) -> String {
        guard let text = literal.sql(for: type(column)) else {
            throw literal.place.failure("A value cannot be compared with `\(column.name)`.")
        }
        return text
    }

    private func orNaN(_ column: ColumnReference, _ condition: String) -> String {
        ColumnClass(type(column)) == .float ? "(\(condition) OR isnan(\(sql(column))))" : "(\(condition))"
    }

    private func outside(_ value: String, _ limits: Expectation, _ lower: String?, _ upper: String?) -> String {
        if let lower, let upper, limits.lower?.isInclusive == true, limits.upper?.isInclusive == true {
            return "\(value) \(limits.isNegated ? "" : "NOT ")BETWEEN \(lower) AND \(upper)"
        }
        var parts: [String] = []
        if let lower { parts.append("\(value) \(limits.lower?.isInclusive == true ? "<" : "<=") \(lower)") }
        if let upper { parts.append("\(value) \(limits.upper?.isInclusive == true ? ">" : ">=") \(upper)") }
        let outside = parts.joined(separator: " OR ")
        return limits.isNegated ? "NOT (\(outside))" : outside
    }
}

extension CheckSQL {
    /// `FROM …` of exactly the rows that fail; nil for checks that do not look at rows.
    func failingRows(_ check: Check) throws(TarnError) -> String? {
        switch check.kind {
        case .rows(let rule): return try from(check.filter, [try fails(rule)])
        case .unique(let columns):
            let values = columns.count == 1 ? list(columns) : "(\(list(columns)))"
            let present = present(columns)
            let twice =
                "SELECT \(values) \(try from(check.filter, present)) GROUP BY \(list(columns)) HAVING count(*) > 1"
            return try from(check.filter, present + ["\(values) IN (\(twice))"])
        case .relationships(let relationship):
            let target = "tarn_other"
            let pairs = zip(relationship.columns, relationship.fields).map { column, field in
                "\(target).\(sqlIdentifier(field)) = \(alias).\(sql(column))"
            }
            let table = try other(relationship.table.name)
            let match = "SELECT 1 FROM \(table) AS \(target) WHERE \(pairs.joined(separator: " AND "))"
            return try from(check.filter, present(relationship.columns) + ["NOT EXISTS (\(match))"])
        case .monotonic(let monotonic):
            let column = sql(monotonic.column)
            let groups = monotonic.groups.isEmpty ? "" : "PARTITION BY \(list(monotonic.groups)) "
            let sign = (monotonic.isFalling ? ">" : "<") + (monotonic.isStrict ? "=" : "")
            return try from(check.filter, present([monotonic.column]))
                + " QUALIFY \(column) \(sign) lag(\(column)) OVER (\(groups)ORDER BY \(list(monotonic.order)))"
        case .failingRows(let query): return "FROM \(try embedded(query)) AS tarn_rows"
        default: return nil
        }
    }

    func countFailing(_ check: Check) throws(TarnError) -> String? {
        guard let rows = try failingRows(check) else { return nil }
        if case .monotonic = check.kind { return "SELECT count(*) FROM (SELECT 1 \(rows)) AS tarn_rows" }
        return "SELECT count(*) \(rows)"
    }

    func aggregate(_ metric: Metric, _ filter: SQLFragment?) throws(TarnError) -> String {
        guard case .aggregate(let function, let column) = metric else { return try filtered("count(*)", filter) }
        let value = sql(column)
        let call =
            switch function {
            case .stddev: "stddev_samp(\(value))"
            case .distinct: "count(DISTINCT \(value))"
            case .quantile(let share): "quantile_cont(\(value), \(share))"
            default: "\(function.name)(\(value))"
            }
        return try filtered(call, filter)
    }

    /// A statement that gives what the check measured, for a person.
    func query(_ check: Check) throws(TarnError) -> String? {
        if let rows = try failingRows(check) { return "SELECT * \(rows)" }
        switch check.kind {
        case .metric(let metric): return "SELECT \(try aggregate(metric, check.filter)) AS measured FROM \(source)"
        case .freshness(let column):
            return "SELECT \(try filtered("max(\(sql(column)))", check.filter)) AS measured FROM \(source)"
        case .rowCountChange: return "SELECT \(try filtered("count(*)", check.filter)) AS measured FROM \(source)"
        case .deviation(let deviation):
            return "SELECT \(try aggregate(deviation.metric, check.filter)) AS measured FROM \(source)"
        case .reconciliation(let reconciliation):
            let own = "SELECT \(try aggregate(reconciliation.metric, check.filter)) FROM \(source)"
            return "SELECT (\(own)) AS measured, (\(try otherSide(reconciliation))) AS expected"
        case .schema: return "DESCRIBE SELECT * FROM \(source)"
        case .value(let query): return "SELECT * FROM \(try embedded(query)) AS tarn_rows"
        default: return nil
        }
    }

    /// The other table is named in conditions over it as people name it.
    func otherSide(_ reconciliation: Reconciliation) throws(TarnError) -> String {
        let name = TableName(reconciliation.table.name)?.name ?? reconciliation.table.name
        let table = "\(try other(reconciliation.table.name)) AS \(sqlIdentifier(name))"
        return "SELECT \(try aggregate(reconciliation.otherMetric, reconciliation.otherFilter)) FROM \(table)"
    }
}
