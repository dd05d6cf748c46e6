import Base
import CDuckDB
import Columns

/// Takes the rows of a running or finished statement, one engine vector at a time.
@safe struct ResultReader: ~Copyable {
    private var result: duckdb_result
    let schema: Schema
    private let forms: [ResultForm]

    /// Takes the result over and destroys it in the end.
    init(_ taken: duckdb_result) throws(TarnError) {
        var taken = unsafe taken
        let columns = unsafe (0..<duckdb_column_count(&taken)).map { index in
            var type = unsafe duckdb_column_logical_type(&taken, index)
            defer { unsafe duckdb_destroy_logical_type(&type) }
            let name = unsafe duckdb_column_name(&taken, index).map { unsafe String(cString: $0) } ?? ""
            return (name: name, form: unsafe ResultForm(type))
        }
        if let foreign = columns.first(where: { $0.form.holdsForeign }) {
            unsafe duckdb_destroy_result(&taken)
            throw TarnError(
                .unsupported,
                "A column's type has no place in the lake.",
                detail: ["column": foreign.name],
                remedy: "Cast the column to VARCHAR."
            )
        }
        unsafe result = taken
        forms = columns.map(\.form)
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
        guard rowCount > 0, !forms.isEmpty else { return nil }
        var columns: [Column] = []
        columns.reserveCapacity(forms.count)
        for (index, form) in forms.enumerated() {
            let vector = unsafe duckdb_data_chunk_get_vector(filled, idx_t(index))
            columns.append(try unsafe readVector(vector, form, schema.fields[index].type, count: rowCount))
        }
        return ColumnBatch(schema: schema, columns: columns)
    }
}
