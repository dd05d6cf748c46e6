import Base

/// One decoded value. Bytes stay slices of the block they were read from.
enum AvroValue: Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case float(Float)
    case double(Double)
    case bytes(ArraySlice<UInt8>)
    case string(String)
    case array([AvroValue])
    case map([String: AvroValue])
    /// A map by number, in the order it was written.
    case pairs([(key: Int64, value: AvroValue)])
    case record(AvroRecord)
}

/// A decoded record, whose fields are looked up by the id that Iceberg gives them.
struct AvroRecord: Sendable {
    let type: AvroRecordType
    let values: [AvroValue]

    /// Null where the writer had no such field.
    subscript(id: Int, name: String) -> AvroValue {
        type.index(id: id, name: name).map { values[$0] } ?? .null
    }

    func integer(_ id: Int, _ name: String) throws(TarnError) -> Int64? {
        switch self[id, name] {
        case .null: return nil
        case .integer(let value): return value
        default: throw Self.unexpected(name)
        }
    }

    func string(_ id: Int, _ name: String) throws(TarnError) -> String? {
        switch self[id, name] {
        case .null: return nil
        case .string(let value): return value
        default: throw Self.unexpected(name)
        }
    }

    func bytes(_ id: Int, _ name: String) throws(TarnError) -> [UInt8]? {
        switch self[id, name] {
        case .null: return nil
        case .bytes(let value): return Array(value)
        default: throw Self.unexpected(name)
        }
    }

    /// Empty where the value is null.
    func array(_ id: Int, _ name: String) throws(TarnError) -> [AvroValue] {
        switch self[id, name] {
        case .null: return []
        case .array(let values): return values
        default: throw Self.unexpected(name)
        }
    }

    /// A map by number, which Avro holds as an array of pairs; empty where the value is null.
    func pairs(_ id: Int, _ name: String) throws(TarnError) -> [(key: Int64, value: AvroValue)] {
        switch self[id, name] {
        case .null: return []
        case .pairs(let values): return values
        default: throw Self.unexpected(name)
        }
    }

    func boolean(_ id: Int, _ name: String) throws(TarnError) -> Bool? {
        switch self[id, name] {
        case .null: return nil
        case .boolean(let value): return value
        default: throw Self.unexpected(name)
        }
    }

    func required<Value>(_ value: Value?, _ name: String) throws(TarnError) -> Value {
        guard let value else { throw TarnError(.corruptData, "An Avro record has no `\(name)`.") }
        return value
    }

    static func unexpected(_ name: String) -> TarnError {
        TarnError(.corruptData, "The Avro field `\(name)` is of an unexpected type.")
    }
}
