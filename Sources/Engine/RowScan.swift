import Base
import CDuckDB
import Columns

/// One pass of a statement over a row source. Used by one thread at a time.
final class RowScan {
    private let source: RowSource
    /// The source's column for each column that is wanted; nil where only the count of rows matters.
    private let columns: [Int?]
    private var nextBatch = 0
    private var current: (batch: ColumnBatch, selection: [Int]?)?
    private var nextRow = 0

    init(_ source: RowSource, columns: [Int?]) {
        self.source = source
        self.columns = columns
    }

    /// Fills `output` with the next rows; leaves it empty after the last.
    func fill(_ output: duckdb_data_chunk?) throws(TarnError) {
        let rowsMax = Int(duckdb_vector_size())
        guard let rows = try nextRows(rowsMax), let batch = current?.batch else {
            unsafe duckdb_data_chunk_set_size(output, 0)
            return
        }
        for (place, index) in columns.enumerated() {
            guard let index else { continue }
            try unsafe writeVector(batch.columns[index], rows, into: duckdb_data_chunk_get_vector(output, idx_t(place)))
        }
        unsafe duckdb_data_chunk_set_size(output, idx_t(rows.count))
    }

    private func nextRows(_ rowsMax: Int) throws(TarnError) -> RowChoice? {
        while true {
            if let current {
                let count = current.selection?.count ?? current.batch.rowCount
                if nextRow < count {
                    let range = nextRow..<min(nextRow + rowsMax, count)
                    nextRow = range.upperBound
                    return current.selection.map { .list(Array($0[range])) } ?? .range(range)
                }
            }
            current = try source.batch(nextBatch)
            guard let current else { return nil }
            guard Self.fit(current.batch, source.schema) else {
                throw TarnError(.schemaChanged, "A batch has other columns than the rows before it.")
            }
            nextBatch += 1
            nextRow = 0
        }
    }

    private static func fit(_ batch: ColumnBatch, _ schema: Schema) -> Bool {
        batch.columns.count == schema.fields.count
            && zip(batch.columns, schema.fields).allSatisfy { $0.type.hasShape(of: $1.type) }
    }
}
