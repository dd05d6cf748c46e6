package import Base
package import Columns

/// What happened to a row, in the letters of Debezium's envelope.
package enum Operation: UInt8, Sendable {
    /// Read by a snapshot.
    case read = 0x72
    case create = 0x63
    case update = 0x75
    case delete = 0x64
    case truncate = 0x74
}

/// The source transaction that a change was part of.
package struct TransactionInfo: Sendable, Hashable {
    /// Where the transaction ended in the log: the same for all of its changes.
    package var position: Position
    package var identifier: String
    package var commitTime: Timestamp

    package init(position: Position, identifier: String, commitTime: Timestamp) {
        self.position = position
        self.identifier = identifier
        self.commitTime = commitTime
    }
}

/// Changes of one table in one shape, in the order of the log. Entry *n* of every array is change *n*.
package struct ChangeBatch: Sendable {
    package let table: CapturedTable
    package var operations: [Operation] = []
    package var transactions: [TransactionInfo] = []
    /// Index into `transactions`.
    package var transactionOf: [Int32] = []
    /// The number of the change within its transaction, over all tables, from 0.
    package var sequences: [Int64] = []
    /// The row before, as far as the source sent it (key columns alone, or the whole row); else nulls.
    package var before: ColumnBatch
    package var hasBefore = Bitmap()
    /// The row after; nulls for a delete or truncate, and in the columns that `unavailable` names.
    package var after: ColumnBatch
    package var hasAfter = Bitmap()
    /// Columns of `after` whose unchanged value the source did not send, by row, in row order.
    package var unavailable: [UnavailableValue] = []

    package struct UnavailableValue: Sendable, Hashable {
        package var row: Int
        package var column: Int

        package init(row: Int, column: Int) {
            self.row = row
            self.column = column
        }
    }

    package init(table: CapturedTable) {
        self.table = table
        before = ColumnBatch(schema: table.schema)
        after = ColumnBatch(schema: table.schema)
    }

    package var count: Int { operations.count }

    /// The changes of a range, as a batch of their own.
    package func part(_ range: Range<Int>) -> ChangeBatch {
        guard range != 0..<count else { return self }
        let rows = Array(range)
        var part = ChangeBatch(table: table)
        part.operations = Array(operations[range])
        part.transactions = transactions
        part.transactionOf = Array(transactionOf[range])
        part.sequences = Array(sequences[range])
        part.before = before.gathered(rows)
        part.after = after.gathered(rows)
        for row in rows {
            part.hasBefore.append(hasBefore[row])
            part.hasAfter.append(hasAfter[row])
        }
        part.unavailable = unavailable.filter { range.contains($0.row) }.map {
            UnavailableValue(row: $0.row - range.lowerBound, column: $0.column)
        }
        return part
    }
}
