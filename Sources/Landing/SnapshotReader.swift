import Base
import Capture
import Columns
import Engine
import Iceberg
import Lake
import Synchronization

/// One of the concurrent readers of a snapshot: takes chunk after chunk and turns the rows into files.
///
/// Rows wait in memory until they are worth a file; a file holds rows of one table alone.
actor SnapshotReader {
    private let context: LandingContext
    private let snapshot: any SourceSnapshot
    private let writer: DataFileWriter
    private let bytesMax: Int
    private var table: SnapshotTable?
    private var batches: [ColumnBatch] = []
    private var byteCount = 0
    private var sequence: Int64 = 0

    init(_ snapshot: any SourceSnapshot, context: LandingContext) throws(TarnError) {
        self.snapshot = snapshot
        self.context = context
        writer = try context.writer()
        bytesMax = context.options.bytesMax / max(1, snapshot.readerCount)
    }

    /// Reads a chunk of `table`; what stays in memory is written with the table's next chunk or by `finish`, which must
    /// be called before another table's chunk: so that a fault is always that of the table at hand.
    func read(
        _ chunk: SnapshotChunk,
        into table: SnapshotTable,
        progress: @escaping @Sendable (Int) -> Void
    ) async throws(TarnError) {
        precondition(self.table === table || batches.isEmpty, "rows of another table wait")
        self.table = table
        sequence = 0
        try await snapshot.read(chunk, bytesMax: bytesMax / 4) { (batch: ColumnBatch) async throws(TarnError) in
            try await self.add(batch)
            progress(batch.rowCount)
        }
    }

    /// Writes what is in memory.
    func finish() async throws(TarnError) { try await flush() }

    /// Forgets the rows in memory: their table is given up.
    func discard() {
        batches = []
        byteCount = 0
    }

    private func add(_ batch: ColumnBatch) async throws(TarnError) {
        guard batch.rowCount > 0 else { return }
        batches.append(batch)
        byteCount += batch.byteCount
        if byteCount >= bytesMax { try await flush() }
    }

    private func flush() async throws(TarnError) {
        let rows = batches
        batches = []
        byteCount = 0
        guard let table, !rows.isEmpty else { return }
        let captured = table.captured
        let bronze = try await writer.writeRows(try bronzeRows(rows, of: captured, table), into: table.bronzeFolder)
        var silver: DataFile?
        if let folder = table.silverFolder {
            let schema = table.silverSchema
            let input = RowInput(
                schema: schema,
                batches: rows.map { ColumnBatch(schema: schema, columns: $0.columns) }
            )
            silver = try await writer.writeRows(input, into: folder)
        }
        try await table.add(bronze: bronze, silver: silver, batches: rows)
    }

    private func bronzeRows(
        _ rows: [ColumnBatch],
        of captured: CapturedTable,
        _ table: SnapshotTable
    ) throws(TarnError) -> RowInput {
        let builder = BronzeRows(source: context.source, schema: table.bronzeSchema)
        var parts: [ColumnBatch] = []
        for batch in rows {
            parts.append(
                try builder.rows(
                    batch,
                    of: captured,
                    position: snapshot.position,
                    time: context.time.now(),
                    firstSequence: sequence
                )
            )
            sequence += Int64(batch.rowCount)
        }
        return RowInput(schema: parts.first?.schema ?? table.bronzeSchema, batches: parts)
    }
}
