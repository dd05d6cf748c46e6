package import Base
import Columns
package import Engine
package import Iceberg
package import ObjectStore
import Synchronization

/// Writes rows as data and delete files of a table: durable, with statistics, but not yet referenced by anything.
package struct DataFileWriter: Sendable {
    private let store: any ObjectStore
    private let connection: EngineConnection
    private let entropy: any Entropy

    package init(store: any ObjectStore, connection: EngineConnection, entropy: any Entropy) {
        self.store = store
        self.connection = connection
        self.entropy = entropy
    }

    /// Row *n* of the input is row *n* of the file.
    ///
    /// - Throws: `data.unsupported` for columns of type `fixed`: the engine writes them at no fixed length, and other
    ///   readers refuse such files.
    package func writeRows(_ input: RowInput, into folder: TableFolder) async throws(TarnError) -> DataFile {
        try Self.refuseFixed(input.schema)
        let key = folder.dataFile(entropy)
        let written = try await sealed(key) { (path) throws(TarnError) in
            try await connection.writeParquet(input, to: path)
        }
        return Self.dataFile(store.uri(key), written, schema: input.schema)
    }

    /// Writes a query's rows as data files of a table, divided by its partitions and at a size; none for no rows.
    ///
    /// - Parameters:
    ///   - select: gives the table's columns in their order, under any names; values are cast to the columns' types.
    ///   - layout: the table's columns with their field ids, and how its rows are divided.
    /// - Throws: `data.valueUnrepresentable` where a required column would get nulls; `data.unsupported` as above;
    ///   `query.invalid` for another number of columns.
    package func writeRows(
        of select: String,
        as layout: FileLayout,
        into folder: TableFolder
    ) async throws(TarnError) -> [DataFile] {
        try Self.refuseFixed(layout.schema)
        let columnCount = try await connection.schema(of: select).fields.count
        guard columnCount == layout.schema.fields.count else {
            throw TarnError(
                .queryInvalid,
                "A query gives another number of columns than its table has.",
                detail: ["query": String(columnCount), "table": String(layout.schema.fields.count)]
            )
        }
        let query = try PartitionedQuery(select, layout)
        let division: ParquetFolder.Division =
            query.groups.isEmpty ? .bytes(layout.fileBytesTarget) : .columns(query.groups.map(\.column))
        var files: [DataFile] = []
        for file in try await write(query.sql, layout.schema, division, into: folder) {
            let partition = try query.partition(of: file.group)
            let isLarge = !query.groups.isEmpty && file.fileSizeBytes > 2 * layout.fileBytesTarget
            let parts = try await isLarge ? split(file, layout, into: folder) : [file]
            for part in parts {
                var dataFile = try await finished(part, schema: layout.schema, in: folder)
                dataFile.specID = layout.spec.id
                dataFile.partition = partition
                files.append(dataFile)
            }
        }
        return files
    }

    /// The engine divides either by values or by size: a partition's file that became too large is written again.
    private func split(
        _ file: ParquetFile,
        _ layout: FileLayout,
        into folder: TableFolder
    ) async throws(TarnError) -> [ParquetFile] {
        let rows = "SELECT * FROM read_parquet(\(sqlLiteral(file.path)))"
        let parts = try await write(rows, layout.schema, .bytes(layout.fileBytesTarget), into: folder)
        try await store.delete(folder.dataFile(named: file.path))
        return parts
    }

    private func write(
        _ sql: String,
        _ schema: Schema,
        _ division: ParquetFolder.Division,
        into folder: TableFolder
    ) async throws(TarnError) -> [ParquetFile] {
        let name = entropy.uuid()
        let path = try await store.stage(folder.dataFile(named: name))
        let target = ParquetFolder(
            path: String(path.dropLast(name.utf8.count + 1)),
            namePrefix: name,
            division: division
        )
        var written: [ParquetFile] = []
        for file in try await connection.copyToParquet(sql, schema: schema, to: target) {
            if file.rowCount > 0 {
                written.append(file)
            } else {
                try await store.delete(folder.dataFile(named: file.path))
            }
        }
        return written
    }

    private func finished(
        _ file: ParquetFile,
        schema: Schema,
        in folder: TableFolder
    ) async throws(TarnError) -> DataFile {
        for field in schema.fields where field.isRequired && (file.columns[field.id]?.nullCount ?? 0) > 0 {
            throw TarnError(
                .valueUnrepresentable,
                "A required column would get nulls.",
                detail: ["column": field.name],
                remedy: "Leave rows out in which the column is null, or make it optional."
            )
        }
        let key = folder.dataFile(named: file.path)
        try await store.seal(key)
        return Self.dataFile(store.uri(key), file, schema: schema)
    }

    /// Positions deleted from one data file of an unpartitioned table.
    /// - Parameter positions: ascending, without repeats, at least one.
    package func writeDeletes(
        of dataFile: String,
        positions: [Int64],
        into folder: TableFolder
    ) async throws(TarnError) -> DataFile {
        let written = try await write(deletes: [(dataFile, positions)], into: folder)
        return DataFile.positionDeletes(
            path: written.uri,
            referencedDataFile: dataFile,
            count: Int64(positions.count),
            fileSize: written.size,
            minPosition: positions.first ?? 0,
            maxPosition: positions.last ?? 0
        )
    }

    /// As above, of a data file of any table: its partition is that of its deletes.
    package func writeDeletes(
        of dataFile: DataFile,
        positions: [Int64],
        into folder: TableFolder
    ) async throws(TarnError) -> DataFile {
        var file = try await writeDeletes(of: dataFile.path, positions: positions, into: folder)
        file.specID = dataFile.specID
        file.partition = dataFile.partition
        return file
    }

    /// Positions deleted from several data files, in one file for the whole table, which is unpartitioned.
    package func writeSharedDeletes(
        _ deletes: [(dataFile: String, positions: [Int64])],
        into folder: TableFolder
    ) async throws(TarnError) -> DataFile {
        let sorted = deletes.sorted { $0.dataFile.utf8.lexicographicallyPrecedes($1.dataFile.utf8) }
        let written = try await write(deletes: sorted, into: folder)
        let count = Int64(deletes.reduce(0) { $0 + $1.positions.count })
        var file = DataFile(
            content: .positionDeletes,
            path: written.uri,
            format: .parquet,
            recordCount: count,
            fileSizeInBytes: written.size
        )
        file.lowerBounds[DataFile.deleteFilePathID] = Array((sorted.first?.dataFile ?? "").utf8)
        file.upperBounds[DataFile.deleteFilePathID] = Array((sorted.last?.dataFile ?? "").utf8)
        file.valueCounts = [DataFile.deleteFilePathID: count, DataFile.deletePositionID: count]
        file.nullValueCounts = [DataFile.deleteFilePathID: 0, DataFile.deletePositionID: 0]
        return file
    }

    private func write(
        deletes: [(dataFile: String, positions: [Int64])],
        into folder: TableFolder
    ) async throws(TarnError) -> (uri: String, size: Int64) {
        let key = folder.deleteFile(entropy)
        let rows = DeleteRows(deletes)
        let written = try await sealed(key) { (path) throws(TarnError) in
            try await connection.writeParquet(schema: Self.deleteSchema, to: path) { rows.next() }
        }
        return (store.uri(key), Int64(written.fileSizeBytes))
    }

    /// A file that could not be finished is taken away again: a full disk shall not fill further with each attempt.
    private func sealed(
        _ key: String,
        _ write: (_ path: String) async throws(TarnError) -> ParquetFile
    ) async throws(TarnError) -> ParquetFile {
        do throws(TarnError) {
            let written = try await write(try await store.stage(key))
            try await store.seal(key)
            return written
        } catch {
            try? await store.delete(key)
            throw error
        }
    }

    /// The rows of a delete file, a bounded number at a time: each names its data file's whole path.
    private final class DeleteRows: Sendable {
        private static let rowsMax = 1 << 16

        private let deletes: [(dataFile: String, positions: [Int64])]
        private let place = Mutex((file: 0, position: 0))

        init(_ deletes: [(dataFile: String, positions: [Int64])]) { self.deletes = deletes }

        /// Nil after the last row.
        func next() -> ColumnBatch? {
            place.withLock { place in
                while place.file < deletes.count, place.position == deletes[place.file].positions.count {
                    place = (place.file + 1, 0)
                }
                guard place.file < deletes.count else { return nil }
                let (dataFile, positions) = deletes[place.file]
                let part = positions[place.position...].prefix(Self.rowsMax)
                place.position = part.endIndex
                var batch = ColumnBatch(schema: DataFileWriter.deleteSchema)
                batch.columns[0].append(string: dataFile, count: part.count)
                batch.columns[1].append(int64s: Array(part))
                return batch
            }
        }
    }

    /// The columns that the format prescribes for position deletes.
    private static let deleteSchema = Schema(fields: [
        Field(id: DataFile.deleteFilePathID, name: "file_path", type: .string, isRequired: true),
        Field(id: DataFile.deletePositionID, name: "pos", type: .long, isRequired: true),
    ])

    private static func refuseFixed(_ schema: Schema) throws(TarnError) {
        guard let field = schema.fields.lazy.compactMap(firstFixed).first else { return }
        throw TarnError(
            .unsupported,
            "A column of fixed length cannot be written.",
            detail: ["column": field.name],
            remedy: "Make the column binary, or write the table with another engine."
        )
    }

    private static func dataFile(_ uri: String, _ written: ParquetFile, schema: Schema) -> DataFile {
        var file = DataFile.data(
            path: uri,
            recordCount: Int64(written.rowCount),
            fileSize: Int64(written.fileSizeBytes)
        )
        let types = leafTypes(schema.fields)
        for (id, statistics) in written.columns {
            file.columnSizes[id] = Int64(statistics.sizeBytes)
            file.valueCounts[id] = Int64(statistics.valueCount)
            file.nullValueCounts[id] = Int64(statistics.nullCount)
            if statistics.hasNaN == false { file.nanValueCounts[id] = 0 }
            guard let type = types[id], statistics.hasNaN != true else { continue }
            if let lower = statistics.min.flatMap({ SingleValue.encode($0, as: type) }) {
                file.lowerBounds[id] = SingleValue.lowerBound(lower, as: type)
            }
            if let upper = statistics.max.flatMap({ SingleValue.encode($0, as: type) }) {
                file.upperBounds[id] = SingleValue.upperBound(upper, as: type)
            }
        }
        return file
    }

    private static func firstFixed(_ field: Field) -> Field? {
        if case .fixed = field.type { return field }
        return field.type.children.lazy.compactMap(firstFixed).first
    }

    private static func leafTypes(_ fields: [Field]) -> [Int: ColumnType] {
        fields.reduce(into: [:]) { types, field in
            if field.type.children.isEmpty {
                types[field.id] = field.type
            } else {
                types.merge(leafTypes(field.type.children)) { first, _ in first }
            }
        }
    }
}
