package import Base
package import Columns

/// What one commit does to one table.
package struct TableChange: Sendable {
    package enum Operation: String, Sendable {
        case append
        case overwrite
        case delete
        case replace
    }

    package var operation: Operation
    package var addedDataFiles: [DataFile] = []
    package var addedDeleteFiles: [DataFile] = []
    /// Paths of live data files. Delete files that concern them alone must be removed with them.
    package var removedDataFiles: Set<String> = []
    package var removedDeleteFiles: Set<String> = []
    package var newSchema: Schema?
    /// Steps on the table's columns as they are when the commit is made; instead of a whole new schema.
    package var schemaChanges: [SchemaChange] = []
    /// How files of later commits are divided; empty for not at all, nil for as before.
    package var newPartition: [PartitionTerm]?
    package var properties: [TableMetadata.Property] = []
    /// Further entries of the snapshot's summary; keys that Tarn computes itself are left out.
    package var summaryExtras: [Snapshot.SummaryEntry] = []

    package init(_ operation: Operation) { self.operation = operation }

    package var changesFiles: Bool {
        !(addedDataFiles.isEmpty && addedDeleteFiles.isEmpty && removedDataFiles.isEmpty && removedDeleteFiles.isEmpty)
    }
}

/// Identity of one commit of one table: everything about it that is chosen outside.
package struct CommitIdentity: Sendable {
    package var snapshotID: Int64
    package var now: Timestamp
    /// The URI of the table's metadata folder, without a slash behind it.
    package var metadataFolder: String
    /// Part of the name of every object of this commit: must be unique in the folder.
    package var name: String

    package init(snapshotID: Int64, now: Timestamp, metadataFolder: String, name: String) {
        self.snapshotID = snapshotID
        self.now = now
        self.metadataFolder = metadataFolder
        self.name = name
    }

    func manifestPath(_ index: Int) -> String { "\(metadataFolder)/\(name)-m\(index).avro" }

    var manifestListPath: String { "\(metadataFolder)/snap-\(snapshotID)-1-\(name).avro" }
}

/// A commit ready to be written: first its objects, then the metadata wherever the catalog keeps it.
package struct BuiltCommit: Sendable {
    package var metadata: TableMetadata
    package var objects: [Object]
    /// Nil where no files changed, so that there is no new snapshot.
    package var snapshotID: Int64?
    /// The manifests of the table's now current snapshot.
    package var manifests: [ManifestFile]

    package struct Object: Sendable {
        /// A full URI.
        package var path: String
        package var bytes: [UInt8]
    }
}

/// Limits on what a table's metadata may grow to.
package struct SnapshotLimits: Sendable {
    /// Small manifests of one kind above this number are merged.
    package var manifestsMergeCount = 30
    /// No merge makes a manifest larger; those above half of it are never merged again.
    package var manifestBytesTarget: Int64 = 8 << 20
    package var snapshotsMax = TableMetadata.snapshotsMaxDefault

    package init() {}
}
