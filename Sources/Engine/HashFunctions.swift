import Base
import CDuckDB

/// Registers the hashes that bucket partitions are made of, each for one physical form of a value: `tarn_hash_long`
/// of BIGINT, `tarn_hash_bytes` of BLOB, and `tarn_hash_decimal` of a decimal's unscaled HUGEINT.
///
/// The engine itself has no Murmur3. Null gives null.
func registerHashFunctions(on connection: ConnectionHandle) throws(TarnError) {
    try unsafe register("tarn_hash_long", DUCKDB_TYPE_BIGINT, on: connection) { _, chunk, output in
        unsafe hashEach(chunk, output, Int64.self) { Murmur3.hash($0) }
    }
    try unsafe register("tarn_hash_decimal", DUCKDB_TYPE_HUGEINT, on: connection) { _, chunk, output in
        unsafe hashEach(chunk, output, duckdb_hugeint.self) { value in
            Murmur3.hash(minimalBigEndian(Int128(value.upper) << 64 | Int128(value.lower)))
        }
    }
    try unsafe register("tarn_hash_bytes", DUCKDB_TYPE_BLOB, on: connection) { _, chunk, output in
        unsafe hashEach(chunk, output, duckdb_string_t.self) { value in
            var text = unsafe value
            let count = unsafe Int(duckdb_string_t_length(text))
            guard let start = unsafe duckdb_string_t_data(&text) else { return Murmur3.hash([UInt8]()) }
            // SAFETY: the bytes belong to the chunk or to `text`, and both live until the hash is made.
            return unsafe start.withMemoryRebound(to: UInt8.self, capacity: count) {
                unsafe Murmur3.hash(UnsafeBufferPointer(start: $0, count: count))
            }
        }
    }
}

/// SAFETY: DuckDB gives flat vectors of the registered type to scalar functions, and room for as many results; rows
/// that are null hold defined memory of the type, though of no meaning for texts, and are skipped.
private func hashEach<Value>(
    _ chunk: duckdb_data_chunk?,
    _ output: duckdb_vector?,
    _: Value.Type,
    _ hash: (Value) -> Int32
) {
    let count = unsafe Int(duckdb_data_chunk_get_size(chunk))
    let input = unsafe duckdb_data_chunk_get_vector(chunk, 0)
    guard let values = unsafe duckdb_vector_get_data(input), let results = unsafe duckdb_vector_get_data(output) else {
        return
    }
    let validity = unsafe duckdb_vector_get_validity(input)
    let typed = unsafe values.assumingMemoryBound(to: Value.self)
    let hashes = unsafe results.assumingMemoryBound(to: Int32.self)
    guard let known = unsafe validity else {
        for row in 0..<count { unsafe hashes[row] = unsafe hash(typed[row]) }
        return
    }
    unsafe duckdb_vector_ensure_validity_writable(output)
    let outcome = unsafe duckdb_vector_get_validity(output)
    for row in 0..<count {
        if unsafe duckdb_validity_row_is_valid(known, idx_t(row)) {
            unsafe hashes[row] = unsafe hash(typed[row])
        } else {
            unsafe duckdb_validity_set_row_invalid(outcome, idx_t(row))
        }
    }
}

private func register(
    _ name: String,
    _ parameter: duckdb_type,
    on connection: ConnectionHandle,
    _ body: duckdb_scalar_function_t
) throws(TarnError) {
    var function = unsafe duckdb_create_scalar_function()
    defer { unsafe duckdb_destroy_scalar_function(&function) }
    var parameterType = unsafe duckdb_create_logical_type(parameter)
    defer { unsafe duckdb_destroy_logical_type(&parameterType) }
    var resultType = unsafe duckdb_create_logical_type(DUCKDB_TYPE_INTEGER)
    defer { unsafe duckdb_destroy_logical_type(&resultType) }
    unsafe duckdb_scalar_function_set_name(function, name)
    unsafe duckdb_scalar_function_add_parameter(function, parameterType)
    unsafe duckdb_scalar_function_set_return_type(function, resultType)
    unsafe duckdb_scalar_function_set_function(function, body)
    guard unsafe duckdb_register_scalar_function(connection.pointer, function) == DuckDBSuccess else {
        throw TarnError(.engineFailed, "The engine refuses a hash function.", detail: ["function": name])
    }
}
