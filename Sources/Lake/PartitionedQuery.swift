package import Base
package import Columns
import Engine
package import Iceberg

/// How a table's rows are laid out in files.
package struct FileLayout: Sendable {
    package var schema: Schema
    package var spec: PartitionSpec
    /// About how large a data file becomes; rows of several partitions never share one.
    package var fileBytesTarget: Int

    package init(schema: Schema, spec: PartitionSpec = .unpartitioned, fileBytesTarget: Int = 128 << 20) {
        self.schema = schema
        self.spec = spec
        self.fileBytesTarget = fileBytesTarget
    }

    /// As a table is written today.
    package init(_ metadata: TableMetadata) throws(TarnError) {
        self.init(schema: try metadata.currentSchema, spec: metadata.defaultSpec)
    }
}

/// A query for a table's rows, with a column of text beside them for each partition field.
struct PartitionedQuery {
    struct Group {
        let column: String
        let type: ColumnType
        let fieldID: Int
    }

    let sql: String
    /// Of the fields that divide rows.
    let groups: [Group]
    private let spec: PartitionSpec

    init(_ select: String, _ layout: FileLayout) throws(TarnError) {
        spec = layout.spec
        var groups: [Group] = []
        var values: [String] = []
        let fields = layout.schema.fields
        for field in layout.spec.fields where field.transform != .void {
            guard let path = layout.schema.path(to: field.sourceID), let source = path.last,
                let type = field.transform.result(of: source.type)
            else { throw Self.unwritable(field) }
            let column = path.map { sqlIdentifier($0.name) }.joined(separator: ".")
            let name = "_tarn_partition_\(field.fieldID)"
            let text = PartitionSQL(field: field, source: source.type, column: "_tarn_typed.\(column)").text
            values.append("\(text) AS \(sqlIdentifier(name))")
            groups.append(Group(column: name, type: type, fieldID: field.fieldID))
        }
        self.groups = groups
        let typed = fields.enumerated().map { "CAST(c\($0) AS \($1.type.sql)) AS \(sqlIdentifier($1.name))" }
        let names = fields.indices.map { "c\($0)" }.joined(separator: ", ")
        let rows = "SELECT \(typed.joined(separator: ", ")) FROM (\(select)\n) AS _tarn_given(\(names))"
        sql =
            values.isEmpty
            ? rows : "SELECT _tarn_typed.*, \(values.joined(separator: ", ")) FROM (\(rows)) AS _tarn_typed"
    }

    /// The partition of a file of one group of rows.
    func partition(of texts: [String: String?]) throws(TarnError) -> [DataFile.PartitionValue] {
        var values: [DataFile.PartitionValue] = []
        for field in spec.fields {
            var bytes: [UInt8]?
            if let group = groups.first(where: { $0.fieldID == field.fieldID }) {
                guard let text = texts[group.column] else { throw Self.unwritable(field) }
                bytes = text.flatMap { PartitionSQL.value($0, as: group.type) }
                guard text == nil || bytes != nil else { throw Self.unwritable(field) }
            }
            values.append(DataFile.PartitionValue(fieldID: field.fieldID, name: field.name, bytes: bytes))
        }
        return values
    }

    private static func unwritable(_ field: PartitionField) -> TarnError {
        TarnError(
            .unsupported,
            "A partition field cannot be written.",
            detail: ["field": field.name, "transform": field.transform.description],
            remedy: "Partition the table by another field, or write it with the engine that made it."
        )
    }
}
