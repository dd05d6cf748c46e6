import Base
import CDuckDB

/// A value for `$1`, `$2` … of a statement.
package enum Parameter: Sendable, Equatable {
    case text(String)
    case integer(Int64)
    case double(Double)
    case bool(Bool)
    case null
}

/// A prepared statement. Stays on the thread of its connection.
@safe struct Statement: ~Copyable {
    private let connection: ConnectionHandle
    private var prepared: duckdb_prepared_statement?

    /// - Throws: `query.invalid` for text that does not parse or bind, or holds more than one statement.
    init(_ sql: String, on connection: ConnectionHandle) throws(TarnError) {
        self.connection = connection
        var made: duckdb_prepared_statement?
        guard unsafe duckdb_prepare(connection.pointer, sql, &made) == DuckDBSuccess else {
            defer { unsafe duckdb_destroy_prepare(&made) }
            throw unsafe TarnError(engineMessage: made.flatMap { unsafe duckdb_prepare_error($0) })
        }
        unsafe prepared = made
    }

    private init(extracted: duckdb_extracted_statements, index: Int, on connection: ConnectionHandle) throws(TarnError)
    {
        self.connection = connection
        var made: duckdb_prepared_statement?
        let state = unsafe duckdb_prepare_extracted_statement(connection.pointer, extracted, idx_t(index), &made)
        guard state == DuckDBSuccess else {
            defer { unsafe duckdb_destroy_prepare(&made) }
            throw unsafe TarnError(engineMessage: made.flatMap { unsafe duckdb_prepare_error($0) })
        }
        unsafe prepared = made
    }

    deinit {
        var made = unsafe prepared
        unsafe duckdb_destroy_prepare(&made)
    }

    /// Prepares and runs each statement of a text in turn: a later one may need what an earlier one made.
    static func forEach(
        of sql: String,
        on connection: ConnectionHandle,
        _ body: (borrowing Statement) throws(TarnError) -> Void
    ) throws(TarnError) {
        var extracted: duckdb_extracted_statements?
        defer { unsafe duckdb_destroy_extracted(&extracted) }
        let count = unsafe duckdb_extract_statements(connection.pointer, sql, &extracted)
        guard let statements = unsafe extracted else { throw TarnError(engineMessage: "") }
        if let message = unsafe duckdb_extract_statements_error(statements) {
            throw unsafe TarnError(engineMessage: message)
        }
        for index in 0..<Int(count) {
            try body(try unsafe Statement(extracted: statements, index: index, on: connection))
        }
    }

    borrowing func bind(_ parameters: [Parameter]) throws(TarnError) {
        for (offset, parameter) in parameters.enumerated() {
            let index = idx_t(offset + 1)
            let state =
                switch parameter {
                case .text(var text):
                    text.withUTF8 { bytes in
                        unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                            unsafe duckdb_bind_varchar_length(
                                prepared,
                                index,
                                characters.baseAddress,
                                idx_t(characters.count)
                            )
                        }
                    }
                case .integer(let value): unsafe duckdb_bind_int64(prepared, index, value)
                case .double(let value): unsafe duckdb_bind_double(prepared, index, value)
                case .bool(let value): unsafe duckdb_bind_boolean(prepared, index, value)
                case .null: unsafe duckdb_bind_null(prepared, index)
                }
            guard state == DuckDBSuccess else {
                throw TarnError(.queryInvalid, "The statement has no parameter $\(index).")
            }
        }
    }

    /// The columns it will give; nil where they depend on the values of parameters.
    var columns: [(name: String, form: ResultForm)]? {
        var result: [(name: String, form: ResultForm)] = []
        for index in unsafe 0..<duckdb_prepared_statement_column_count(prepared) {
            var type = unsafe duckdb_prepared_statement_column_logical_type(prepared, index)
            defer { unsafe duckdb_destroy_logical_type(&type) }
            guard unsafe duckdb_get_type_id(type) != DUCKDB_TYPE_INVALID else { return nil }
            let name = unsafe duckdb_prepared_statement_column_name(prepared, index)
            defer { unsafe duckdb_free(UnsafeMutablePointer(mutating: name)) }
            result.append((unsafe name.map { unsafe String(cString: $0) } ?? "", unsafe ResultForm(type)))
        }
        return result
    }

    var isSelect: Bool { unsafe duckdb_prepared_statement_type(prepared) == DUCKDB_STATEMENT_TYPE_SELECT }

    /// Runs it; blocks until the result is whole or, when streaming, until its first rows are there.
    borrowing func run(isStreaming: Bool, _ cancellation: Cancellation?) throws(TarnError) -> ResultReader {
        var pending: duckdb_pending_result?
        defer { unsafe duckdb_destroy_pending(&pending) }
        let begun =
            if isStreaming {
                unsafe duckdb_pending_prepared_streaming(prepared, &pending)
            } else {
                unsafe duckdb_pending_prepared(prepared, &pending)
            }
        guard begun == DuckDBSuccess else {
            throw unsafe TarnError(engineMessage: pending.flatMap { unsafe duckdb_pending_error($0) })
        }
        try cancellation?.check()
        var result = unsafe duckdb_result()
        guard unsafe duckdb_execute_pending(pending, &result) == DuckDBSuccess else {
            defer { unsafe duckdb_destroy_result(&result) }
            throw unsafe TarnError(engineMessage: duckdb_result_error(&result))
        }
        return unsafe ResultReader(result)
    }
}
