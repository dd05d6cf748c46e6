import Columns
import Engine
import Iceberg

/// Partition values as the engine computes them, written as text: numbers in digits (dates and times as the numbers
/// that the format stores, decimals unscaled), bytes as hexadecimal digits, texts as they are.
struct PartitionSQL {
    let field: PartitionField
    /// Of the column.
    let source: ColumnType
    /// An expression for the column's value.
    let column: String

    var text: String {
        switch field.transform {
        case .identity: identity
        case .bucket(let count): "CAST((\(hash) & 2147483647) % \(count) AS VARCHAR)"
        case .truncate(let width): truncated(to: width)
        case .year: "CAST(year(\(calendar)) - 1970 AS VARCHAR)"
        case .month: "CAST((year(\(calendar)) - 1970) * 12 + month(\(calendar)) - 1 AS VARCHAR)"
        case .day: source == .date ? identity : "CAST(\(floored(86_400_000_000)) AS VARCHAR)"
        case .hour: "CAST(\(floored(3_600_000_000)) AS VARCHAR)"
        case .void, .unknown: "CAST(NULL AS VARCHAR)"
        }
    }

    /// What `text` gave, in the binary form of bounds; nil for what is no value of the type.
    static func value(_ text: String, as type: ColumnType) -> [UInt8]? {
        switch type {
        case .int, .date: Int32(text).map(SingleValue.int)
        case .long, .time, .timestamp, .timestamptz: Int64(text).map(SingleValue.long)
        case .decimal: Int128(text).map(SingleValue.decimal)
        default: SingleValue.encode(text, as: type)
        }
    }

    private var identity: String {
        switch source {
        case .string: column
        case .binary, .fixed: "hex(\(column))"
        case .uuid: "replace(CAST(\(column) AS VARCHAR), '-', '')"
        case .boolean: "CAST(\(column) AS VARCHAR)"
        default: "CAST(\(number) AS VARCHAR)"
        }
    }

    /// The number that the format stores.
    private var number: String {
        switch source {
        case .date: "(\(column) - DATE '1970-01-01')"
        case .time, .timestamp, .timestamptz: "epoch_us(\(column))"
        case .decimal: "CAST(replace(CAST(\(column) AS VARCHAR), '.', '') AS HUGEINT)"
        default: column
        }
    }

    private var hash: String {
        switch source {
        case .decimal: "tarn_hash_decimal(\(number))"
        case .string: "tarn_hash_bytes(encode(\(column)))"
        case .uuid: "tarn_hash_bytes(unhex(\(identity)))"
        case .binary, .fixed: "tarn_hash_bytes(\(column))"
        default: "tarn_hash_long(CAST(\(number) AS BIGINT))"
        }
    }

    private func truncated(to width: Int) -> String {
        switch source {
        case .string: "left(\(column), \(width))"
        case .binary, .fixed: "left(hex(\(column)), \(width * 2))"
        default: "CAST(\(Self.remainderless("CAST(\(number) AS HUGEINT)", width)) AS VARCHAR)"
        }
    }

    /// A date or timestamp without a time zone: the calendar of the format is UTC.
    private var calendar: String { source == .timestamptz ? "make_timestamp(epoch_us(\(column)))" : column }

    private func floored(_ divisor: Int) -> String { "\(Self.remainderless(number, divisor)) // \(divisor)" }

    /// The next multiple of `divisor` at or below: the engine's own division rounds towards zero.
    private static func remainderless(_ number: String, _ divisor: Int) -> String {
        "(\(number) - ((\(number) % \(divisor)) + \(divisor)) % \(divisor))"
    }
}
