import Base

/// A writer's schema, as far as decoding needs it. Logical types are ignored: the reader knows what it asks for.
indirect enum AvroType: Sendable {
    case null
    case boolean
    case int
    case long
    case float
    case double
    case bytes
    case string
    case fixed(Int)
    case enumeration(symbolCount: Int)
    case array(AvroType)
    case map(AvroType)
    /// An array of records of a number `key` and a `value`: Iceberg's maps by field id, by far the most of a manifest.
    case pairs(value: AvroType)
    case record(AvroRecordType)
    case union([AvroType])
}

/// The fields of a record in the order they are encoded.
final class AvroRecordType: Sendable {
    let fields: [AvroField]
    private let indexByID: [Int: Int]
    private let indexByName: [String: Int]

    init(fields: [AvroField]) {
        self.fields = fields
        var ids: [Int: Int] = [:]
        var names: [String: Int] = [:]
        for (index, field) in fields.enumerated() {
            if let id = field.id { ids[id] = index } else { names[field.name] = index }
        }
        indexByID = ids
        indexByName = names
    }

    /// A field's place by id; by name only among the fields that carry none.
    func index(id: Int, name: String) -> Int? { indexByID[id] ?? indexByName[name] }
}

struct AvroField: Sendable {
    let name: String
    let id: Int?
    let type: AvroType
}

/// Reads a schema's JSON. Named types may be used again by name, but not inside themselves.
struct AvroSchemaParser {
    private var named: [String: AvroType] = [:]
    /// What names without a dot belong to: the namespace of the record around them.
    private var namespace = ""
    private static let depthMax = 64
    /// No manifest comes near; a schema that repeats itself by reference grows without bound otherwise.
    private var typesLeft = 10_000

    static func parse(_ json: JSONValue) throws(TarnError) -> AvroType {
        var parser = AvroSchemaParser()
        return try parser.type(json, depth: 0)
    }

    private mutating func type(_ json: JSONValue, depth: Int) throws(TarnError) -> AvroType {
        typesLeft -= 1
        guard depth < Self.depthMax, typesLeft > 0 else { throw Self.malformed("it is nested too deep") }
        switch json {
        case .string(let name): return try primitive(name)
        case .array(let branches):
            var types: [AvroType] = []
            for branch in branches { types.append(try type(branch, depth: depth + 1)) }
            return .union(types)
        case .object(let object): return try complex(object, depth: depth)
        default: throw Self.malformed("a type is neither name, union nor object")
        }
    }

    private static func pairs(_ items: AvroType) -> AvroType? {
        guard case .record(let pair) = items, pair.fields.map(\.name) == ["key", "value"] else { return nil }
        switch pair.fields[0].type {
        case .int, .long: return .pairs(value: pair.fields[1].type)
        default: return nil
        }
    }

    private func primitive(_ name: String) throws(TarnError) -> AvroType {
        switch name {
        case "null": return .null
        case "boolean": return .boolean
        case "int": return .int
        case "long": return .long
        case "float": return .float
        case "double": return .double
        case "bytes": return .bytes
        case "string": return .string
        default:
            guard let type = named[fullName(name)] ?? named[name] else {
                throw Self.malformed("it uses a type that it does not define")
            }
            return type
        }
    }

    private mutating func complex(_ object: JSONObject, depth: Int) throws(TarnError) -> AvroType {
        guard let kind = object["type"] else { throw Self.malformed("a type has no kind") }
        switch kind.string {
        case "array":
            let items = try type(object["items"] ?? .null, depth: depth + 1)
            return Self.pairs(items) ?? .array(items)
        case "map":
            return .map(try type(object["values"] ?? .null, depth: depth + 1))
        case "record":
            return remember(.record(try record(object, depth: depth)), object)
        case "enum":
            return remember(.enumeration(symbolCount: object["symbols"]?.array?.count ?? 0), object)
        case "fixed":
            guard let size = object["size"]?.integer, let size = Int32(exactly: size), size >= 0
            else { throw Self.malformed("a fixed type has no size") }
            return remember(.fixed(Int(size)), object)
        default: return try type(kind, depth: depth + 1)
        }
    }

    private mutating func record(_ object: JSONObject, depth: Int) throws(TarnError) -> AvroRecordType {
        guard let members = object["fields"]?.array else { throw Self.malformed("a record has no fields") }
        let outer = namespace
        defer { namespace = outer }
        if let own = object["namespace"]?.string { namespace = own }
        var fields: [AvroField] = []
        for member in members {
            guard let name = member["name"]?.string, let kind = member["type"]
            else { throw Self.malformed("a field lacks its name or type") }
            let id = member["field-id"]?.integer.map(Int.init)
            fields.append(AvroField(name: name, id: id, type: try type(kind, depth: depth + 1)))
        }
        return AvroRecordType(fields: fields)
    }

    private mutating func remember(_ type: AvroType, _ object: JSONObject) -> AvroType {
        guard let name = object["name"]?.string else { return type }
        let own = object["namespace"]?.string
        named[own.map { "\($0).\(name)" } ?? fullName(name)] = type
        return type
    }

    private func fullName(_ name: String) -> String {
        namespace.isEmpty || name.contains(".") ? name : "\(namespace).\(name)"
    }

    private static func malformed(_ what: String) -> TarnError {
        TarnError(.corruptData, "The Avro file's schema is malformed: \(what).")
    }
}
