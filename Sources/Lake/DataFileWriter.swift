package import Base
package import Columns
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
        if let field = input.schema.fields.lazy.compactMap(Self.firstFixed).first {
            throw TarnError(
                .unsupported,
                "A column of fixed length cannot be written.",
                detail: ["column": field.name],
                remedy: "Make the column binary, or write the table with another engine."
            )
        }
        let key = folder.dataFile(entropy)
        let written = try await sealed(key) { (path) throws(TarnError) in
            try await connection.writeParquet(input, to: path)
        }
        return Self.dataFile(store.uri(key), written, schema: input.schema)
    }

    /// Writes a query's rows as data files of a table; none for no rows.
    ///
    /// - Parameter schema: the query's columns, with the table's field ids.
    /// - Throws: `data.valueUnrepresentable` where a required column would get nulls.
    package func writeRows(
        of select: String,
        as schema: Schema,
        into folder: TableFolder
    ) async throws(TarnError) -> [DataFile] {
        guard
            try await connection.query("SELECT 1 FROM (\(select)) LIMIT 1").batches.contains(where: { $0.rowCount > 0 })
        else { return [] }
        let key = folder.dataFile(entropy)
        let written = try await connection.copyToParquet(select, schema: schema, to: try await store.stage(key))
        for field in schema.fields where field.isRequired && (written.columns[field.id]?.nullCount ?? 0) > 0 {
            throw TarnError(
                .valueUnrepresentable,
                "A required column would get nulls.",
                detail: ["column": field.name],
                remedy: "Leave rows out in which the column is null."
            )
        }
        try await store.seal(key)
        return [Self.dataFile(store.uri(key), written, schema: schema)]
    }

    /// Positions deleted from one data file.
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

    /// Positions deleted from several data files, in one file for the whole table.
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
