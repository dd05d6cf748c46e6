package import Columns

/// All rows of a statement's answer.
package struct QueryResult: Sendable {
    /// Columns have the ids 1, 2, …; children of nested ones follow after the last column. Names may repeat.
    package let schema: Schema
    package let batches: [ColumnBatch]

    package var columnNames: [String] { schema.fields.map(\.name) }
    package var rowCount: Int { batches.reduce(0) { $0 + $1.rowCount } }
}

/// How a streamed statement ended.
package struct StreamEnd: Sendable {
    package let schema: Schema
    package let rowCount: Int
    /// There were more rows than were wanted.
    package let isCut: Bool
}
