import Base
import Capture
import Columns
import Engine

/// Fills in the values that PostgreSQL leaves out of an update because they did not change (TOAST): from an earlier
/// change of the same key in the batch, else from the row that the key index points to.
struct UnavailableValues {
    /// The old keys of the rows whose current row is not in the batch itself.
    private(set) var keys = KeyBatch()
    private let batch: ChangeBatch
    /// Rows with missing values, ascending.
    private var rows: [Int] = []
    /// The earlier row of the batch with the same key; by row.
    private var earlierRow: [Int: Int] = [:]
    /// The number in `keys`; by row.
    private var keyNumber: [Int: Int] = [:]

    init(_ batch: ChangeBatch, encoder: KeyEncoder) throws(TarnError) {
        self.batch = batch
        rows = batch.unavailable.map(\.row).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
        try findCurrentRows(encoder)
    }

    /// The batch with everything filled in that `read` finds; what is not found stays named in `unavailable`.
    ///
    /// - Parameter locations: of `keys`, as the index has them.
    func filled(
        _ locations: [RowLocation?],
        read: (_ locations: [RowLocation], _ columns: [String]) async throws(TarnError) -> QueryResult
    ) async throws(TarnError) -> ChangeBatch {
        let wanted = Set(batch.unavailable.map(\.column)).sorted()
        let names = wanted.map { batch.table.schema.fields[$0].name }
        var found: [RowLocation: (batch: ColumnBatch, row: Int)] = [:]
        for (file, group) in Dictionary(grouping: locations.compactMap { $0 }, by: \.file) {
            for rows in try await read(group, names).batches {
                guard case .int64(let positions) = rows.columns[wanted.count].storage else { continue }
                for (row, position) in positions.enumerated() {
                    found[RowLocation(file: file, position: position)] = (rows, row)
                }
            }
        }
        return merged(wanted) { row, number in
            keyNumber[row].flatMap { locations[$0] }.flatMap { found[$0] }.map { ($0.batch.columns[number], $0.row) }
        }
    }

    private func merged(_ wanted: [Int], _ stored: (Int, Int) -> (Column, Int)?) -> ChangeBatch {
        var result = batch
        var left: [ChangeBatch.UnavailableValue] = []
        for (number, column) in wanted.enumerated() {
            let missing = Set(batch.unavailable.filter { $0.column == column }.map(\.row))
            let source = batch.after.columns[column]
            var filled = Column(source.type)
            var unknown: Set<Int> = []
            for row in 0..<batch.count {
                if !missing.contains(row) {
                    filled.append(row, of: source)
                } else if let earlier = earlierRow[row], !unknown.contains(earlier) {
                    filled.append(earlier, of: filled)
                } else if earlierRow[row] == nil, let (values, place) = stored(row, number) {
                    filled.append(place, of: values)
                } else {
                    filled.appendNull()
                    unknown.insert(row)
                    left.append(ChangeBatch.UnavailableValue(row: row, column: column))
                }
            }
            result.after.columns[column] = filled
        }
        result.unavailable = left.sorted { ($0.row, $0.column) < ($1.row, $1.column) }
        return result
    }

    private mutating func findCurrentRows(_ encoder: KeyEncoder) throws(TarnError) {
        let wanted = Set(rows)
        var current: [[UInt8]: Int] = [:]
        var isEmptied = false
        for row in 0..<batch.count {
            if batch.operations[row] == .truncate {
                current = [:]
                isEmptied = true
            }
            let before = batch.hasBefore[row] ? try encoder.encode(batch.before, rows: [row]) : nil
            let after = batch.hasAfter[row] ? try encoder.encode(batch.after, rows: [row]) : nil
            guard let old = before ?? after else { continue }
            let oldKey = Array(old[0])
            if wanted.contains(row) {
                if let earlier = current[oldKey] {
                    earlierRow[row] = earlier
                } else if !isEmptied {
                    keyNumber[row] = keys.count
                    keys.append(0, of: old)
                }
            }
            if before != nil { current[oldKey] = nil }
            if let after { current[Array(after[0])] = row }
        }
    }
}
