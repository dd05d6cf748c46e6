package import Base
package import Columns

/// The results of one evaluation as rows of `tarn.check_results`, and as JSON.
package struct CheckResults: Sendable {
    package static let table = TableName(namespace: "tarn", name: "check_results")

    package var run: String
    package var table: TableName
    /// The lake version that was checked; nil for a table of a branch that was not published.
    package var version: Int64?
    package var time: Timestamp

    package init(run: String, table: TableName, version: Int64?, time: Timestamp) {
        self.run = run
        self.table = table
        self.version = version
        self.time = time
    }

    /// Never changes but by fields at the end.
    package static let schema: Schema = {
        let fields: [(String, ColumnType, Bool)] = [
            ("run_id", .string, true), ("table_name", .string, true), ("check_name", .string, true),
            ("kind", .string, true), ("columns", .string, false), ("severity", .string, true),
            ("outcome", .string, true), ("measured", .string, false), ("value", .double, false),
            ("expected", .string, true), ("failing_rows", .long, false), ("sample_keys", .string, false),
            ("query", .string, false), ("reason", .string, false), ("lake_version", .long, false),
            ("time", .timestamptz, true),
        ]
        return Schema(
            fields: fields.enumerated().map { index, field in
                Field(id: index + 1, name: field.0, type: field.1, isRequired: field.2)
            }
        )
    }()

    package func batch(_ results: [CheckResult]) -> ColumnBatch {
        var batch = ColumnBatch(schema: Self.schema)
        for result in results {
            for (index, cell) in cells(result).enumerated() { batch.columns[index].append(cell) }
        }
        return batch
    }

    /// A list of objects with the keys of the table's columns.
    package func json(_ results: [CheckResult]) -> JSONValue {
        .array(
            results.map { result in
                var object = JSONObject()
                for (field, cell) in zip(Self.schema.fields, cells(result)) { object.append(field.name, cell.json) }
                return .object(object)
            }
        )
    }

    private func cells(_ result: CheckResult) -> [ResultCell] {
        [
            .text(run), .text(table.description), .text(result.check.name), .text(result.check.kindName),
            .list(result.check.columns.map(\.name)), .text(result.check.severity.rawValue),
            .text(result.outcome.rawValue), .text(result.measured), .double(result.value), .text(result.expected),
            .long(result.failingRows), .lines(result.sampleKeys), .text(result.query), .text(result.reason),
            .long(version), .moment(time),
        ]
    }
}

private enum ResultCell {
    case text(String?)
    /// Null where it is empty.
    case list([String])
    case lines([String])
    case double(Double?)
    case long(Int64?)
    case moment(Timestamp)

    var json: JSONValue {
        switch self {
        case .text(let text): text.map { .string($0) } ?? .null
        case .list(let texts), .lines(let texts): .array(texts.map { .string($0) })
        case .double(let value): value.flatMap { $0.isFinite ? .number(String($0)) : nil } ?? .null
        case .long(let value): value.map { .integer($0) } ?? .null
        case .moment(let moment): .string(moment.description)
        }
    }
}

extension Column {
    fileprivate mutating func append(_ cell: ResultCell) {
        switch cell {
        case .text(let text?): append(string: text)
        case .list(let texts) where !texts.isEmpty: append(string: texts.joined(separator: ", "))
        case .lines(let texts) where !texts.isEmpty: append(string: texts.joined(separator: "\n"))
        case .double(let value?): append(double: value)
        case .long(let value?): append(int64: value)
        case .moment(let moment): append(int64: moment.microseconds)
        default: appendNull()
        }
    }
}
