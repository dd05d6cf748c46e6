package import Base
package import Columns
package import Iceberg

/// Everything one author wants to change, as one commit.
package struct CommitRequest: Sendable {
    package var cause: String
    package var message: String
    /// The branch that is written; nil for main.
    package var branch: String?
    package var tables: [TableName: TableUpdate] = [:]
    package var sources: [String: SourceUpdate] = [:]
    package var reference: ReferenceUpdate?
    /// Further facts that the log keeps with the commit, in the author's own form.
    package var details: JSONValue?

    package init(cause: String, message: String, branch: String? = nil) {
        self.cause = cause
        self.message = message
        self.branch = branch
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
    /// An older state becomes the current one.
    case restore(Restoration)
}

/// A table's way back. It goes forward all the same: numbers that the table gave out since are never given again.
package struct Restoration: Sendable {
    /// The state that is wanted back; nil where the table did not exist then.
    package var target: TableState?
    /// The present state, as the author knows it; nil where the table does not exist.
    package var current: TableState?
    /// The newest state of the same table that there ever was; nil with `target`.
    package var newest: TableState?

    package init(target: TableState?, current: TableState?, newest: TableState?) {
        self.target = target
        self.current = current
        self.newest = newest
    }
}

/// What shall happen to a branch or a tag. Such a commit gets a record of its own.
package enum ReferenceUpdate: Sendable {
    /// - Parameter at: a version of main; nil for the newest when the commit is made.
    case createBranch(String, at: Int64?)
    case dropBranch(String)
    case createTag(String, at: Int64?)
    case dropTag(String)
    case publish(Publication)
}

/// Tables of a branch on their way to main.
package struct Publication: Sendable {
    package var branch: String
    /// Nil for all that the branch changed; what it did not change is left alone.
    package var tables: [TableName]?
    /// The branch ends with this commit, and what it did not publish with it.
    package var drops: Bool
    /// The version of the branch that was looked at and found good: nothing newer is published. Nil for any.
    package var expectedVersion: Int64?

    package init(
        of branch: String,
        tables: [TableName]? = nil,
        drops: Bool = true,
        expectedVersion: Int64? = nil
    ) {
        self.branch = branch
        self.tables = tables
        self.drops = drops
        self.expectedVersion = expectedVersion
    }
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
    /// There was nothing left to do: an earlier commit had done it.
    package var wasDone = false
}

extension TableChange {
    /// It only adds: it can be done again on top of whatever others did meanwhile.
    var isCommuting: Bool {
        operation == .append && removedDataFiles.isEmpty && removedDeleteFiles.isEmpty && addedDeleteFiles.isEmpty
            && newSchema == nil && schemaChanges.isEmpty && newPartition == nil
    }
}
