import Base
import Columns
import Engine
import Iceberg

/// How a column is read from files that may be of any of its former types.
///
/// The reader finds whole columns by field id, but the children of structs only by name. So structs are read with every
/// name that a child ever had, and put together again by id: a file has exactly one of these names.
struct NestedShape {
    /// What the reader is to read, in SQL.
    let type: String
    /// Makes the value of today's type from an expression; the number tells the variables of nested lists apart.
    private var rebuild: ((String, Int) -> String)?

    /// A child of a struct: its names in files, the one of today first.
    private struct Member {
        var names: [String]
        var shape: NestedShape
    }

    /// - Parameters:
    ///   - type: the column's type of today.
    ///   - former: its types in all schemas of the table.
    ///   - spellings: the names under which a writer may have put a child of this name into its files.
    static func of(_ type: ColumnType, former: [ColumnType], spellings: (String) -> [String]) -> NestedShape {
        let old = former.flatMap(\.children)
        switch type {
        case .structure(let fields): return structure(fields, former: old, spellings)
        case .list(let element):
            let child = of(element.type, former: old.map(\.type), spellings: spellings)
            return list(child)
        case .map(let key, let value):
            return map(
                of(key.type, former: old.ofID(key.id).map(\.type), spellings: spellings),
                of(value.type, former: old.ofID(value.id).map(\.type), spellings: spellings)
            )
        default: return NestedShape(type: type.sql)
        }
    }

    /// The value of today's type, from one that was read.
    func value(_ expression: String) -> String { value(expression, depth: 0) }

    private func value(_ expression: String, depth: Int) -> String { rebuild?(expression, depth) ?? expression }

    private static func list(_ element: NestedShape) -> NestedShape {
        var shape = NestedShape(type: element.type + "[]")
        guard element.rebuild != nil else { return shape }
        shape.rebuild = { list, depth in
            let entry = "_tarn_entry_\(depth)"
            return "list_transform(\(list), lambda \(entry): \(element.value(entry, depth: depth + 1)))"
        }
        return shape
    }

    private static func map(_ key: NestedShape, _ value: NestedShape) -> NestedShape {
        var shape = NestedShape(type: "MAP(\(key.type), \(value.type))")
        guard key.rebuild != nil || value.rebuild != nil else { return shape }
        shape.rebuild = { map, depth in
            let entry = "_tarn_entry_\(depth)"
            let newKey = key.value("(\(entry)).key", depth: depth + 1)
            let newValue = value.value("(\(entry)).value", depth: depth + 1)
            let pair = "struct_pack(key := \(newKey), value := \(newValue))"
            let entries = "list_transform(map_entries(\(map)), lambda \(entry): \(pair))"
            return "CASE WHEN \(map) IS NOT NULL THEN map_from_entries(\(entries)) END"
        }
        return shape
    }

    private static func structure(
        _ fields: [Field],
        former: [Field],
        _ spellings: (String) -> [String]
    ) -> NestedShape {
        func member(_ field: Field) -> Member {
            let old = former.ofID(field.id)
            return Member(
                names: distinct(([field] + old).flatMap { spellings($0.name) }),
                shape: of(field.type, former: old.map(\.type), spellings: spellings)
            )
        }
        var known = Set(fields.map(\.id))
        // The last type that a dropped child had holds the values of the ones before it.
        let dropped = former.reversed().filter { known.insert($0.id).inserted }.map(member)
        let members = fields.map(member)
        let columns = (members + dropped).flatMap { member in
            member.names.map { "\(sqlIdentifier($0)) \(member.shape.type)" }
        }
        var shape = NestedShape(type: "STRUCT(\(columns.joined(separator: ", ")))")
        let isPlain = dropped.isEmpty && members.allSatisfy { $0.names.count == 1 && $0.shape.rebuild == nil }
        if !isPlain { shape.rebuild = { value, depth in pack(members, from: value, depth: depth) } }
        return shape
    }

    private static func pack(_ members: [Member], from value: String, depth: Int) -> String {
        let parts = members.map { member in
            let candidates = member.names.map {
                member.shape.value("(\(value)).\(sqlIdentifier($0))", depth: depth)
            }
            return "\(sqlIdentifier(member.names[0])) := coalesce(\(candidates.joined(separator: ", ")))"
        }
        return "CASE WHEN \(value) IS NOT NULL THEN struct_pack(\(parts.joined(separator: ", "))) END"
    }

    /// The engine does not tell names apart by case.
    private static func distinct(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0.lowercased()).inserted }
    }
}

extension NestedShape {
    /// Of a name, the name itself and what writers that follow Avro's rules make of it (`zip code`: `zip_x20code`).
    static func spellings(_ name: String) -> [String] {
        let other = AvroName.sanitized(name)
        return other == name ? [name] : [name, other]
    }

    /// - Parameter current: the table's schema of today; `schemas` are all it ever had.
    /// - Throws: `data.unsupported` where two columns differ in case alone, for the engine would read one as the other,
    ///   and where a child's name meant another child before, so that a file's children cannot be told apart.
    static func requireClearNames(_ current: Schema, _ schemas: [Schema], table: TableName) throws(TarnError) {
        var columns: Set<String> = []
        for field in current.fields where !columns.insert(field.name.lowercased()).inserted {
            throw TarnError(
                .unsupported,
                "Two columns of the table have names that differ in case alone.",
                detail: ["table": table.description, "column": field.name],
                remedy: "Rename one of them with the engine that wrote the table, and register that."
            )
        }
        var owners: [String: Int] = [:]
        for schema in schemas {
            for field in schema.fields { try note(field.type.children, of: field, &owners, table) }
        }
    }

    private static func note(
        _ children: [Field],
        of parent: Field,
        _ owners: inout [String: Int],
        _ table: TableName
    ) throws(TarnError) {
        for child in children {
            let owner = owners["\(parent.id) \(child.name.lowercased())", default: child.id]
            guard owner == child.id else {
                throw TarnError(
                    .unsupported,
                    "A name inside a struct was used for two different fields.",
                    detail: ["table": table.description, "column": parent.name, "field": child.name],
                    remedy: "Rewrite the table as a new one with the engine that wrote it, and register that."
                )
            }
            owners["\(parent.id) \(child.name.lowercased())"] = child.id
            try note(child.type.children, of: child, &owners, table)
        }
    }
}

extension [Field] {
    fileprivate func ofID(_ id: Int) -> [Field] { filter { $0.id == id } }
}
