import Base
import Iceberg
import Lake

/// The data files of a silver table and the positions deleted from them: those of the lake, and what the open commit
/// adds to them. Pure bookkeeping, no file is touched here.
struct SilverFiles {
    struct File {
        var dataFile: DataFile
        var uri: String
        /// The delete file that is live for this data file alone.
        var scopedDeletes: DeleteFile?
        /// Rows that delete files of the lake take out.
        var deletedCount: Int64
        /// Written by the open commit, not yet part of the lake.
        var isPending: Bool
    }

    /// By the path that the metadata names.
    private(set) var files: [String: File] = [:]
    /// Positions that the open commit deletes, by data file, in any order and without repeats.
    private(set) var newDeletes: [String: [Int64]] = [:]
    /// Delete files that cover several data files.
    private var sharedDeletes: Set<String> = []
    private(set) var isTruncated = false

    init() {}

    init(_ snapshot: TableSnapshot) {
        for file in snapshot.files {
            let count = file.deletes.filter(\.isFileScoped).reduce(0) { $0 + $1.dataFile.recordCount }
            files[file.dataFile.path] = File(
                dataFile: file.dataFile,
                uri: file.uri,
                scopedDeletes: file.deletes.last(where: \.isFileScoped),
                deletedCount: count,
                isPending: false
            )
            sharedDeletes.formUnion(file.deletes.filter { !$0.isFileScoped }.map(\.dataFile.path))
        }
    }

    /// Whether the open commit changes anything.
    var isChanged: Bool { isTruncated || !newDeletes.isEmpty || files.values.contains(where: \.isPending) }

    mutating func add(_ dataFile: DataFile) {
        files[dataFile.path] = File(
            dataFile: dataFile,
            uri: dataFile.path,
            scopedDeletes: nil,
            deletedCount: 0,
            isPending: true
        )
    }

    mutating func delete(_ position: Int64, of path: String) { newDeletes[path, default: []].append(position) }

    /// Nothing that was before stays, neither in the lake nor in the open commit.
    mutating func truncate() {
        isTruncated = true
        files = files.filter { !$0.value.isPending }
        newDeletes = [:]
    }

    /// The change without its delete files; those are to be written for `partlyDeleted`.
    func change() -> TableChange {
        let removed = removedPaths
        let scoped = files.filter { !$0.value.isPending && (removed.contains($0.key) || newDeletes[$0.key] != nil) }
            .compactMap { $0.value.scopedDeletes?.dataFile.path }
        let pending = files.filter { $0.value.isPending && !removed.contains($0.key) }
        var change = TableChange(.append)
        change.addedDataFiles = pending.values.map(\.dataFile).sorted { $0.path < $1.path }
        change.removedDataFiles = Set(removed.filter { files[$0]?.isPending == false })
        change.removedDeleteFiles = Set(scoped).union(isTruncated ? sharedDeletes : [])
        let isDeleting = !change.removedDataFiles.isEmpty || !partlyDeleted.isEmpty
        change.operation = isDeleting ? (change.addedDataFiles.isEmpty ? .delete : .overwrite) : .append
        return change
    }

    /// Files that lose some rows in the open commit but keep others, with the positions they lose.
    var partlyDeleted: [(file: File, positions: [Int64])] {
        let removed = removedPaths
        return newDeletes.sorted { $0.key < $1.key }.compactMap { path, positions in
            guard !removed.contains(path), let file = files[path] else { return nil }
            return (file, positions)
        }
    }

    /// The open commit has become part of the lake.
    /// - Parameters:
    ///   - deleteFiles: the files that now hold the deletes of a data file alone, by its path.
    ///   - shared: the paths of new delete files that cover several data files.
    mutating func committed(deleteFiles: [String: DeleteFile], shared: [String]) {
        let removed = removedPaths
        for (path, positions) in newDeletes { files[path]?.deletedCount += Int64(positions.count) }
        for (path, deletes) in deleteFiles { files[path]?.scopedDeletes = deletes }
        files = files.filter { !removed.contains($0.key) }
        for path in files.keys where files[path]?.isPending == true { files[path]?.isPending = false }
        if isTruncated { sharedDeletes = [] }
        sharedDeletes.formUnion(shared)
        newDeletes = [:]
        isTruncated = false
    }

    /// Files of which no row is left, those of the open commit included.
    private var removedPaths: Set<String> {
        var removed: Set<String> = isTruncated ? Set(files.filter { !$0.value.isPending }.keys) : []
        for (path, positions) in newDeletes {
            guard let file = files[path] else { continue }
            if file.deletedCount + Int64(positions.count) >= file.dataFile.recordCount { removed.insert(path) }
        }
        return removed
    }
}
