package import Base
package import Columns

/// The results of one evaluation as rows of `tarn.check_results`, and as JSON.
package struct CheckResults: Sendable {
    package static let table = TableName(namespace: "tarn", name: "check_results")

    package var run: String
    package var table: TableName
    /// The version of the lake that was read.
    package var version: Int64?
    package var time: Timestamp
    /// What was checked is what readers see, or became it with this run: later runs compare themselves with it.
    package var isPublished: Bool

    package init(run: String, table: TableName, version: Int64?, time: Timestamp, isPublished: Bool) {
        self.run = run
        self.table = table
        self.version = version
        self.time = time
        self.isPublished = isPublished
    }

    /// Never changes but by fields at the end.
    package static let schema: Schema = {
        let fields: [(String, ColumnType, Bool)] = [
            ("run_id", .string, true), ("table_name", .string, true), ("check_name", .string, true),
            ("kind", .string, true), ("columns", .string, false), ("severity", .string, true),
            ("outcome", .string, true), ("measured", .string, false), ("value", .double, false),
            ("expected", .string, true), ("failing_rows", .long, false), ("sample_keys", .string, false),
            ("query", .string, false), ("reason", .string, false), ("lake_version", .long, false),
            ("time", .timestamptz, true), ("published", .boolean, true),
        ]
        return Schema(
            fields: fields.enumerated().map { index, field in
                Field(id: index + 1, name: field.0, type: field.1, isRequired: field.2)
            }
        )
    }()

    /// A list of objects with the keys of the table's columns.
    package func json(_ results: [CheckResult]) -> JSONValue { .array(results.map(row)) }

    package func batch(_ results: [CheckResult]) -> ColumnBatch { Self.batch(of: results.map(row)) }

    /// Rows of the table of what `json` gave, as it was kept meanwhile; what is missing or of another kind is null.
    package static func batch(of rows: [JSONValue]) -> ColumnBatch {
        var batch = ColumnBatch(schema: schema)
        for row in rows {
            for (index, field) in schema.fields.enumerated() { batch.columns[index].append(row[field.name], of: field) }
        }
        return batch
    }

    private func row(_ result: CheckResult) -> JSONValue {
        [
            "run_id": .string(run), "table_name": .string(table.description), "check_name": .string(result.check.name),
            "kind": .string(result.check.kindName), "columns": .texts(result.check.columns.map(\.name)),
            "severity": .string(result.check.severity.rawValue), "outcome": .string(result.outcome.rawValue),
            "measured": .text(result.measured), "value": .double(result.value), "expected": .string(result.expected),
            "failing_rows": result.failingRows.map { .integer($0) } ?? .null, "sample_keys": .texts(result.sampleKeys),
            "query": .text(result.query), "reason": .text(result.reason),
            "lake_version": version.map { .integer($0) } ?? .null, "time": .string(time.description),
            "published": .bool(isPublished),
        ]
    }
}

extension JSONValue {
    fileprivate static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    fileprivate static func texts(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    fileprivate static func double(_ value: Double?) -> JSONValue {
        value.flatMap { $0.isFinite ? .number(String($0)) : nil } ?? .null
    }

    fileprivate var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let text): Double(text)
        default: nil
        }
    }
}

extension Column {
    /// Lists become one text: names of columns in a line, keys of rows a line each.
    fileprivate mutating func append(_ value: JSONValue?, of field: Field) {
        switch (field.type, value) {
        case (.string, .string(let text)): append(string: text)
        case (.string, .array(let items)) where !items.isEmpty:
            append(string: items.compactMap(\.string).joined(separator: field.name == "columns" ? ", " : "\n"))
        case (.double, let value?): if let number = value.double { append(double: number) } else { appendNull() }
        case (.long, .integer(let number)): append(int64: number)
        case (.boolean, .bool(let flag)): append(bool: flag)
        case (.timestamptz, .string(let text)):
            if let moment = Timestamp(iso8601: text) { append(int64: moment.microseconds) } else { appendNull() }
        default: appendNull()
        }
    }
}
