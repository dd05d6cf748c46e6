package import Base
package import Columns

extension EngineConnection {
    /// Writes batches as one Parquet file. Row *n* of the input is row *n* of the file; columns carry their field ids.
    ///
    /// A file that could not be finished may stay behind. The file is not yet durable: `ObjectStore.seal` makes it so.
    ///
    /// - Throws: `data.valueUnrepresentable` for no rows at all, texts that are not UTF-8, decimals beyond
    ///   their digits.
    package nonisolated func writeParquet(
        _ input: RowInput,
        to path: String,
        options: ParquetOptions = ParquetOptions()
    ) async throws(TarnError) -> ParquetFile {
        guard input.rowCount > 0 else { throw noRows(path) }
        return try await withRows(RowSource(input)) { (rows) throws(TarnError) in
            try await copyToParquet("SELECT * FROM \(rows)", schema: input.schema, to: path, options: options)
        }
    }

    /// As above, for more rows than memory holds.
    ///
    /// - Parameter producer: called on the connection's threads, which it may block; nil ends the file.
    package nonisolated func writeParquet(
        schema: Schema,
        to path: String,
        options: ParquetOptions = ParquetOptions(),
        from producer: @escaping @Sendable () throws(TarnError) -> ColumnBatch?
    ) async throws(TarnError) -> ParquetFile {
        try await withRows(RowSource(schema: schema, producer: producer)) { (rows) throws(TarnError) in
            try await copyToParquet("SELECT * FROM \(rows)", schema: schema, to: path, options: options)
        }
    }

    /// Writes a query's rows, in the query's order, as one Parquet file.
    ///
    /// - Parameter schema: the query's columns, with the field ids that the file shall carry.
    package nonisolated func copyToParquet(
        _ select: String,
        schema: Schema,
        to path: String,
        options: ParquetOptions = ParquetOptions()
    ) async throws(TarnError) -> ParquetFile {
        try refuseTwins(schema.fields, of: "a table")
        let sql = """
            COPY (\(select)
            ) TO \(sqlLiteral(path)) (FORMAT parquet, PARQUET_VERSION v1, COMPRESSION zstd, \
            COMPRESSION_LEVEL \(options.compressionLevel), ROW_GROUP_SIZE \(options.rowGroupRows), \
            FIELD_IDS \(fieldIDs(schema.fields)), RETURN_STATS true)
            """
        let file = try parquetFile(try await query(sql), schema: schema)
        guard file.rowCount > 0 else { throw noRows(path) }
        return file
    }
}

private func noRows(_ path: String) -> TarnError {
    TarnError(
        .valueUnrepresentable,
        "A file without rows is never part of a table.",
        detail: ["file": path],
        remedy: "Write no file where there are no rows."
    )
}

/// `{"id": 1, "tags": {__duckdb_field_id: 2, "element": 3}}`
private func fieldIDs(_ fields: [Field]) -> String {
    let members = fields.map { field in
        let children = field.type.children
        guard !children.isEmpty else { return "\(sqlIdentifier(field.name)): \(field.id)" }
        let nested = fieldIDs(children.enumerated().map { renamed($1, $0, in: field.type) })
        return "\(sqlIdentifier(field.name)): {__duckdb_field_id: \(field.id), \(nested.dropFirst())"
    }
    return "{\(members.joined(separator: ", "))}"
}

/// The children of lists and maps have fixed names in the engine.
private func renamed(_ child: Field, _ index: Int, in type: ColumnType) -> Field {
    var child = child
    switch type {
    case .list: child.name = "element"
    case .map: child.name = index == 0 ? "key" : "value"
    default: break
    }
    return child
}

/// The path that the engine gives a column in its statistics: `"tags"."element"`.
private func leafIDs(_ fields: [Field], _ path: String) -> [String: Int] {
    var result: [String: Int] = [:]
    for field in fields {
        let own = path + sqlIdentifier(field.name)
        let children = field.type.children
        if children.isEmpty {
            result[own] = field.id
        } else {
            let renamedChildren = children.enumerated().map { renamed($1, $0, in: field.type) }
            result.merge(leafIDs(renamedChildren, own + ".")) { first, _ in first }
        }
    }
    return result
}

private func parquetFile(_ result: QueryResult, schema: Schema) throws(TarnError) -> ParquetFile {
    guard let batch = result.batches.first, let rowCount = batch.integer("count", 0),
        let fileSizeBytes = batch.integer("file_size_bytes", 0),
        let place = result.columnNames.firstIndex(of: "column_statistics")
    else { throw TarnError(.engineFailed, "The engine tells nothing of the file it wrote.") }
    let ids = leafIDs(schema.fields, "")
    var columns: [Int: ColumnStatistics] = [:]
    for (name, value) in entries(of: batch.columns[place], row: 0) {
        guard let id = ids[name] else { continue }
        var facts: [String: String] = [:]
        for (key, text) in entries(of: value.column, row: value.row) {
            facts[key] = text.column.isNull(text.row) ? nil : string(of: text.column, row: text.row)
        }
        columns[id] = ColumnStatistics(
            sizeBytes: facts["column_size_bytes"].flatMap { Int($0) } ?? 0,
            valueCount: facts["num_values"].flatMap { Int($0) } ?? 0,
            nullCount: facts["null_count"].flatMap { Int($0) } ?? 0,
            min: facts["min"],
            max: facts["max"],
            hasNaN: facts["has_nan"].map { $0 == "true" }
        )
    }
    return ParquetFile(rowCount: rowCount, fileSizeBytes: fileSizeBytes, columns: columns)
}

/// The entries of one row of a map with text keys.
private func entries(of column: Column, row: Int) -> [(key: String, value: (column: Column, row: Int))] {
    guard case .list(let offsets, let child) = column.storage, case .structure(let pair) = child[0].storage else {
        return []
    }
    return (offsets[row]..<offsets[row + 1]).map { entry in
        (string(of: pair[0], row: entry), (pair[1], entry))
    }
}

private func string(of column: Column, row: Int) -> String {
    guard case .slices(let slices) = column.storage else { return "" }
    return String(decoding: slices[row], as: UTF8.self)
}

extension ColumnBatch {
    fileprivate func integer(_ name: String, _ row: Int) -> Int? {
        guard let index = schema.fields.firstIndex(where: { $0.name == name }) else { return nil }
        return switch columns[index].storage {
        case .int64(let values): Int(values[row])
        case .int128(let values): Int(exactly: values[row])
        default: nil
        }
    }
}
