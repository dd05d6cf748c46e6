import Base
import Capture
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore

/// Keeps one silver table: the current row of each key. Changes go into files as they come; `change()` hands the open
/// commit to the landing, and `committed` or a new start ends it.
///
/// The key index's write transaction is open as long as the commit is: it holds the commit's own rows too.
actor SilverTable {
    let name: TableName
    let folder: TableFolder
    private let executor = QueueExecutor(label: "tarn.silver")
    private let lake: Lake
    private let connection: EngineConnection
    private let writer: DataFileWriter
    private let index: KeyIndex
    private(set) var schema: Schema
    private var lastColumnID: Int
    private var hasNewSchema = false
    private var files: SilverFiles
    /// As they were at the last commit.
    private var committedFiles: SilverFiles
    private var deletedPositions = DeletedPositions()
    private var newDeleteFiles: [String: DeleteFile] = [:]
    private var newSharedDeletes: [String] = []
    private var isOpen = false
    /// From so many data files with new deletes in one commit on, the deletes share one file.
    private static let scopedDeleteFilesMax = 100

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    /// Opens the table as the lake holds it, with an index that agrees with it: rebuilt when it does not.
    init(
        _ name: TableName,
        snapshot: TableSnapshot,
        captured: CapturedTable,
        lake: Lake,
        connection: EngineConnection,
        entropy: any Entropy,
        indexFolder: String
    ) async throws(TarnError) {
        guard let folder = TableFolder(snapshot.state) else {
            throw TarnError(
                .unsupported,
                "A mirror lies outside the warehouse.",
                detail: ["table": name.description]
            )
        }
        self.name = name
        self.folder = folder
        self.lake = lake
        self.connection = connection
        writer = DataFileWriter(store: lake.store, connection: connection, entropy: entropy)
        schema = snapshot.schema
        lastColumnID = snapshot.metadata.lastColumnID
        files = SilverFiles(snapshot)
        committedFiles = files
        index = try KeyIndex.open(folder: indexFolder)
        let encoder = try KeyEncoder(schema: captured.schema, key: captured.key)
        let version = snapshot.state.snapshotID ?? 0
        guard index.tableUUID != folder.key || index.keySignature != encoder.signature || index.version != version
        else { return }
        try await IndexRebuild(snapshot: snapshot, captured: captured, connection: connection)
            .run(index, identity: folder.key, version: version)
    }

    /// Adds columns that the source's table has got.
    func grow(to table: CapturedTable) {
        guard let grown = LakeSchemas.grown(silver: schema, by: table, lastColumnID: lastColumnID) else { return }
        schema = grown
        lastColumnID = max(lastColumnID, grown.lastColumnID)
        hasNewSchema = true
    }

    /// Fills in what the source left out of unchanged rows, as far as the current row is known.
    func fillUnavailable(_ batch: ChangeBatch) async throws(TarnError) -> ChangeBatch {
        guard !batch.unavailable.isEmpty else { return batch }
        let encoder = try KeyEncoder(schema: batch.table.schema, key: batch.table.key)
        let fill = try UnavailableValues(batch, encoder: encoder)
        let locations = try index.lookup(fill.keys)
        return try await fill.filled(locations) { (location, columns) throws(TarnError) in
            try await self.currentRows(location, columns: columns)
        }
    }

    /// Takes a batch of changes into the open commit.
    func apply(_ batch: ChangeBatch) async throws(TarnError) {
        let encoder = try KeyEncoder(schema: batch.table.schema, key: batch.table.key)
        let changes = try SilverChanges(batch, encoder: encoder)
        try open()
        if changes.isTruncated {
            try index.clear()
            files.truncate()
            deletedPositions.removeAll()
        }
        try forget(try index.remove(changes.removedKeys))
        guard !changes.rows.isEmpty else { return }
        let fields = try LakeSchemas.fields(of: batch.table, in: schema.fields)
        let shape = Schema(fields: fields)
        let rows = ColumnBatch(schema: shape, columns: batch.after.columns)
        let input = RowInput(
            schema: shape,
            batches: [rows],
            selections: [changes.rows.count == batch.count ? nil : changes.rows]
        )
        let dataFile = try await writer.writeRows(input, into: folder)
        let file = try index.fileID(for: dataFile.path)
        let locations = (0..<changes.rows.count).map { RowLocation(file: file, position: Int64($0)) }
        try forget(try index.put(changes.keys, locations))
        files.add(dataFile)
    }

    /// Everything since the last commit, with its delete files written; nil when nothing changed.
    func change() async throws(TarnError) -> TableChange? {
        guard files.isChanged || hasNewSchema else { return nil }
        var change = files.change()
        if hasNewSchema { change.newSchema = schema }
        let deletes = files.partlyDeleted
        if deletes.count > Self.scopedDeleteFilesMax {
            change.removedDeleteFiles.subtract(deletes.compactMap { $0.file.scopedDeletes?.dataFile.path })
            let shared = deletes.map { (dataFile: $0.file.dataFile.path, positions: $0.positions.sorted()) }
            change.addedDeleteFiles = [try await writer.writeSharedDeletes(shared, into: folder)]
            newSharedDeletes = change.addedDeleteFiles.map(\.path)
            return change
        }
        for (file, positions) in deletes {
            let path = file.dataFile.path
            let merged = (try await deletedPositions.earlier(file, connection: connection) + positions).sorted()
            deletedPositions.note(merged, of: path)
            let written = try await writer.writeDeletes(of: path, positions: merged, into: folder)
            change.addedDeleteFiles.append(written)
            newDeleteFiles[path] = DeleteFile(dataFile: written, uri: written.path, isFileScoped: true)
        }
        return change
    }

    /// The open commit is part of the lake, as this snapshot.
    func committed(_ state: TableState) throws(TarnError) {
        if isOpen {
            try index.commit(version: state.snapshotID ?? 0)
        } else if state.snapshotID != index.version {
            try index.begin()
            try index.commit(version: state.snapshotID ?? 0)
        }
        isOpen = false
        files.committed(deleteFiles: newDeleteFiles, shared: newSharedDeletes)
        committedFiles = files
        deletedPositions.committed(live: files)
        newDeleteFiles = [:]
        newSharedDeletes = []
        hasNewSchema = false
    }

    /// Forgets everything since the last commit; its files stay behind unreferenced.
    func discard() {
        index.abort()
        isOpen = false
        files = committedFiles
        deletedPositions.discard()
        newDeleteFiles = [:]
        newSharedDeletes = []
        hasNewSchema = false
    }

    private func open() throws(TarnError) {
        guard !isOpen else { return }
        try index.begin()
        isOpen = true
    }

    /// Marks rows as deleted that a key no longer points to.
    private func forget(_ locations: [RowLocation?]) throws(TarnError) {
        var paths: [UInt32: String] = [:]
        for case let location? in locations {
            if paths[location.file] == nil { paths[location.file] = try path(of: location.file) }
            if let path = paths[location.file] { files.delete(location.position, of: path) }
        }
    }

    private func path(of file: UInt32) throws(TarnError) -> String {
        guard let path = try index.path(of: file), files.files[path] != nil else {
            throw TarnError(
                .indexFailed,
                "The key index names a file that the table does not have.",
                detail: ["table": name.description]
            )
        }
        return path
    }

    /// Rows of one file, by their positions.
    private func currentRows(_ locations: [RowLocation], columns: [String]) async throws(TarnError) -> QueryResult {
        let fields = columns.compactMap { column in schema.fields.first { $0.name == column } }
        let path = try path(of: locations[0].file)
        let positions = Set(locations.map(\.position)).sorted().map(String.init).joined(separator: ", ")
        let uri = files.files[path]?.uri ?? path
        return try await connection.query(
            ScanSQL.positions(of: uri, columns: fields, where: "file_row_number IN (\(positions))")
        )
    }
}
