package import Base
package import Columns
package import Iceberg

/// One table at one lake version: its columns and the files that hold its rows.
package struct TableSnapshot: Sendable {
    package let name: TableName
    package let state: TableState
    package let metadata: TableMetadata
    package let schema: Schema
    /// Every schema the table ever had, the present one included: files may be of any of them.
    package let formerSchemas: [Schema]
    package let manifests: [ManifestFile]
    package let files: [LiveFile]
    /// What was left out of `files`, because it cannot hold the rows that were asked for.
    package let pruned: PrunedFiles

    /// Rows after deletes, from metadata alone; nil where a delete file covers several data files.
    package var exactRowCount: Int64? {
        var count: Int64 = 0
        for file in files {
            guard file.deletes.allSatisfy(\.isFileScoped) else { return nil }
            count += file.dataFile.recordCount - file.deletes.reduce(0) { $0 + $1.dataFile.recordCount }
        }
        return count
    }
}

/// Data files that need not be read, and how many of the manifests that list them were not read either.
package struct PrunedFiles: Sendable, Hashable {
    package var files: Int64
    package var manifests: Int64

    package init(files: Int64 = 0, manifests: Int64 = 0) {
        self.files = files
        self.manifests = manifests
    }
}

/// What a statement is going to read.
package struct ScanStatistics: Sendable, Hashable {
    package var files: Int64 = 0
    package var deleteFiles: Int64 = 0
    /// Of data and delete files, whole; the engine reads only the columns that it needs.
    package var bytes: Int64 = 0
    package var pruned = PrunedFiles()

    package init() {}

    package var json: JSONValue {
        [
            "files": .integer(files), "delete_files": .integer(deleteFiles), "bytes": .integer(bytes),
            "pruned_files": .integer(pruned.files), "pruned_manifests": .integer(pruned.manifests),
        ]
    }

    package mutating func add(_ snapshot: TableSnapshot) {
        files += Int64(snapshot.files.count)
        let deletes = Dictionary(snapshot.files.flatMap(\.deletes).map { ($0.uri, $0.dataFile.fileSizeInBytes) }) {
            size,
            _ in size
        }
        deleteFiles += Int64(deletes.count)
        bytes += snapshot.files.reduce(0) { $0 + $1.dataFile.fileSizeInBytes } + deletes.values.reduce(0, +)
        pruned.files += snapshot.pruned.files
        pruned.manifests += snapshot.pruned.manifests
    }
}

/// A data file with the position delete files that apply to it.
package struct LiveFile: Sendable {
    package let dataFile: DataFile
    /// Where the file is now, as a URI.
    package let uri: String
    package let deletes: [DeleteFile]
}

package struct DeleteFile: Sendable {
    package let dataFile: DataFile
    package let uri: String
    /// It holds deletes of one data file only.
    package let isFileScoped: Bool

    package init(dataFile: DataFile, uri: String, isFileScoped: Bool) {
        self.dataFile = dataFile
        self.uri = uri
        self.isFileScoped = isFileScoped
    }
}

extension TableSnapshot {
    /// The table with those files alone that `other` does not have with the same deletes: all other rows are in both.
    package func without(_ other: TableSnapshot) -> TableSnapshot {
        let known = Dictionary(other.files.map { ($0.uri, $0.deleteURIs) }, uniquingKeysWith: { first, _ in first })
        return TableSnapshot(
            name: name,
            state: state,
            metadata: metadata,
            schema: schema,
            formerSchemas: formerSchemas,
            manifests: manifests,
            files: files.filter { known[$0.uri] != $0.deleteURIs },
            pruned: pruned
        )
    }
}

extension LiveFile {
    fileprivate var deleteURIs: Set<String> { Set(deletes.map(\.uri)) }
}
