// The module in four steps; docs/checks.md is the reference for those who write checks.
//
//     let declared = CheckReader.read(columns: columnsNode, checks: checksNode)    // YAML -> checks, faults
//     let faults = declared.faults + CheckTypes.faults(of: declared.checks, in: schema)
//     let table = CheckedTable(name: name, relation: "catalog.silver.orders", schema: schema)
//     let plan = CheckPlan(declared.checks, of: table, CheckContext(now: now, relation: relations, history: history))
//     let results = try await plan.evaluate { (sql) throws(TarnError) in try await connection.query(sql).batches }
//     let rows = CheckResults(run: id, table: name, version: 12, time: now, isPublished: true).batch(results)
//
// Before that, the caller sends `Check.fragments` (SQL that people wrote) and `Check.otherTables` through the
// rewriter of queries, and gives what came back to `CheckContext`. Nothing here reads, writes or runs anything by
// itself.

/// One thing that has to hold for a table, whichever way it was written.
package struct Check: Sendable, Hashable {
    /// Unique among the checks of a table; results are compared over time by it.
    package var name: String
    package var kind: CheckKind
    /// Only rows for which this SQL condition holds are looked at.
    package var filter: SQLFragment?
    package var severity = CheckSeverity.error
    /// What has to hold: of failing rows for the kinds that look at rows, else of the value that is measured.
    package var expectation: Expectation
    /// What is only worth a warning when it does not hold, while `expectation` does.
    package var warning: Expectation?
    package var description: String?
    package var place: CheckPlace
}

/// What a check that does not hold means for the table.
package enum CheckSeverity: String, Sendable, Hashable, CaseIterable {
    case warn
    case error
}

/// Where something was written; `character` counts from 1 inside a one-line check.
package struct CheckPlace: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int
    package var character: Int?

    package init(file: String, line: Int, column: Int, character: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
        self.character = character
    }

    package var description: String { "\(file):\(line):\(column)" }
}

/// SQL that a person wrote, with its place. The caller has it checked before it runs.
package struct SQLFragment: Sendable, Hashable {
    /// What the text has to be, for whoever checks it.
    package enum Role: Sendable, Hashable {
        /// A condition over the columns of the checked table.
        case condition
        /// A condition over the columns of another table.
        case conditionOver(String)
        /// A whole SELECT.
        case query
    }

    package var text: String
    package var role: Role
    package var place: CheckPlace
}

/// A column as a check names it.
package struct ColumnReference: Sendable, Hashable {
    package var name: String
    package var place: CheckPlace
}

/// What a check looks at.
package indirect enum CheckKind: Sendable, Hashable {
    /// Each row alone passes or fails.
    case rows(RowRule)
    /// No two rows hold the same values; rows with a null among them are left out, as in SQL.
    case unique([ColumnReference])
    case relationships(Relationship)
    case monotonic(Monotonic)
    case metric(Metric)
    /// The newest moment in a column is not older than the limits of the expectation, in seconds.
    case freshness(ColumnReference)
    /// The change of the number of rows since the run before, in percent of it.
    case rowCountChange
    /// The metric against the average of its earlier values.
    case deviation(Deviation)
    case reconciliation(Reconciliation)
    case schema(SchemaRule)
    /// Rows that a query gives are failures.
    case failingRows(SQLFragment)
    /// The one value that a query gives is measured.
    case value(SQLFragment)
}

/// What each row alone has to meet. A null meets everything but `notNull`.
package enum RowRule: Sendable, Hashable {
    case notNull(ColumnReference)
    case acceptedValues(ColumnReference, [CheckLiteral])
    case range(ColumnReference, Expectation)
    case positive(ColumnReference)
    /// In characters.
    case length(ColumnReference, Expectation)
    /// A regular expression that is found somewhere in the text.
    case pattern(ColumnReference, CheckLiteral)
    case format(ColumnReference, CheckFormat)
    case expression(SQLFragment)
}

/// Forms of text that are known by name.
package enum CheckFormat: String, Sendable, Hashable, CaseIterable {
    case email, uuid, url, ip, iban, card, date
}

/// Every combination of values is found among the rows of another table.
package struct Relationship: Sendable, Hashable {
    package var columns: [ColumnReference]
    package var table: OtherTable
    package var fields: [String]
}

/// A table that a check reads beside its own.
package struct OtherTable: Sendable, Hashable {
    package var name: String
    package var place: CheckPlace
}

/// The values of a column only rise (or fall) when rows are put in an order.
package struct Monotonic: Sendable, Hashable {
    package var column: ColumnReference
    package var order: [ColumnReference]
    package var groups: [ColumnReference]
    package var isFalling: Bool
    package var isStrict: Bool
}

/// A number, or a moment, of a whole table.
package enum Metric: Sendable, Hashable {
    case rowCount
    case aggregate(AggregateFunction, ColumnReference)
}

/// The functions behind a metric.
package enum AggregateFunction: Sendable, Hashable {
    case sum, avg, min, max, median, stddev, distinct
    /// The share is written as in SQL, `0.95`.
    case quantile(String)
}

/// A metric stays within `percent` of the average of its values over the days before.
package struct Deviation: Sendable, Hashable {
    package var metric: Metric
    package var percent: CheckNumber
    package var days: Int
    /// Fewer earlier values than this cannot be judged.
    package var historyMin: Int
}

/// A metric agrees with a metric of another table.
package struct Reconciliation: Sendable, Hashable {
    package var metric: Metric
    package var table: OtherTable
    package var otherMetric: Metric
    package var otherFilter: SQLFragment?
    /// The difference that is allowed, absolute or in percent of the other's value.
    package var tolerance: CheckNumber
    package var isPercent: Bool
}

/// Which columns a table has to have.
package struct SchemaRule: Sendable, Hashable {
    /// A column and, where it matters, its type.
    package struct Column: Sendable, Hashable {
        package var reference: ColumnReference
        /// As written; nil where any type will do.
        package var type: String?
    }

    package var columns: [Column]
    /// These and no others, in this order.
    package var isExact: Bool
}
