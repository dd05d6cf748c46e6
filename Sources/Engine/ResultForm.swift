import Base
import CDuckDB
import Columns

/// How DuckDB holds the values of a result's column, and which type of the lake they become.
indirect enum ResultForm {
    case boolean
    case int8, int16, int32, uint8, uint16, uint32, int64
    /// No type of 64 bits holds these: they become decimals of 38 digits.
    case uint64, int128, uint128
    case float, double
    case decimal(precision: Int, scale: Int)
    case date, time, timestamp, timestamptz
    /// A moment in units of so many microseconds.
    case coarseTimestamp(Int64)
    case uuid, string, binary
    case enumeration(labels: [String])
    case list(ResultForm)
    case array(ResultForm, size: Int)
    case structure([(name: String, form: ResultForm)])
    case map(key: ResultForm, value: ResultForm)
    /// A column of which only nulls are known.
    case nothing
    /// A type without a place in the lake: cast to text before it is read.
    case foreign

    init(_ type: duckdb_logical_type?) {
        guard let type = unsafe type else {
            self = .foreign
            return
        }
        let id = unsafe duckdb_get_type_id(type)
        self =
            switch id {
            case DUCKDB_TYPE_BOOLEAN: .boolean
            case DUCKDB_TYPE_TINYINT: .int8
            case DUCKDB_TYPE_SMALLINT: .int16
            case DUCKDB_TYPE_INTEGER: .int32
            case DUCKDB_TYPE_BIGINT: .int64
            case DUCKDB_TYPE_UTINYINT: .uint8
            case DUCKDB_TYPE_USMALLINT: .uint16
            case DUCKDB_TYPE_UINTEGER: .uint32
            case DUCKDB_TYPE_UBIGINT: .uint64
            case DUCKDB_TYPE_HUGEINT: .int128
            case DUCKDB_TYPE_UHUGEINT: .uint128
            case DUCKDB_TYPE_FLOAT: .float
            case DUCKDB_TYPE_DOUBLE: .double
            case DUCKDB_TYPE_DATE: .date
            case DUCKDB_TYPE_TIME: .time
            case DUCKDB_TYPE_TIMESTAMP: .timestamp
            case DUCKDB_TYPE_TIMESTAMP_TZ: .timestamptz
            case DUCKDB_TYPE_TIMESTAMP_S: .coarseTimestamp(1_000_000)
            case DUCKDB_TYPE_TIMESTAMP_MS: .coarseTimestamp(1000)
            case DUCKDB_TYPE_VARCHAR: .string
            case DUCKDB_TYPE_BLOB: .binary
            case DUCKDB_TYPE_UUID: .uuid
            case DUCKDB_TYPE_SQLNULL: .nothing
            default: unsafe Self.composed(id, type) ?? .foreign
            }
    }

    private static func composed(_ id: duckdb_type, _ type: duckdb_logical_type) -> ResultForm? {
        switch id {
        case DUCKDB_TYPE_DECIMAL:
            unsafe .decimal(precision: Int(duckdb_decimal_width(type)), scale: Int(duckdb_decimal_scale(type)))
        case DUCKDB_TYPE_ENUM:
            .enumeration(
                labels: unsafe (0..<duckdb_enum_dictionary_size(type)).map {
                    unsafe takenText(duckdb_enum_dictionary_value(type, idx_t($0)))
                }
            )
        case DUCKDB_TYPE_LIST: .list(unsafe taken(duckdb_list_type_child_type(type)))
        case DUCKDB_TYPE_ARRAY:
            unsafe .array(taken(duckdb_array_type_child_type(type)), size: Int(duckdb_array_type_array_size(type)))
        case DUCKDB_TYPE_MAP:
            unsafe .map(key: taken(duckdb_map_type_key_type(type)), value: taken(duckdb_map_type_value_type(type)))
        case DUCKDB_TYPE_STRUCT:
            .structure(
                unsafe (0..<duckdb_struct_type_child_count(type)).map {
                    unsafe (
                        takenText(duckdb_struct_type_child_name(type, $0)),
                        taken(duckdb_struct_type_child_type(type, $0))
                    )
                }
            )
        default: nil
        }
    }

    private static func taken(_ type: duckdb_logical_type?) -> ResultForm {
        var type = unsafe type
        defer { unsafe duckdb_destroy_logical_type(&type) }
        return unsafe ResultForm(type)
    }
}

/// A text that DuckDB gave away.
func takenText(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    guard let pointer = unsafe pointer else { return "" }
    defer { unsafe duckdb_free(pointer) }
    return unsafe String(cString: pointer)
}

extension ResultForm {
    /// The lake's type, children without ids.
    var type: ColumnType {
        switch self {
        case .boolean: .boolean
        case .int8, .int16, .int32, .uint8, .uint16: .int
        case .uint32, .int64: .long
        case .uint64, .int128, .uint128: .decimal(precision: 38, scale: 0)
        case .float: .float
        case .double: .double
        case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
        case .date: .date
        case .time: .time
        case .timestamp, .coarseTimestamp: .timestamp
        case .timestamptz: .timestamptz
        case .uuid: .uuid
        case .binary: .binary
        case .string, .enumeration, .nothing, .foreign: .string
        case .list(let element), .array(let element, _): .list(Field(id: 0, name: "element", type: element.type))
        case .structure(let children): .structure(children.map { Field(id: 0, name: $0.name, type: $0.form.type) })
        case .map(let key, let value):
            .map(
                key: Field(id: 0, name: "key", type: key.type, isRequired: true),
                value: Field(id: 0, name: "value", type: value.type)
            )
        }
    }

    /// Somewhere in it is a type without a place in the lake.
    var holdsForeign: Bool {
        switch self {
        case .foreign: true
        case .list(let element), .array(let element, _): element.holdsForeign
        case .structure(let children): children.contains { $0.form.holdsForeign }
        case .map(let key, let value): key.holdsForeign || value.holdsForeign
        default: false
        }
    }

    /// The SQL type to cast to, so that nothing foreign is left.
    var readableType: String {
        switch self {
        case .boolean: "BOOLEAN"
        case .int8: "TINYINT"
        case .int16: "SMALLINT"
        case .int32: "INTEGER"
        case .int64: "BIGINT"
        case .uint8: "UTINYINT"
        case .uint16: "USMALLINT"
        case .uint32: "UINTEGER"
        case .uint64: "UBIGINT"
        case .int128: "HUGEINT"
        case .uint128: "UHUGEINT"
        case .float: "FLOAT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision), \(scale))"
        case .date: "DATE"
        case .time: "TIME"
        case .timestamp, .coarseTimestamp: "TIMESTAMP"
        case .timestamptz: "TIMESTAMPTZ"
        case .uuid: "UUID"
        case .binary: "BLOB"
        case .string, .enumeration, .nothing, .foreign: "VARCHAR"
        case .list(let element): element.readableType + "[]"
        case .array(let element, let size): "\(element.readableType)[\(size)]"
        case .structure(let children):
            "STRUCT(" + children.map { "\(sqlIdentifier($0.name)) \($0.form.readableType)" }.joined(separator: ", ")
                + ")"
        case .map(let key, let value): "MAP(\(key.readableType), \(value.readableType))"
        }
    }
}

/// The schema of a result: columns are numbered first, then their children.
func resultSchema(_ columns: [(name: String, form: ResultForm)]) -> Schema {
    var next = columns.count
    return Schema(
        fields: columns.enumerated().map { index, column in
            Field(id: index + 1, name: column.name, type: column.form.type.reassigned(&next))
        }
    )
}
