package import Base
package import Columns

/// Holds checks against the columns of their table, without reading a row.
package enum CheckTypes {
    /// What is wrong with the checks for a table of these columns: each fault with its place and what was probably
    /// meant.
    package static func faults(of checks: [Check], in schema: Schema) -> [TarnError] {
        checks.flatMap { faults(of: $0, in: schema) }
    }

    /// The faults of one check.
    package static func faults(of check: Check, in schema: Schema) -> [TarnError] {
        var faults: [TarnError] = []
        for column in check.columns where schema.field(named: column.name) == nil {
            faults.append(column.place.unknown("column", column.name, among: schema.fields.map(\.name)))
        }
        if faults.isEmpty, let fault = CheckTyping(check: check, schema: schema).fault { faults.append(fault) }
        return faults
    }

    /// What is wrong with what the check asks of the other table that it names.
    package static func faults(of check: Check, inOther schema: Schema) -> [TarnError] {
        let names = schema.fields.map(\.name)
        switch check.kind {
        case .relationships(let relationship):
            return relationship.fields.filter { schema.field(named: $0) == nil }.map {
                relationship.table.place.unknown("column", $0, among: names)
            }
        case .reconciliation(let reconciliation):
            let metric = reconciliation.otherMetric
            guard let column = metric.column else { return [] }
            guard schema.field(named: column.name) != nil else {
                return [column.place.unknown("column", column.name, among: names)]
            }
            return CheckTyping(check: check, schema: schema).otherFault(metric).map { [$0] } ?? []
        default: return []
        }
    }
}

/// One check, all of whose columns exist.
private struct CheckTyping {
    let check: Check
    let schema: Schema

    var fault: TarnError? {
        switch check.kind {
        case .rows(let rule): rowFault(rule) ?? countFault
        case .unique(let columns): uniqueFault(columns) ?? countFault
        case .relationships(let relationship): uniqueFault(relationship.columns) ?? countFault
        case .monotonic(let monotonic):
            classFault(monotonic.column, "numbers or moments") { $0.isNumber || $0.isMoment } ?? countFault
        case .failingRows, .value: countFault
        case .metric(let metric): metricFault(metric) ?? limitFault(metric)
        case .freshness(let column): classFault(column, "dates or timestamps") { $0.isMoment }
        case .deviation(let deviation): metricFault(deviation.metric) ?? numberFault(deviation.metric)
        case .reconciliation(let reconciliation):
            metricFault(reconciliation.metric) ?? numberFault(reconciliation.metric)
        case .rowCountChange: numbersFault([check.expectation, check.warning])
        case .schema: nil
        }
    }

    func otherFault(_ metric: Metric) -> TarnError? { metricFault(metric) ?? numberFault(metric) }

    private func classOf(_ column: ColumnReference) -> ColumnClass {
        ColumnClass(schema.field(named: column.name)?.type ?? .binary)
    }

    private func classFault(
        _ column: ColumnReference,
        _ wanted: String,
        _ isRight: (ColumnClass) -> Bool
    ) -> TarnError? {
        guard !isRight(classOf(column)) else { return nil }
        let type = schema.field(named: column.name).map { TypeName.text($0.type) } ?? ""
        return column.place.failure(
            "The check \(check.kindName) needs a column of \(wanted); `\(column.name)` is of type \(type).",
            remedy: "Choose another column, or another check."
        )
    }

    private func rowFault(_ rule: RowRule) -> TarnError? {
        switch rule {
        case .notNull, .expression: nil
        case .acceptedValues(let column, let values): valueFault(column, values)
        case .range(let column, let limits):
            classFault(column, "numbers or moments") { $0.isNumber || $0.isMoment }
                ?? valueFault(column, limits.literals)
        case .positive(let column): classFault(column, "numbers") { $0.isNumber }
        case .length(let column, let limits):
            classFault(column, "texts") { $0 == .text } ?? numbersFault([limits])
        case .pattern(let column, _): classFault(column, "texts") { $0 == .text }
        case .format(let column, let format):
            classFault(column, "texts") {
                $0 == .text || format == .uuid && $0 == .uuid || format == .date && $0.isMoment
            }
        }
    }

    private func uniqueFault(_ columns: [ColumnReference]) -> TarnError? {
        columns.lazy.compactMap { classFault($0, "single values") { $0 != .nested } }.first
    }

    private func metricFault(_ metric: Metric) -> TarnError? {
        guard case .aggregate(let function, let column) = metric else { return nil }
        return switch function {
        case .sum, .avg, .median, .stddev, .quantile: classFault(column, "numbers") { $0.isNumber }
        case .min, .max: classFault(column, "numbers or moments") { $0.isNumber || $0.isMoment }
        case .distinct: classFault(column, "single values") { $0 != .nested }
        }
    }

    private func numberFault(_ metric: Metric) -> TarnError? {
        guard case .aggregate(let function, let column) = metric, function == .min || function == .max else {
            return nil
        }
        return classFault(column, "numbers") { $0.isNumber }
    }

    private func limitFault(_ metric: Metric) -> TarnError? {
        let limits = [check.expectation, check.warning]
        guard case .aggregate(let function, let column) = metric, function == .min || function == .max else {
            return numbersFault(limits)
        }
        return valueFault(column, limits.compactMap(\.self).flatMap(\.literals))
    }

    private func valueFault(_ column: ColumnReference, _ values: [CheckLiteral]) -> TarnError? {
        guard let field = schema.field(named: column.name) else { return nil }
        return values.first { $0.sql(for: field.type) == nil }.map { value in
            value.place.failure(
                "`\(value.text)` cannot be compared with `\(column.name)`, a column of \(TypeName.text(field.type)).",
                remedy: "Write \(ColumnClass(field.type).valueForm)."
            )
        }
    }

    private var countFault: TarnError? { numbersFault([check.expectation, check.warning]) }

    private func numbersFault(_ limits: [Expectation?]) -> TarnError? {
        let literals = limits.compactMap(\.self).flatMap(\.literals)
        return literals.first { CheckNumber($0.text) == nil }.map {
            $0.place.failure("`\($0.text)` has to be a number.", remedy: "Write digits, as in `10` or `0.5`.")
        }
    }
}
