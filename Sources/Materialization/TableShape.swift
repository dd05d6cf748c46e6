import Assets
import Base
import Columns
import Iceberg
import Lake

/// The columns and the partitions that an asset's table gets, beside those that it has.
struct TableShape {
    let asset: CompiledAsset
    /// Nil where the table does not exist.
    let present: TableMetadata?

    /// The table's metadata as it will be when the step is committed, as far as files need it.
    ///
    /// - Parameter given: the columns of the statement.
    /// - Throws: `asset.contract` where the table keeps its rows and they do not fit the new columns.
    func metadata(for given: Schema, keepsRows: Bool) throws(TarnError) -> TableMetadata {
        let terms = try partition
        guard var metadata = present else {
            let schema = try schema(given, nil, keepsRows: false)
            let now = Timestamp(microseconds: 0)
            var metadata = TableMetadata.create(uuid: "", location: "", schema: schema, properties: [], now: now)
            metadata.setSpec(try PartitionSpec(terms, of: schema))
            return metadata
        }
        let schema = try schema(given, metadata, keepsRows: keepsRows)
        metadata.setSchema(schema)
        if try changesPartition(under: schema) { metadata.setSpec(try PartitionSpec(terms, of: schema)) }
        return metadata
    }

    /// As Iceberg knows the terms of the header.
    var partition: [Iceberg.PartitionTerm] {
        get throws(TarnError) {
            var terms: [Iceberg.PartitionTerm] = []
            for term in asset.asset.header.partition {
                terms.append(try Iceberg.PartitionTerm(parsing: term.description))
            }
            return terms
        }
    }

    /// Whether files of the new columns are divided otherwise: a column that was replaced is another one by that name.
    func changesPartition(under schema: Schema) throws(TarnError) -> Bool {
        guard let present else { return false }
        let wanted = try PartitionSpec(partition, of: schema).fields.map { ($0.sourceID, $0.transform) }
        let known = present.defaultSpec.fields.filter { $0.transform != .void }.map { ($0.sourceID, $0.transform) }
        return wanted.count != known.count || !zip(wanted, known).allSatisfy { $0 == $1 }
    }

    private var key: [String] {
        if case .merge(let key) = asset.asset.header.materialization { key } else { [] }
    }

    private func schema(
        _ given: Schema,
        _ present: TableMetadata?,
        keepsRows: Bool
    ) throws(TarnError) -> Schema {
        let before = try present?.currentSchema
        var last = max(present?.lastColumnID ?? 0, before?.lastColumnID ?? 0)
        let notes = Dictionary(asset.asset.header.columns.map { ($0.name, $0.description) }) { first, _ in first }
        var fields: [Field] = []
        for column in given.fields {
            var field = try self.field(column, before?.field(named: column.name), keepsRows: keepsRows, &last)
            field.documentation = notes[column.name] ?? nil
            field.isRequired = key.contains(column.name)
            fields.append(field)
        }
        if keepsRows, let gone = before?.fields.first(where: { given.field(named: $0.name) == nil }) {
            throw refusal(gone.name, "the statement does not give it any more")
        }
        if keepsRows, let before {
            let names = before.fields.filter { before.identifierFieldIDs.contains($0.id) }.map(\.name)
            guard names.sorted() == key.sorted() else {
                throw refusal(key.joined(separator: ", "), "its key is another")
            }
        }
        return Schema(
            fields: fields,
            identifierFieldIDs: key.compactMap { name in fields.first { $0.name == name }?.id }
        )
    }

    /// A column keeps its id where old files, or old readers, can take the one for the other.
    private func field(
        _ given: Field,
        _ before: Field?,
        keepsRows: Bool,
        _ last: inout Int
    ) throws(TarnError) -> Field {
        guard let before else { return given.reassigned(&last) }
        if before.type.sql == given.type.sql { return before }
        if before.type.widens(to: given.type) {
            var field = before
            field.type = given.type
            return field
        }
        guard keepsRows else { return given.reassigned(&last) }
        guard !given.type.widens(to: before.type) else { return before }
        throw refusal(given.name, "it was \(before.type.sql) and is \(given.type.sql) now")
    }

    private func refusal(_ column: String, _ reason: String) -> TarnError {
        TarnError(
            .assetContract,
            "The table's rows do not fit the statement any more: \(reason).",
            detail: ["table": asset.asset.name.description, "column": column],
            remedy:
                "Run `tarn materialize \(asset.asset.name) --full-refresh` to make the table anew, or put the "
                + "column back."
        )
    }
}
