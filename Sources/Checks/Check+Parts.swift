extension Check {
    /// The kind's name, as it is written in YAML.
    package var kindName: String {
        switch kind {
        case .rows(.notNull): "not_null"
        case .rows(.acceptedValues): "accepted_values"
        case .rows(.range): "range"
        case .rows(.positive): "positive"
        case .rows(.length): "length"
        case .rows(.pattern): "pattern"
        case .rows(.format): "format"
        case .rows(.expression): "expression"
        case .unique: "unique"
        case .relationships: "relationships"
        case .monotonic: "monotonic"
        case .metric(.rowCount): "row_count"
        case .metric(.aggregate(let function, _)): function.name
        case .freshness: "freshness"
        case .rowCountChange: "row_count_change"
        case .deviation: "deviation"
        case .reconciliation: "reconciliation"
        case .schema: "schema"
        case .failingRows, .value: "sql"
        }
    }

    /// The columns of the checked table that the check names.
    package var columns: [ColumnReference] {
        switch kind {
        case .rows(let rule): rule.column.map { [$0] } ?? []
        case .unique(let columns): columns
        case .relationships(let relationship): relationship.columns
        case .monotonic(let monotonic): [monotonic.column] + monotonic.order + monotonic.groups
        case .metric(let metric): metric.column.map { [$0] } ?? []
        case .freshness(let column): [column]
        case .deviation(let deviation): deviation.metric.column.map { [$0] } ?? []
        case .reconciliation(let reconciliation): reconciliation.metric.column.map { [$0] } ?? []
        case .rowCountChange, .schema, .failingRows, .value: []
        }
    }

    /// The SQL that people wrote into the check; all of it has to be allowed before the check runs.
    package var fragments: [SQLFragment] {
        var result = filter.map { [$0] } ?? []
        switch kind {
        case .rows(.expression(let condition)): result.append(condition)
        case .failingRows(let query), .value(let query): result.append(query)
        case .reconciliation(let reconciliation): if let other = reconciliation.otherFilter { result.append(other) }
        default: break
        }
        return result
    }

    /// The tables that the check reads beside its own, without those inside of `fragments`.
    package var otherTables: [OtherTable] {
        switch kind {
        case .relationships(let relationship): [relationship.table]
        case .reconciliation(let reconciliation): [reconciliation.table]
        default: []
        }
    }

    /// Whether earlier results of the check are needed: those of `HistoryPoint`.
    package var needsHistory: Bool {
        switch kind {
        case .deviation, .rowCountChange: true
        default: false
        }
    }

    /// How the check is called when nobody named it.
    var defaultName: String {
        let names = columns.map(\.name).joined(separator: ", ")
        return switch kind {
        case .metric(let metric): metric.description
        case .deviation(let deviation): "deviation(\(deviation.metric))"
        case .reconciliation(let reconciliation):
            "reconciliation(\(reconciliation.metric), \(reconciliation.table.name))"
        case .rows(.expression(let fragment)): "expression(\(Self.shortened(fragment.text)))"
        case .failingRows(let fragment), .value(let fragment): "sql(\(Self.shortened(fragment.text)))"
        case .monotonic(let monotonic): "monotonic(\(monotonic.column.name))"
        default: names.isEmpty ? kindName : "\(kindName)(\(names))"
        }
    }

    private static func shortened(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count > 60 ? line.prefix(59) + "…" : line
    }
}

extension CheckKind {
    /// Whether failing rows are counted, rather than a value measured.
    var countsRows: Bool {
        switch self {
        case .rows, .unique, .relationships, .monotonic, .failingRows: true
        default: false
        }
    }
}

extension RowRule {
    var column: ColumnReference? {
        switch self {
        case .notNull(let column), .acceptedValues(let column, _), .range(let column, _), .positive(let column),
            .length(let column, _), .pattern(let column, _), .format(let column, _):
            column
        case .expression: nil
        }
    }
}
