import Base
import Capture
import Columns

/// Builds the rows of a bronze table: the envelope around what the source sent.
struct BronzeRows {
    let source: String
    /// The lake's schema of the bronze table.
    let schema: Schema

    /// Changes from the log. `batch` has its unavailable values filled in as far as they are known.
    func rows(_ batch: ChangeBatch) throws(TarnError) -> ColumnBatch {
        let shape = try shape(of: batch.table)
        var columns = shape.fields.map { Column($0.type) }
        columns[0].append(singleBytes: batch.operations.map(\.rawValue))
        columns[1].append(string: source, count: batch.count)
        columns[2].appendNulls(batch.count)
        Self.forEachRun(of: batch.transactionOf) { number, count in
            let transaction = batch.transactions[Int(number)]
            columns[3].append(string: transaction.position.text, count: count)
            columns[5].append(string: transaction.identifier, count: count)
            columns[6].append(int64: transaction.commitTime.microseconds, count: count)
        }
        columns[4].append(int64s: batch.sequences)
        columns[7].append(int32: Int32(truncatingIfNeeded: batch.table.schemaVersion), count: batch.count)
        columns[8] = Self.structure(shape.fields[8].type, batch.before.columns, batch.hasBefore)
        columns[9] = Self.structure(shape.fields[9].type, batch.after.columns, batch.hasAfter)
        columns[10] = Self.unavailable(shape.fields[10].type, batch)
        return ColumnBatch(schema: shape, columns: columns)
    }

    /// Rows of a snapshot. `firstSequence` is the number of the first.
    func rows(
        _ batch: ColumnBatch,
        of table: CapturedTable,
        position: Position,
        time: Timestamp,
        firstSequence: Int64
    ) throws(TarnError) -> ColumnBatch {
        let shape = try shape(of: table)
        var columns = shape.fields.map { Column($0.type) }
        let count = batch.rowCount
        columns[0].append(bytes: [Operation.read.rawValue], count: count)
        columns[1].append(string: source, count: count)
        columns[2].appendNulls(count)
        columns[3].append(string: position.text, count: count)
        columns[4].append(int64s: (0..<count).map { firstSequence + Int64($0) })
        columns[5].appendNulls(count)
        columns[6].append(int64: time.microseconds, count: count)
        columns[7].append(int32: Int32(truncatingIfNeeded: table.schemaVersion), count: count)
        columns[8].appendNulls(count)
        columns[10].appendEmptyLists(count)
        columns[9] = Self.structure(
            shape.fields[9].type,
            batch.columns,
            Bitmap(repeating: true, count: batch.rowCount)
        )
        return ColumnBatch(schema: shape, columns: columns)
    }

    /// Changes of one transaction follow each other.
    private static func forEachRun(of numbers: [Int32], _ body: (_ number: Int32, _ count: Int) -> Void) {
        var start = 0
        while start < numbers.count {
            let end = numbers[start...].firstIndex { $0 != numbers[start] } ?? numbers.count
            body(numbers[start], end - start)
            start = end
        }
    }

    /// The bronze schema as a file of this shape of the table holds it.
    private func shape(of table: CapturedTable) throws(TarnError) -> Schema {
        var shape = schema
        for index in [8, 9] {
            shape.fields[index].type = .structure(
                try LakeSchemas.fields(of: table, in: schema.fields[index].type.children)
            )
        }
        return shape
    }

    private static func structure(_ type: ColumnType, _ children: [Column], _ validity: Bitmap) -> Column {
        var column = Column(type)
        column.storage = .structure(children)
        column.validity = validity
        return column
    }

    private static func unavailable(_ type: ColumnType, _ batch: ChangeBatch) -> Column {
        var column = Column(type)
        guard !batch.unavailable.isEmpty else {
            column.appendEmptyLists(batch.count)
            return column
        }
        var next = 0
        for row in 0..<batch.count {
            while next < batch.unavailable.count, batch.unavailable[next].row == row {
                let name = batch.table.schema.fields[batch.unavailable[next].column].name
                column.withListChild { $0.append(string: name) }
                next += 1
            }
            column.closeList()
        }
        return column
    }
}
