import Base
import CDuckDB
import Columns

/// Registers `tarn_rows(handle)`, through which statements read column batches straight from memory.
///
/// The rows come in order and on one thread; only the columns that a statement names are copied.
func registerRowFunction(_ sources: RowSources, on connection: ConnectionHandle) throws(TarnError) {
    var function = unsafe duckdb_create_table_function()
    defer { unsafe duckdb_destroy_table_function(&function) }
    unsafe duckdb_table_function_set_name(function, "tarn_rows")
    var handleType = unsafe duckdb_create_logical_type(DUCKDB_TYPE_BIGINT)
    defer { unsafe duckdb_destroy_logical_type(&handleType) }
    unsafe duckdb_table_function_add_parameter(function, handleType)
    unsafe duckdb_table_function_set_extra_info(function, retained(sources), releaseObject)
    unsafe duckdb_table_function_supports_projection_pushdown(function, true)
    unsafe duckdb_table_function_set_bind(function, bindRows)
    unsafe duckdb_table_function_set_init(function, beginRows)
    unsafe duckdb_table_function_set_function(function, fillRows)
    guard unsafe duckdb_register_table_function(connection.pointer, function) == DuckDBSuccess else {
        throw TarnError(.engineFailed, "The engine refuses the function that feeds rows to it.")
    }
}

private func retained(_ object: AnyObject) -> UnsafeMutableRawPointer {
    unsafe Unmanaged.passRetained(object).toOpaque()
}

private func borrowed<Object: AnyObject>(_ pointer: UnsafeMutableRawPointer?, _: Object.Type) -> Object? {
    unsafe pointer.map { unsafe Unmanaged<Object>.fromOpaque($0).takeUnretainedValue() }
}

private let releaseObject: duckdb_delete_callback_t = { pointer in
    if let pointer = unsafe pointer { unsafe Unmanaged<AnyObject>.fromOpaque(pointer).release() }
}

private let bindRows: duckdb_table_function_bind_t = { info in
    var handle = unsafe duckdb_bind_get_parameter(info, 0)
    defer { unsafe duckdb_destroy_value(&handle) }
    guard let sources = unsafe borrowed(duckdb_bind_get_extra_info(info), RowSources.self),
        let source = unsafe sources[duckdb_get_int64(handle)]
    else { return unsafe duckdb_bind_set_error(info, "There are no rows of this handle.") }
    do throws(TarnError) {
        for field in source.schema.fields {
            var type = try unsafe makeLogicalType(field.type)
            unsafe duckdb_bind_add_result_column(info, field.name, type)
            unsafe duckdb_destroy_logical_type(&type)
        }
    } catch {
        source.fail(error)
        return unsafe duckdb_bind_set_error(info, error.message)
    }
    if let rowCount = source.rowCount { unsafe duckdb_bind_set_cardinality(info, idx_t(rowCount), true) }
    unsafe duckdb_bind_set_bind_data(info, retained(source), releaseObject)
}

private let beginRows: duckdb_table_function_init_t = { info in
    guard let source = unsafe borrowed(duckdb_init_get_bind_data(info), RowSource.self), source.take() else {
        return unsafe duckdb_init_set_error(info, "These rows can be read only once.")
    }
    let columnCount = idx_t(source.schema.fields.count)
    let columns = unsafe (0..<duckdb_init_get_column_count(info)).map { place -> Int? in
        let index = unsafe duckdb_init_get_column_index(info, place)
        return index < columnCount ? Int(index) : nil
    }
    unsafe duckdb_init_set_max_threads(info, 1)
    unsafe duckdb_init_set_init_data(info, retained(RowScan(source, columns: columns)), releaseObject)
}

private let fillRows: duckdb_table_function_t = { info, output in
    guard let scan = unsafe borrowed(duckdb_function_get_init_data(info), RowScan.self),
        let source = unsafe borrowed(duckdb_function_get_bind_data(info), RowSource.self)
    else { return unsafe duckdb_function_set_error(info, "The scan of the rows is lost.") }
    do throws(TarnError) {
        try unsafe scan.fill(output)
    } catch {
        source.fail(error)
        unsafe duckdb_function_set_error(info, error.message)
    }
}
