package import Columns

/// Names of types as people write them, those of Iceberg and of SQL.
package enum TypeName {
    private static let plain: [String: ColumnType] = [
        "boolean": .boolean, "bool": .boolean, "int": .int, "integer": .int, "long": .long, "bigint": .long,
        "float": .float, "real": .float, "double": .double, "double precision": .double, "date": .date, "time": .time,
        "timestamp": .timestamp, "timestamptz": .timestamptz, "timestamp with time zone": .timestamptz,
        "string": .string, "varchar": .string, "text": .string, "uuid": .uuid, "binary": .binary, "blob": .binary,
    ]
    private static let open = ["decimal", "numeric", "fixed", "struct", "list", "map"]

    static let names = (plain.keys + open).sorted()

    static func isKnown(_ name: String) -> Bool {
        let name = name.lowercased()
        return plain[name] != nil || open.contains(name) || digits(name) != nil
    }

    /// Whether a column of the type is what the name says; `decimal` alone stands for any.
    static func matches(_ name: String, _ type: ColumnType) -> Bool {
        let name = name.lowercased()
        if let plain = plain[name] { return plain == type }
        switch type {
        case .decimal(let precision, let scale):
            return ["decimal", "numeric"].contains(name) || digits(name).map { $0 == [precision, scale] } == true
        case .fixed: return name == "fixed"
        case .structure: return name == "struct"
        case .list: return name == "list"
        case .map: return name == "map"
        default: return false
        }
    }

    /// Precision and scale of `decimal(12, 2)`.
    private static func digits(_ name: String) -> [Int]? {
        guard let start = ["decimal(", "numeric("].first(where: name.hasPrefix), name.hasSuffix(")") else { return nil }
        let numbers = name.dropFirst(start.count).dropLast().split(separator: ",").map { part in
            Int(String(part.filter { $0 != " " }))
        }
        guard (1...2).contains(numbers.count), let precision = numbers[0] else { return nil }
        guard numbers.count == 2 else { return [precision, 0] }
        return numbers[1].map { [precision, $0] }
    }

    /// As checks and messages name it.
    package static func text(_ type: ColumnType) -> String {
        switch type {
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .decimal(let precision, let scale): "decimal(\(precision), \(scale))"
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .timestamptz: "timestamptz"
        case .string: "string"
        case .uuid: "uuid"
        case .fixed(let length): "fixed(\(length))"
        case .binary: "binary"
        case .structure: "struct"
        case .list: "list"
        case .map: "map"
        }
    }
}
