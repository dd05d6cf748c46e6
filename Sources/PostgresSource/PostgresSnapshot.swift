package import Base
package import Capture
package import Columns

/// All tables at the slot's first position, read by several connections through one exported snapshot.
package struct PostgresSnapshot: SourceSnapshot {
    package let position: Position
    package let tables: [CapturedTable]
    package let stopped: [TableStop]
    package let chunks: [SnapshotChunk]
    package let readerCount: Int
    private let origins: [Origin]
    private let readers: [SnapshotReader]
    private let pool: ReaderPool
    private let export: Session

    /// How one table is read.
    struct Origin: Sendable {
        var wires: [WireType]
        var columns: String
        var sql: String
        /// Of a partitioned table; each is one chunk.
        var leaves: [String]
    }

    /// A table this small (in blocks of 8 KiB) is read in one chunk.
    static let chunkBlocksMin: Int64 = 256
    static let chunksPerReader: Int64 = 8

    init(
        position: LSN,
        export: Session,
        readers: [SnapshotReader],
        described: Described
    ) {
        self.position = position.position
        self.export = export
        self.readers = readers
        readerCount = readers.count
        pool = ReaderPool(readers)
        tables = described.tables
        stopped = described.stopped
        origins = described.origins
        chunks = described.chunks
    }

    package func read(
        _ chunk: SnapshotChunk,
        bytesMax: Int,
        _ body: @Sendable (ColumnBatch) async throws(TarnError) -> Void
    ) async throws(TarnError) {
        let reader = await pool.take()
        do throws(TarnError) {
            try await reader.begin(statement(chunk), table: tables[chunk.table], wires: origins[chunk.table].wires)
            while let batch = try await reader.next(bytesMax: bytesMax) { try await body(batch) }
        } catch {
            await reader.reset()
            await pool.give(reader)
            throw error
        }
        await pool.give(reader)
    }

    package func close() async {
        for reader in readers { await reader.reset() }
        await export.close()
    }

    private func statement(_ chunk: SnapshotChunk) -> String {
        let origin = origins[chunk.table]
        let query: String
        if !origin.leaves.isEmpty {
            query = "SELECT \(origin.columns) FROM ONLY \(origin.leaves[Int(chunk.range.lowerBound)])"
        } else {
            let upper = chunk.range.upperBound == .max ? "" : " AND ctid < '(\(chunk.range.upperBound),0)'"
            let limits = "ctid >= '(\(chunk.range.lowerBound),0)'\(upper)"
            query = "SELECT \(origin.columns) FROM ONLY \(origin.sql) WHERE \(limits)"
        }
        return "COPY (\(query)) TO STDOUT (FORMAT binary)"
    }
}

extension PostgresSnapshot {
    /// The tables as the snapshot's own transaction sees them.
    struct Described: Sendable {
        var tables: [CapturedTable] = []
        var stopped: [TableStop] = []
        var origins: [Origin] = []
        var chunks: [SnapshotChunk] = []
    }

    /// Fixes the tables' shapes (no one can change them until the reader ends) and cuts them into chunks.
    static func describe(
        _ configuration: PostgresSourceConfiguration,
        published: Set<UInt32>,
        readers: [SnapshotReader]
    ) async throws(TarnError) -> Described {
        let reader = readers[0]
        let catalog = Catalog { (sql, parameters) throws(TarnError) in try await reader.rows(sql, parameters) }
        let readable = try await catalog.tables(configuration).filter { $0.isReadable && published.contains($0.oid) }
        try await SnapshotLocks(tables: readable).take(readers)
        let all = try await catalog.tables(configuration)
        let types = try await catalog.typeCatalog(for: all)
        var described = Described()
        for table in all {
            if let error = stop(table, published: published) {
                described.stopped.append(TableStop(table: table.qualifiedName, error: error))
                continue
            }
            switch table.captured(types) {
            case .failure(let error):
                described.stopped.append(TableStop(table: table.qualifiedName, error: error))
            case .success((let captured, let wires)):
                let leaves = table.isPartitioned ? try await catalog.leaves(of: table) : []
                described.add(table, captured, wires, leaves: leaves, readerCount: readers.count)
            }
        }
        return described
    }

    private static func stop(_ table: SourceTable, published: Set<UInt32>) -> TarnError? {
        if let error = table.identityStop { return error }
        guard table.isReadable else {
            return TarnError(
                .sourceSetup,
                "Table \(table.qualifiedName) may not be read.",
                remedy: "GRANT SELECT ON \(table.sql) TO the user of the connection."
            )
        }
        guard published.contains(table.oid) else {
            return TarnError(
                .sourceSetup,
                "Table \(table.qualifiedName) is not in the publication.",
                remedy: "Run the SQL that `tarn source check` shows, then add the source anew."
            )
        }
        return nil
    }
}

extension PostgresSnapshot.Described {
    mutating func add(
        _ table: SourceTable,
        _ captured: CapturedTable,
        _ wires: [WireType],
        leaves: [String],
        readerCount: Int
    ) {
        let columns = table.columns.map(\.name.quoted).joined(separator: ", ")
        origins.append(PostgresSnapshot.Origin(wires: wires, columns: columns, sql: table.sql, leaves: leaves))
        tables.append(captured)
        let ranges =
            table.isPartitioned ? leaves.indices.map { Int64($0)..<Int64($0) + 1 } : Self.ranges(table, readerCount)
        for (number, range) in ranges.enumerated() {
            let rows = table.estimatedRows / Int64(max(1, ranges.count))
            let chunk = SnapshotChunk(table: tables.count - 1, number: number, estimatedRows: rows, range: range)
            chunks.append(chunk)
        }
    }

    /// The last range is open: the table may have grown since it was measured.
    private static func ranges(_ table: SourceTable, _ readerCount: Int) -> [Range<Int64>] {
        let wanted = PostgresSnapshot.chunksPerReader * Int64(readerCount)
        let size = max(PostgresSnapshot.chunkBlocksMin, (table.blocks + wanted - 1) / wanted)
        let count = max(1, (table.blocks + size - 1) / size)
        return (0..<count).map { $0 * size..<($0 == count - 1 ? .max : ($0 + 1) * size) }
    }
}
