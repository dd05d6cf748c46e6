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
        for row in 0..<batch.count {
            let transaction = batch.transactions[Int(batch.transactionOf[row])]
            columns[0].append(bytes: CollectionOfOne(batch.operations[row].rawValue))
            columns[1].append(string: source)
            columns[2].appendNull()
            columns[3].append(string: transaction.position.text)
            columns[4].append(int64: batch.sequences[row])
            columns[5].append(string: transaction.identifier)
            columns[6].append(int64: transaction.commitTime.microseconds)
            columns[7].append(int32: Int32(truncatingIfNeeded: batch.table.schemaVersion))
        }
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
        for row in 0..<batch.rowCount {
            columns[0].append(bytes: CollectionOfOne(Operation.read.rawValue))
            columns[1].append(string: source)
            columns[2].appendNull()
            columns[3].append(string: position.text)
            columns[4].append(int64: firstSequence + Int64(row))
            columns[5].appendNull()
            columns[6].append(int64: time.microseconds)
            columns[7].append(int32: Int32(truncatingIfNeeded: table.schemaVersion))
            columns[8].appendNull()
            columns[10].closeList()
        }
        columns[9] = Self.structure(
            shape.fields[9].type,
            batch.columns,
            Bitmap(repeating: true, count: batch.rowCount)
        )
        return ColumnBatch(schema: shape, columns: columns)
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
