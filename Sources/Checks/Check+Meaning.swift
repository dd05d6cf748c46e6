package import Base

extension Check {
    /// What decides about the outcome, without places and words: equal for checks that judge alike.
    package var meaning: JSONValue {
        var object: JSONObject = [
            "kind": .string(kindName), "columns": .array(columns.map { .string($0.name) }),
            "options": .array(options.map { .string($0) }), "severity": .string(severity.rawValue),
            "expected": .string(expectation.description),
        ]
        if let filter { object.append("where", .string(filter.text)) }
        if let warning { object.append("warning", .string(warning.description)) }
        // Earlier results are found by the name.
        if needsHistory { object.append("name", .string(name)) }
        return .object(object)
    }

    private var options: [String] {
        switch kind {
        case .rows(let rule): rule.options
        case .relationships(let relationship): [relationship.table.name] + relationship.fields
        case .monotonic(let monotonic):
            [
                monotonic.order.map(\.name).joined(separator: ","), monotonic.isFalling ? "falling" : "rising",
                monotonic.isStrict ? "strict" : "",
            ]
        case .metric(let metric): [metric.description]
        case .deviation(let deviation):
            [
                deviation.metric.description, "\(deviation.percent)", String(deviation.days),
                String(deviation.historyMin),
            ]
        case .reconciliation(let reconciliation):
            [
                reconciliation.metric.description, reconciliation.table.name, reconciliation.otherMetric.description,
                reconciliation.otherFilter?.text ?? "", "\(reconciliation.tolerance)",
                reconciliation.isPercent ? "%" : "",
            ]
        case .schema(let rule):
            [rule.isExact ? "exact" : "contains"] + rule.columns.flatMap { [$0.reference.name, $0.type ?? ""] }
        case .failingRows(let query): ["rows", query.text]
        case .value(let query): ["value", query.text]
        case .unique, .freshness, .rowCountChange: []
        }
    }
}

extension RowRule {
    fileprivate var options: [String] {
        switch self {
        case .notNull, .positive: []
        case .acceptedValues(_, let values): values.map(\.text)
        case .range(_, let limits), .length(_, let limits): [limits.description]
        case .pattern(_, let pattern): [pattern.text]
        case .format(_, let format): [format.rawValue]
        case .expression(let condition): [condition.text]
        }
    }
}
