/// Rows of one schema, by column. The only shape of data that crosses a task.
package struct ColumnBatch: Sendable {
    package let schema: Schema
    package var columns: [Column]

    package init(schema: Schema) {
        self.schema = schema
        columns = schema.fields.map { Column($0.type) }
    }

    /// - Precondition: one column a field, all of one length.
    package init(schema: Schema, columns: [Column]) {
        precondition(columns.count == schema.fields.count)
        precondition(columns.allSatisfy { $0.count == columns[0].count })
        self.schema = schema
        self.columns = columns
    }

    package var rowCount: Int { columns.first?.count ?? 0 }
}
