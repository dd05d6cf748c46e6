package import Base
package import Columns
package import Iceberg

/// Everything one author wants to change, as one commit.
package struct CommitRequest: Sendable {
    package var cause: String
    package var message: String
    package var tables: [TableName: TableUpdate] = [:]
    package var sources: [String: SourceUpdate] = [:]

    package init(cause: String, message: String) {
        self.cause = cause
        self.message = message
    }
}

/// What shall happen to one table.
package enum TableUpdate: Sendable {
    /// A new table; fails where one of this name exists.
    case create(NewTable)
    /// New files, removed files, a new schema.
    case change(TableChange, base: TableState)
    /// A table that another writer made, under its own metadata file (a URI).
    case register(metadata: String)
    /// Takes the table out of the lake; its files stay until maintenance sweeps them.
    case drop(uuid: String)
}

package struct NewTable: Sendable {
    package var folder: TableFolder
    package var owner: TableOwner
    package var schema: Schema
    /// How its rows are divided; the files of `change` must be.
    package var partition: [PartitionTerm] = []
    package var properties: [TableMetadata.Property]
    /// Its first rows.
    package var change: TableChange?

    package init(
        folder: TableFolder,
        owner: TableOwner,
        schema: Schema,
        properties: [TableMetadata.Property] = [],
        change: TableChange? = nil
    ) {
        self.folder = folder
        self.owner = owner
        self.schema = schema
        self.properties = properties
        self.change = change
    }
}

/// Where a table's files go: `<namespace>/<table>-<8 hex>`, unique for ever, so that a table of an older life with the
/// same name is never written over.
package struct TableFolder: Sendable, Hashable {
    package let key: String

    package init(_ name: TableName, entropy: any Entropy) {
        key = "\(name.namespace)/\(name.name)-\(hexadecimal(entropy.next()).prefix(8))"
    }

    init(key: String) { self.key = key }

    package func dataFile(_ entropy: any Entropy) -> String { "\(key)/data/\(entropy.uuid()).parquet" }

    /// The data file of this name; a path before the name is dropped.
    func dataFile(named path: String) -> String { "\(key)/data/\(path.split(separator: "/").last ?? "")" }

    package func deleteFile(_ entropy: any Entropy) -> String { "\(key)/data/\(entropy.uuid())-deletes.parquet" }
}

/// A source's new position, under the condition that nobody moved it meanwhile.
package struct SourceUpdate: Sendable {
    /// The position the author knows; nil where the source is not in the lake yet.
    package var expected: String?
    /// Nil removes the source from the lake.
    package var state: SourceState?

    package init(expected: String?, state: SourceState?) {
        self.expected = expected
        self.state = state
    }
}

/// What a commit came to.
package struct CommitResult: Sendable {
    package var version: Int64
    package var time: Timestamp
    /// The new states of the tables that the commit changed.
    package var tables: [TableName: TableState]
}

extension TableChange {
    /// It only adds: it can be done again on top of whatever others did meanwhile.
    var isCommuting: Bool {
        operation == .append && removedDataFiles.isEmpty && removedDeleteFiles.isEmpty && addedDeleteFiles.isEmpty
            && newSchema == nil && schemaChanges.isEmpty && newPartition == nil
    }
}
