package import Base
package import Columns

/// Schemas between their JSON form in table metadata and `Columns.Schema`.
package enum SchemaCodec {
    private static let depthMax = 64

    /// - Throws: `data.unsupported` naming column and type where the lake has no such type (all of them new in v3).
    package static func decode(_ json: JSONValue) throws(TarnError) -> Schema {
        guard let object = json.object else { throw malformed("a schema is no object") }
        let fields = try self.fields(object, path: "", depth: 0)
        let identifiers = object["identifier-field-ids"]?.array?.compactMap { $0.integer.map(Int.init) }
        return Schema(
            id: object["schema-id"]?.integer.map(Int.init) ?? 0,
            fields: fields,
            identifierFieldIDs: identifiers ?? []
        )
    }

    package static func encode(_ schema: Schema) -> JSONValue {
        var object: JSONObject = ["type": "struct", "schema-id": .integer(Int64(schema.id))]
        if !schema.identifierFieldIDs.isEmpty {
            object.append("identifier-field-ids", .array(schema.identifierFieldIDs.map { .integer(Int64($0)) }))
        }
        object.append("fields", .array(schema.fields.map(encode)))
        return .object(object)
    }
}

extension SchemaCodec {
    private static func fields(_ object: JSONObject, path: String, depth: Int) throws(TarnError) -> [Field] {
        guard let members = object["fields"]?.array else { throw malformed("a struct has no fields") }
        var result: [Field] = []
        result.reserveCapacity(members.count)
        for member in members { result.append(try field(member, path: path, depth: depth)) }
        return result
    }

    private static func field(_ json: JSONValue, path: String, depth: Int) throws(TarnError) -> Field {
        guard let id = identifier(json["id"]), let name = json["name"]?.string, let kind = json["type"]
        else { throw malformed("a field lacks its id, name or type") }
        let path = path.isEmpty ? name : "\(path).\(name)"
        guard json["initial-default"]?.isNull ?? true else {
            throw TarnError(
                .unsupported,
                "The column `\(path)` has a default for rows older than itself, which Tarn does not read.",
                detail: ["column": path]
            )
        }
        return Field(
            id: id,
            name: name,
            type: try type(kind, path: path, depth: depth + 1),
            isRequired: json["required"]?.bool ?? false,
            documentation: json["doc"]?.string
        )
    }

    private static func type(_ json: JSONValue, path: String, depth: Int) throws(TarnError) -> ColumnType {
        guard depth < depthMax else { throw malformed("it is nested too deep") }
        if let name = json.string { return try primitive(name, path: path) }
        guard let object = json.object else { throw malformed("a type is neither name nor object") }
        switch object["type"]?.string {
        case "struct":
            return .structure(try fields(object, path: path, depth: depth))
        case "list":
            return .list(try child(object, "element", path: path, depth: depth))
        case "map":
            return .map(
                key: try child(object, "key", path: path, depth: depth),
                value: try child(object, "value", path: path, depth: depth)
            )
        case let other?: throw unsupported(other, path: path)
        case nil: throw malformed("a nested type has no kind")
        }
    }

    private static func child(
        _ object: JSONObject,
        _ name: String,
        path: String,
        depth: Int
    ) throws(TarnError) -> Field {
        guard let id = identifier(object["\(name)-id"]), let kind = object[name]
        else { throw malformed("a list or map lacks its \(name)") }
        return Field(
            id: id,
            name: name,
            type: try type(kind, path: "\(path).\(name)", depth: depth + 1),
            isRequired: name == "key" || object["\(name)-required"]?.bool ?? false
        )
    }

    static func primitive(_ name: String, path: String) throws(TarnError) -> ColumnType {
        switch name {
        case "boolean": return .boolean
        case "int": return .int
        case "long": return .long
        case "float": return .float
        case "double": return .double
        case "date": return .date
        case "time": return .time
        case "timestamp": return .timestamp
        case "timestamptz": return .timestamptz
        case "string": return .string
        case "uuid": return .uuid
        case "binary": return .binary
        default: break
        }
        if let numbers = arguments(name, "decimal(", ")"), numbers.count == 2, (1...38).contains(numbers[0]),
            (0...numbers[0]).contains(numbers[1])
        {
            return .decimal(precision: numbers[0], scale: numbers[1])
        }
        if let numbers = arguments(name, "fixed[", "]"), numbers.count == 1, numbers[0] >= 0 {
            return .fixed(numbers[0])
        }
        throw unsupported(name, path: path)
    }

    /// The integers of `decimal(9, 2)` and `fixed[16]`.
    private static func arguments(_ text: String, _ prefix: String, _ suffix: String) -> [Int]? {
        guard text.hasPrefix(prefix), text.hasSuffix(suffix) else { return nil }
        let parts = text.dropFirst(prefix.count).dropLast().split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0.filter { $0 != " " }) }
        return numbers.count == parts.count ? numbers : nil
    }

    /// Ids of the format are 32-bit; bounding them here keeps later arithmetic safe.
    private static func identifier(_ json: JSONValue?) -> Int? {
        json?.integer.flatMap { Int32(exactly: $0) }.map(Int.init)
    }

    private static func malformed(_ what: String) -> TarnError {
        TarnError(.corruptData, "The table metadata holds a malformed schema: \(what).")
    }

    private static func unsupported(_ type: String, path: String) -> TarnError {
        TarnError(
            .unsupported,
            "The column `\(path)` has the type `\(type)`, which Tarn does not read.",
            detail: ["column": path, "type": type]
        )
    }
}

extension SchemaCodec {
    private static func encode(_ field: Field) -> JSONValue {
        var object: JSONObject = [
            "id": .integer(Int64(field.id)), "name": .string(field.name), "required": .bool(field.isRequired),
            "type": encode(field.type),
        ]
        if let documentation = field.documentation { object.append("doc", .string(documentation)) }
        return .object(object)
    }

    private static func encode(_ type: ColumnType) -> JSONValue {
        switch type {
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .decimal(let precision, let scale): .string("decimal(\(precision), \(scale))")
        case .date: "date"
        case .time: "time"
        case .timestamp: "timestamp"
        case .timestamptz: "timestamptz"
        case .string: "string"
        case .uuid: "uuid"
        case .fixed(let length): .string("fixed[\(length)]")
        case .binary: "binary"
        case .structure(let fields): ["type": "struct", "fields": .array(fields.map(encode))]
        case .list(let element):
            [
                "type": "list", "element-id": .integer(Int64(element.id)), "element": encode(element.type),
                "element-required": .bool(element.isRequired),
            ]
        case .map(let key, let value):
            [
                "type": "map", "key-id": .integer(Int64(key.id)), "key": encode(key.type),
                "value-id": .integer(Int64(value.id)), "value": encode(value.type),
                "value-required": .bool(value.isRequired),
            ]
        }
    }
}
