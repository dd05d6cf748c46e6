import Base

/// The kinds of checks as they are written in YAML.
enum CheckForm: String, CaseIterable {
    case notNull = "not_null"
    case unique
    case acceptedValues = "accepted_values"
    case range, positive, length, pattern, format, relationships
    case rowCount = "row_count"
    case rowCountChange = "row_count_change"
    case freshness, schema, monotonic
    case sum, avg, min, max, median, stddev, distinct, quantile
    case deviation, reconciliation, expression, sql

    enum Columns { case none, one, many }

    /// Names that people know from dbt and its packages.
    private static let aliases: [String: CheckForm] = [
        "accepted_range": .range, "dbt_utils.accepted_range": .range, "dbt_utils.expression_is_true": .expression,
        "expression_is_true": .expression, "unique_combination_of_columns": .unique,
        "dbt_utils.unique_combination_of_columns": .unique, "dbt_utils.not_constant": .distinct, "mean": .avg,
    ]

    static let remedy =
        "Write one of \(allCases.map(\.rawValue).joined(separator: ", ")), or a check of one line such as "
        + "`missing(customer_id) = 0`."

    init(_ name: String, at place: CheckPlace) throws(TarnError) {
        guard let form = CheckForm(rawValue: name) ?? Self.aliases[name] else {
            guard !name.contains("(") else {
                throw place.failure(
                    "A check of one line is cut apart by its colon.",
                    remedy: "Put the whole check in quotes, as YAML asks for."
                )
            }
            throw place.unknown("check", name, among: Self.allCases.map(\.rawValue) + ["check"])
        }
        self = form
    }

    var columns: Columns {
        switch self {
        case .notNull, .acceptedValues, .range, .positive, .length, .pattern, .format, .monotonic, .freshness: .one
        case .sum, .avg, .min, .max, .median, .stddev, .distinct, .quantile: .one
        case .unique, .relationships: .many
        case .rowCount, .rowCountChange, .schema, .deviation, .reconciliation, .expression, .sql: .none
        }
    }

    /// The key that is meant when a value stands straight behind the name.
    var mainKey: String? {
        switch self {
        case .acceptedValues: "values"
        case .pattern: "regex"
        case .format: "format"
        case .freshness: "max_age"
        case .rowCountChange: "within"
        case .expression: "expression"
        case .sql: "sql"
        case .schema: "contains"
        case .deviation: "metric"
        case .unique, .notNull: "columns"
        case .length: "equals"
        case .monotonic: "order_by"
        case .range, .rowCount, .sum, .avg, .min, .max, .median, .stddev, .distinct: "is"
        case .positive, .relationships, .quantile, .reconciliation: nil
        }
    }

    private static let limits = ["is", "min", "max", "above", "below", "equals", "between"]

    var keys: [String] {
        switch self {
        case .notNull, .positive: []
        case .unique: ["combination_of_columns"]
        case .acceptedValues: ["values"]
        case .range: Self.limits + ["min_value", "max_value", "inclusive"]
        case .length: ["min", "max", "equals", "between"]
        case .pattern: ["regex"]
        case .format: ["format"]
        case .relationships: ["to", "field", "fields"]
        case .rowCount, .sum, .avg, .min, .max, .median, .stddev, .distinct: Self.limits
        case .quantile: Self.limits + ["quantile"]
        case .rowCountChange: ["within", "min", "max"]
        case .freshness: ["max_age", "warn_after", "error_after", "loaded_at_field"]
        case .schema: ["exact", "contains"]
        case .monotonic: ["order_by", "partition_by", "direction", "strict"]
        case .deviation: ["metric", "within", "window", "min_history"]
        case .reconciliation: ["metric", "to", "to_metric", "within", "to_where"]
        case .expression: ["expression"]
        case .sql: ["sql"] + Self.limits
        }
    }

    /// Whether the check counts rows that fail, so that a number of them can be allowed.
    var countsRows: Bool {
        switch self {
        case .notNull, .unique, .acceptedValues, .range, .positive, .length, .pattern, .format, .relationships,
            .monotonic,
            .expression, .sql:
            true
        default: false
        }
    }
}
