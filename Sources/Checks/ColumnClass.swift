import Base
import Columns

/// What a check can do with a column's values.
enum ColumnClass: Equatable {
    case number
    /// Floating point, which knows NaN.
    case float
    case moment
    case day
    case time
    case text
    case uuid
    case boolean
    case bytes
    case nested

    init(_ type: ColumnType) {
        switch type {
        case .int, .long, .decimal: self = .number
        case .float, .double: self = .float
        case .timestamp, .timestamptz: self = .moment
        case .date: self = .day
        case .time: self = .time
        case .string: self = .text
        case .uuid: self = .uuid
        case .boolean: self = .boolean
        case .fixed, .binary: self = .bytes
        case .structure, .list, .map: self = .nested
        }
    }

    var isNumber: Bool { self == .number || self == .float }
    var isMoment: Bool { self == .moment || self == .day }

    /// What has to be written for a value of such a column.
    var valueForm: String {
        switch self {
        case .number, .float: "a number"
        case .moment: "a moment such as '2026-01-31T08:00:00Z'"
        case .day: "a day such as '2026-01-31'"
        case .boolean: "`true` or `false`"
        case .uuid: "a UUID"
        case .text: "a text"
        case .time, .bytes, .nested: "nothing: such values cannot be written in a check"
        }
    }
}

extension CheckLiteral {
    /// The value as SQL, for comparison with a column of the type; nil where it is of another kind.
    func sql(for type: ColumnType) -> String? {
        switch ColumnClass(type) {
        case .number, .float: CheckNumber(text).map { _ in text }
        case .text: sqlLiteral(text)
        case .boolean: ["true": "TRUE", "false": "FALSE"][text.lowercased()]
        case .day:
            Timestamp(iso8601: text).flatMap { $0.microseconds % 86_400_000_000 == 0 ? MeasuredValue.day($0) : nil }
                .map { "DATE '\($0)'" }
        case .moment:
            Timestamp(iso8601: text).map { "\(type == .timestamp ? "TIMESTAMP" : "TIMESTAMPTZ") '\(moment($0, type))'" }
        case .uuid: isUUID ? "UUID \(sqlLiteral(text))" : nil
        case .time, .bytes, .nested: nil
        }
    }

    private func moment(_ moment: Timestamp, _ type: ColumnType) -> String {
        type == .timestamp ? String(moment.description.dropLast()) : moment.description
    }

    private var isUUID: Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isHexDigit } }
    }
}
