import Base
import Capture
import Columns
import Engine
import Iceberg
import Lake

/// One table while its snapshot is read: the files written so far, and the index that will know their rows. Nothing of
/// it is visible before the snapshot's commit.
actor SnapshotTable {
    private(set) var landed: LandedTable
    nonisolated let captured: CapturedTable
    nonisolated let bronzeFolder: TableFolder
    nonisolated let silverFolder: TableFolder?
    nonisolated let bronzeSchema: Schema
    nonisolated let silverSchema: Schema
    private let executor = QueueExecutor(label: "tarn.snapshot")
    private let index: KeyIndex?
    private let encoder: KeyEncoder?
    private let owner: String
    private var bronzeFiles: [DataFile] = []
    private var silverFiles: [DataFile] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    init(_ landed: LandedTable, context: LandingContext) throws(TarnError) {
        self.landed = landed
        captured = landed.captured
        owner = context.source
        bronzeFolder = TableFolder(landed.bronze, entropy: context.entropy)
        bronzeSchema = LakeSchemas.bronze(landed.captured)
        silverSchema = LakeSchemas.silver(landed.captured)
        guard let silver = landed.silver else {
            silverFolder = nil
            index = nil
            encoder = nil
            return
        }
        let folder = TableFolder(silver, entropy: context.entropy)
        silverFolder = folder
        let index = try KeyIndex.open(folder: context.indexFolder(of: folder))
        let encoder = try KeyEncoder(schema: landed.captured.schema, key: landed.captured.key)
        try index.beginLoad(tableUUID: folder.key, keySignature: encoder.signature)
        self.index = index
        self.encoder = encoder
    }

    /// Takes in files of the same rows, in the same order: `batches` are those rows.
    func add(bronze: DataFile, silver: DataFile?, batches: [ColumnBatch]) throws(TarnError) {
        bronzeFiles.append(bronze)
        guard let silver, let index, let encoder else { return }
        silverFiles.append(silver)
        let file = try index.fileID(for: silver.path)
        var position: Int64 = 0
        for batch in batches {
            let end = position + Int64(batch.rowCount)
            try index.load(
                try encoder.encode(batch),
                (position..<end).map { RowLocation(file: file, position: $0) }
            )
            position = end
        }
    }

    /// The table cannot be read whole: it stays out of the lake.
    func stop(_ error: TarnError) { landed.stopped = error.description }

    /// The new tables with all their files.
    func updates() -> [TableName: TableUpdate] {
        guard landed.stopped == nil else { return [:] }
        let owner = TableOwner.source(owner)
        var updates = [landed.bronze: Self.creation(bronzeFolder, owner, bronzeSchema, bronzeFiles)]
        if let silver = landed.silver, let silverFolder {
            updates[silver] = Self.creation(silverFolder, owner, silverSchema, silverFiles)
        }
        return updates
    }

    /// The snapshot is in the lake: the index becomes valid for it.
    func committed(_ states: [TableName: TableState]) throws(TarnError) {
        guard let silver = landed.silver, let index, landed.stopped == nil else { return }
        try index.finishLoad(version: states[silver]?.snapshotID ?? 0)
    }

    private static func creation(
        _ folder: TableFolder,
        _ owner: TableOwner,
        _ schema: Schema,
        _ files: [DataFile]
    ) -> TableUpdate {
        var change: TableChange?
        if !files.isEmpty {
            change = TableChange(.append)
            change?.addedDataFiles = files.sorted { $0.path < $1.path }
        }
        return .create(NewTable(folder: folder, owner: owner, schema: schema, change: change))
    }
}
