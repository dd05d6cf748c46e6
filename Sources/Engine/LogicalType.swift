import Base
import CDuckDB
import Columns

/// The engine's type for a type of the lake. The caller destroys it.
func makeLogicalType(_ type: ColumnType) throws(TarnError) -> duckdb_logical_type? {
    switch type {
    case .boolean: unsafe duckdb_create_logical_type(DUCKDB_TYPE_BOOLEAN)
    case .int: unsafe duckdb_create_logical_type(DUCKDB_TYPE_INTEGER)
    case .long: unsafe duckdb_create_logical_type(DUCKDB_TYPE_BIGINT)
    case .float: unsafe duckdb_create_logical_type(DUCKDB_TYPE_FLOAT)
    case .double: unsafe duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE)
    case .date: unsafe duckdb_create_logical_type(DUCKDB_TYPE_DATE)
    case .time: unsafe duckdb_create_logical_type(DUCKDB_TYPE_TIME)
    case .timestamp: unsafe duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP)
    case .timestamptz: unsafe duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ)
    case .string: unsafe duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR)
    case .uuid: unsafe duckdb_create_logical_type(DUCKDB_TYPE_UUID)
    case .fixed, .binary: unsafe duckdb_create_logical_type(DUCKDB_TYPE_BLOB)
    case .decimal(let precision, let scale): try unsafe makeDecimal(precision, scale)
    case .list(let element):
        try unsafe composed(of: [element.type]) { unsafe duckdb_create_list_type($0[0]) }
    case .map(let key, let value):
        try unsafe composed(of: [key.type, value.type]) { unsafe duckdb_create_map_type($0[0], $0[1]) }
    case .structure(let fields): try unsafe makeStructure(fields)
    }
}

private func makeDecimal(_ precision: Int, _ scale: Int) throws(TarnError) -> duckdb_logical_type? {
    guard (1...38).contains(precision), (0...precision).contains(scale) else {
        throw TarnError(.unsupported, "There is no decimal of \(precision) digits with \(scale) of them fractional.")
    }
    return unsafe duckdb_create_decimal_type(UInt8(precision), UInt8(scale))
}

private func makeStructure(_ fields: [Field]) throws(TarnError) -> duckdb_logical_type? {
    try refuseTwins(fields, of: "a struct")
    guard !fields.isEmpty else { throw TarnError(.unsupported, "A struct without children cannot be stored.") }
    let names = fields.map { CStringCopy($0.name) }
    // SAFETY: nothing names `names` below, so without this they could be freed before the engine has read them.
    defer { withExtendedLifetime(names) {} }
    var pointers = unsafe names.map { unsafe $0.pointer }
    return try unsafe composed(of: fields.map(\.type)) { types in
        unsafe duckdb_create_struct_type(&types, &pointers, idx_t(fields.count))
    }
}

/// The engine does not tell names apart by case.
func refuseTwins(_ fields: [Field], of what: String) throws(TarnError) {
    var seen: Set<String> = []
    for field in fields where !seen.insert(field.name.lowercased()).inserted {
        throw TarnError(
            .unsupported,
            "Two columns of \(what) differ at most by case.",
            detail: ["column": field.name],
            remedy: "Rename one of the two columns."
        )
    }
}

private func composed(
    of types: [ColumnType],
    _ make: (inout [duckdb_logical_type?]) -> duckdb_logical_type?
) throws(TarnError) -> duckdb_logical_type? {
    var made: [duckdb_logical_type?] = unsafe []
    defer { for index in unsafe made.indices { unsafe duckdb_destroy_logical_type(&made[index]) } }
    for type in types { try unsafe made.append(makeLogicalType(type)) }
    return unsafe make(&made)
}

/// A name as C has it, freed with this object.
@safe private final class CStringCopy {
    let pointer: UnsafePointer<CChar>?
    private let buffer: UnsafeMutableBufferPointer<CChar>

    init(_ text: String) {
        let bytes = Array(text.utf8CString)
        unsafe buffer = .allocate(capacity: bytes.count)
        _ = unsafe buffer.initialize(from: bytes)
        unsafe pointer = UnsafePointer(buffer.baseAddress)
    }

    deinit { unsafe buffer.deallocate() }
}
