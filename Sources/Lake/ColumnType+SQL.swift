import Base
package import Columns

extension ColumnType {
    /// The type's name in the engine's SQL.
    package var sql: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int: "INTEGER"
        case .long: "BIGINT"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision), \(scale))"
        case .date: "DATE"
        case .time: "TIME"
        case .timestamp: "TIMESTAMP"
        case .timestamptz: "TIMESTAMP WITH TIME ZONE"
        case .string: "VARCHAR"
        case .uuid: "UUID"
        case .fixed, .binary: "BLOB"
        case .structure(let fields):
            "STRUCT(\(fields.map { "\(sqlIdentifier($0.name)) \($0.type.sql)" }.joined(separator: ", ")))"
        case .list(let element): "\(element.type.sql)[]"
        case .map(let key, let value): "MAP(\(key.type.sql), \(value.type.sql))"
        }
    }
}
