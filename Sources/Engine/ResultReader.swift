import Base
import CDuckDB
import Columns

/// Takes the rows of a running or finished statement, one engine vector at a time.
@safe struct ResultReader: ~Copyable {
    private var result: duckdb_result
    let schema: Schema
    let columns: [(name: String, form: ResultForm)]

    /// Takes the result over and destroys it in the end.
    init(_ taken: duckdb_result) {
        var taken = unsafe taken
        columns = unsafe (0..<duckdb_column_count(&taken)).map { index in
            var type = unsafe duckdb_column_logical_type(&taken, index)
            defer { unsafe duckdb_destroy_logical_type(&type) }
            let name = unsafe duckdb_column_name(&taken, index).map { unsafe String(cString: $0) } ?? ""
            return (name: name, form: unsafe ResultForm(type))
        }
        unsafe result = taken
        schema = resultSchema(columns)
    }

    deinit {
        var taken = unsafe result
        unsafe duckdb_destroy_result(&taken)
    }

    /// Nil after the last row.
    mutating func next() throws(TarnError) -> ColumnBatch? {
        var chunk = unsafe duckdb_fetch_chunk(result)
        guard let filled = unsafe chunk else {
            if let message = unsafe duckdb_result_error(&result) { throw unsafe TarnError(engineMessage: message) }
            return nil
        }
        defer { unsafe duckdb_destroy_data_chunk(&chunk) }
        let rowCount = Int(unsafe duckdb_data_chunk_get_size(filled))
        guard rowCount > 0, !columns.isEmpty else { return nil }
        var filledColumns: [Column] = []
        filledColumns.reserveCapacity(columns.count)
        for (index, column) in columns.enumerated() {
            let vector = unsafe duckdb_data_chunk_get_vector(filled, idx_t(index))
            filledColumns.append(try unsafe readVector(vector, column.form, schema.fields[index].type, count: rowCount))
        }
        return ColumnBatch(schema: schema, columns: filledColumns)
    }
}
