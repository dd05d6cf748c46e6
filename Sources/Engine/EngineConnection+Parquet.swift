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
        let files = try await copy(select, schema: schema, to: path, options: options, division: "")
        guard let file = files.first, file.rowCount > 0 else { throw noRows(path) }
        return file
    }

    /// Writes a query's rows as files of a folder. A file without rows may be among them.
    ///
    /// - Parameter schema: the query's columns, with the field ids that the files shall carry; those that the rows are
    ///   divided by are not among them.
    package nonisolated func copyToParquet(
        _ select: String,
        schema: Schema,
        to folder: ParquetFolder,
        options: ParquetOptions = ParquetOptions()
    ) async throws(TarnError) -> [ParquetFile] {
        let names = ", FILENAME_PATTERN \(sqlLiteral(folder.namePrefix + "-{i}")), OVERWRITE_OR_IGNORE true"
        let division =
            switch folder.division {
            case .bytes(let target): ", FILE_SIZE_BYTES \(target)"
            case .columns(let columns):
                ", PARTITION_BY (\(columns.map(sqlIdentifier).joined(separator: ", "))), "
                    + "WRITE_PARTITION_COLUMNS false, HIVE_FILE_PATTERN false"
            }
        return try await copy(select, schema: schema, to: folder.path, options: options, division: names + division)
    }

    private nonisolated func copy(
        _ select: String,
        schema: Schema,
        to path: String,
        options: ParquetOptions,
        division: String
    ) async throws(TarnError) -> [ParquetFile] {
        try refuseTwins(schema.fields, of: "a table")
        let sql = """
            COPY (\(select)
            ) TO \(sqlLiteral(path)) (FORMAT parquet, PARQUET_VERSION v1, COMPRESSION zstd, \
            COMPRESSION_LEVEL \(options.compressionLevel), ROW_GROUP_SIZE \(options.rowGroupRows), \
            FIELD_IDS \(fieldIDs(schema.fields)), RETURN_STATS true\(division))
            """
        let result = try await query(sql)
        var files: [ParquetFile] = []
        for batch in result.batches {
            for row in 0..<batch.rowCount { files.append(try parquetFile(batch, row, schema: schema)) }
        }
        return files
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

private func parquetFile(_ batch: ColumnBatch, _ row: Int, schema: Schema) throws(TarnError) -> ParquetFile {
    guard let rowCount = batch.integer("count", row), let fileSizeBytes = batch.integer("file_size_bytes", row),
        let path = batch.column("filename"), let facts = batch.column("column_statistics"),
        let group = batch.column("partition_keys")
    else { throw TarnError(.engineFailed, "The engine tells nothing of the file it wrote.") }
    return ParquetFile(
        path: string(of: path, row: row),
        group: Dictionary(texts(of: group, row: row)) { first, _ in first },
        rowCount: rowCount,
        fileSizeBytes: fileSizeBytes,
        columns: statistics(of: facts, row: row, schema: schema)
    )
}

private func statistics(of column: Column, row: Int, schema: Schema) -> [Int: ColumnStatistics] {
    let ids = leafIDs(schema.fields, "")
    var columns: [Int: ColumnStatistics] = [:]
    for (name, value) in entries(of: column, row: row) {
        guard let id = ids[name] else { continue }
        let facts = Dictionary(texts(of: value.column, row: value.row)) { first, _ in first }.compactMapValues { $0 }
        columns[id] = ColumnStatistics(
            sizeBytes: facts["column_size_bytes"].flatMap { Int($0) } ?? 0,
            valueCount: facts["num_values"].flatMap { Int($0) } ?? 0,
            nullCount: facts["null_count"].flatMap { Int($0) } ?? 0,
            min: facts["min"],
            max: facts["max"],
            hasNaN: facts["has_nan"].map { $0 == "true" }
        )
    }
    return columns
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

/// As above, for a map of texts; nil for null.
private func texts(of column: Column, row: Int) -> [(String, String?)] {
    guard !column.isNull(row) else { return [] }
    return entries(of: column, row: row).map { key, value in
        (key, value.column.isNull(value.row) ? nil : string(of: value.column, row: value.row))
    }
}

private func string(of column: Column, row: Int) -> String {
    guard case .slices(let slices) = column.storage else { return "" }
    return String(decoding: slices[row], as: UTF8.self)
}

extension ColumnBatch {
    fileprivate func column(_ name: String) -> Column? {
        schema.fields.firstIndex { $0.name == name }.map { columns[$0] }
    }

    fileprivate func integer(_ name: String, _ row: Int) -> Int? {
        guard let column = column(name) else { return nil }
        return switch column.storage {
        case .int64(let values): Int(values[row])
        case .int128(let values): Int(exactly: values[row])
        default: nil
        }
    }
}
