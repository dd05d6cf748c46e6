import Base
package import Capture
package import Columns

/// The lake's columns for a captured table. Field ids are given once and kept: a column added later gets the next
/// number, in bronze also within `before` and `after`.
package enum LakeSchemas {
    /// The columns of the source's table, with the key's columns required and named as identifier.
    package static func silver(_ table: CapturedTable) -> Schema {
        var next = 0
        var fields: [Field] = []
        for (position, field) in table.schema.fields.enumerated() {
            var copy = field.reassigned(&next)
            copy.isRequired = table.key.contains(position)
            fields.append(copy)
        }
        return Schema(fields: fields, identifierFieldIDs: table.key.map { fields[$0].id })
    }

    /// The envelope of a change, with the source's columns as `before` and `after`.
    package static func bronze(_ table: CapturedTable) -> Schema {
        var next = 0
        let row = ColumnType.structure(table.schema.fields.map(optional))
        let text = ColumnType.string
        let fields = [
            Field(id: 0, name: "op", type: text, isRequired: true),
            Field(id: 0, name: "source", type: text, isRequired: true),
            Field(id: 0, name: "tenant", type: text),
            Field(id: 0, name: "position", type: text, isRequired: true),
            Field(id: 0, name: "sequence", type: .long, isRequired: true),
            Field(id: 0, name: "transaction_id", type: text),
            Field(id: 0, name: "commit_time", type: .timestamptz),
            Field(id: 0, name: "schema_version", type: .int, isRequired: true),
            Field(id: 0, name: "before", type: row),
            Field(id: 0, name: "after", type: row),
            Field(id: 0, name: "unavailable", type: .list(Field(id: 0, name: "element", type: text, isRequired: true))),
        ]
        return Schema(fields: fields.map { $0.reassigned(&next) })
    }

    /// - Throws: `data.unsupported` for columns that could be written but never read: the engine's reader needs the
    ///   name for row positions itself, and takes names that differ by case for one.
    static func refuseUnreadable(_ table: CapturedTable) throws(TarnError) {
        var seen: Set<String> = ["file_row_number"]
        for field in table.schema.fields where !seen.insert(field.name.lowercased()).inserted {
            throw TarnError(
                .unsupported,
                "A column's name cannot be read back from the lake's files.",
                detail: ["table": table.qualifiedName, "column": field.name],
                remedy: "Rename the column at the source, or exclude the table from the source's file."
            )
        }
    }

    /// The present schema with the columns that `table` has beyond it; nil when there are none.
    static func grown(silver schema: Schema, by table: CapturedTable, lastColumnID: Int) -> Schema? {
        var next = lastColumnID
        guard let fields = grown(schema.fields, by: table.schema.fields, &next) else { return nil }
        return Schema(fields: fields, identifierFieldIDs: schema.identifierFieldIDs)
    }

    static func grown(bronze schema: Schema, by table: CapturedTable, lastColumnID: Int) -> Schema? {
        var next = lastColumnID
        var fields = schema.fields
        var hasGrown = false
        for index in fields.indices where ["before", "after"].contains(fields[index].name) {
            guard case .structure(let children) = fields[index].type,
                let more = grown(children, by: table.schema.fields, &next)
            else { continue }
            fields[index].type = .structure(more)
            hasGrown = true
        }
        return hasGrown ? Schema(fields: fields) : nil
    }

    /// The lake's fields for the columns of `table`, in the order of the table: what a file of this shape holds.
    static func fields(of table: CapturedTable, in fields: [Field]) throws(TarnError) -> [Field] {
        var result: [Field] = []
        for column in table.schema.fields {
            guard let field = fields.first(where: { $0.name == column.name }) else {
                throw TarnError(
                    .schemaChanged,
                    "A captured column is not in the lake's table.",
                    detail: ["table": table.qualifiedName, "column": column.name]
                )
            }
            result.append(field)
        }
        return result
    }

    private static func grown(_ fields: [Field], by columns: [Field], _ next: inout Int) -> [Field]? {
        let known = Set(fields.map(\.name))
        let added = columns.filter { !known.contains($0.name) }
        guard !added.isEmpty else { return nil }
        return fields + added.map { optional($0).reassigned(&next) }
    }

    private static func optional(_ field: Field) -> Field {
        var copy = field
        copy.isRequired = false
        return copy
    }
}
