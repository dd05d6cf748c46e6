import Base
import Capture
import Columns
import Engine
import Iceberg
import Lake

/// One followed table while the log streams: its bronze and its silver side.
actor LiveTable {
    private(set) var landed: LandedTable
    private let context: LandingContext
    private let writer: DataFileWriter
    private let silver: SilverTable?
    private let bronzeFolder: TableFolder
    private var bronzeSchema: Schema
    private var bronzeLastColumnID: Int
    private var bronzeState: TableState
    private var silverState: TableState?
    private var bronzeChange = TableChange(.append)
    private var pace: FillPace
    /// Nil without checks, and once they were too slow.
    private var evaluator: RowEvaluator?
    /// The layout that came with the last batch: the source tells it again only when it asked its catalog.
    private var streamedLayout: TableLayout?

    /// What a table adds to a commit, and how its checks found the rows of it.
    struct Updates: Sendable {
        var landed: LandedTable
        var tables: [TableName: TableUpdate] = [:]
        var evaluation: RowEvaluation?
    }

    init(_ landed: LandedTable, state: LakeState, context: LandingContext) async throws(TarnError) {
        self.landed = landed
        self.context = context
        pace = FillPace(bytesMax: context.options.bytesMax / 4)
        streamedLayout = landed.captured.layout
        let connection = try context.engine.connect()
        writer = DataFileWriter(store: context.lake.store, connection: connection, entropy: context.entropy)
        let bronze = try await Self.snapshot(landed.bronze, state, context)
        guard let folder = TableFolder(bronze.state) else {
            throw TarnError(
                .unsupported,
                "A mirror lies outside the warehouse.",
                detail: ["table": landed.bronze.description]
            )
        }
        bronzeFolder = folder
        bronzeState = bronze.state
        bronzeSchema = bronze.schema
        bronzeLastColumnID = bronze.metadata.lastColumnID
        guard let name = landed.silver else {
            silver = nil
            silverState = nil
            return
        }
        let snapshot = try await Self.snapshot(name, state, context)
        silverState = snapshot.state
        evaluator = try context.checks?.evaluator(of: name)
        let silverFolder = TableFolder(snapshot.state) ?? folder
        silver = try await SilverTable(
            name,
            snapshot: snapshot,
            captured: landed.captured,
            lake: context.lake,
            connection: connection,
            entropy: context.entropy,
            indexFolder: context.indexFolder(of: silverFolder)
        )
    }

    /// Writes a batch to files that nothing names yet.
    ///
    /// A value that the source left out costs nothing in the batch and may be large in the lake: where there are such,
    /// the batch goes in parts, each filled in and written before the next.
    func apply(_ batch: ChangeBatch) async throws(TarnError) {
        guard landed.stopped == nil else { return }
        if let layout = batch.table.layout, layout != streamedLayout {
            streamedLayout = layout
            try observe(layout, columnCount: batch.table.schema.fields.count)
        }
        if batch.table.schemaVersion > landed.captured.schemaVersion { try await grow(to: batch.table) }
        guard let silver, !batch.unavailable.isEmpty else { return try await write(batch) }
        var start = 0
        while start < batch.count {
            let end = min(start + pace.rows, batch.count)
            let filled = try await silver.fillUnavailable(batch.part(start..<end))
            pace.note(rows: end - start, bytes: filled.after.byteCount)
            try await write(filled)
            start = end
        }
    }

    private func write(_ filled: ChangeBatch) async throws(TarnError) {
        let rows = try BronzeRows(source: context.source, schema: bronzeSchema).rows(filled)
        let input = RowInput(schema: rows.schema, batches: [rows])
        bronzeChange.addedDataFiles.append(try await writer.writeRows(input, into: bronzeFolder))
        try await silver?.apply(filled)
    }

    /// - Parameter found: the table of this name that is at the source now.
    /// - Throws: `source.schemaChanged` when it is not this one any more, or cannot be followed on.
    func compare(with found: MatchingTable?) throws(TarnError) {
        guard let found else {
            throw changed("The table is excluded by the source's file now, or is no longer at the source.")
        }
        guard found.identity == landed.captured.identity else {
            throw changed("Another table has the table's name at the source now.")
        }
        if let layout = found.layout { try observe(layout, columnCount: landed.captured.schema.fields.count) }
    }

    private func changed(_ message: String) -> TarnError {
        TarnError(.schemaChanged, message, detail: ["table": landed.captured.qualifiedName])
    }

    private func observe(_ layout: TableLayout, columnCount: Int) throws(TarnError) {
        let known = landed.captured.layout
        if let known, let difference = layout.difference(since: known) {
            throw changed("The table changed in a way that cannot be followed: \(difference).")
        }
        landed.captured.layout = layout.known(columnCount: columnCount, since: known)
    }

    /// - Parameter discards: the source cannot take back what it delivered of an open transaction: everything since the
    ///   last commit is given up, and the table stays at the position of that commit.
    func stop(_ error: TarnError, discards: Bool) async {
        landed.stopped = error.description
        guard discards else { return }
        bronzeChange = TableChange(.append)
        await silver?.discard()
    }

    /// What this table adds to the commit.
    func updates() async throws(TarnError) -> Updates {
        var updates = Updates(landed: landed)
        if !bronzeChange.addedDataFiles.isEmpty || bronzeChange.newSchema != nil {
            updates.tables[landed.bronze] = .change(bronzeChange, base: bronzeState)
        }
        if let silver, let silverState, let change = try await silver.change() {
            updates.tables[silver.name] = .change(change, base: silverState)
            updates.evaluation = await evaluator?.evaluate(change, schema: silver.schema, at: context.time.now())
            if updates.evaluation?.isTooSlow == true { evaluator = nil }
        }
        return updates
    }

    func committed(_ states: [TableName: TableState]) async throws(TarnError) {
        if let state = states[landed.bronze] { bronzeState = state }
        bronzeChange = TableChange(.append)
        guard let silver, let state = states[silver.name] else { return }
        silverState = state
        try await silver.committed(state)
    }

    private func grow(to table: CapturedTable) async throws(TarnError) {
        try LakeSchemas.refuseUnreadable(table)
        let layout = landed.captured.layout
        landed.captured = table
        landed.captured.layout = layout
        if let grown = LakeSchemas.grown(bronze: bronzeSchema, by: table, lastColumnID: bronzeLastColumnID) {
            bronzeSchema = grown
            bronzeLastColumnID = max(bronzeLastColumnID, grown.lastColumnID)
            bronzeChange.newSchema = grown
        }
        await silver?.grow(to: table)
    }

    private static func snapshot(
        _ name: TableName,
        _ state: LakeState,
        _ context: LandingContext
    ) async throws(TarnError) -> TableSnapshot {
        guard let table = state.tables[name] else {
            throw TarnError(
                .tableMissing,
                "A captured table is no longer in the lake.",
                detail: ["table": name.description],
                remedy: "Run `tarn source remove` and `tarn source add` to read the source anew."
            )
        }
        return try await context.lake.reader.snapshot(name, table)
    }
}

/// How many rows may be filled in at once, so that they stay within a number of bytes: learned from those before.
struct FillPace {
    private(set) var rows = 128
    private let bytesMax: Int
    private static let rowsMax = 1 << 16
    /// Rows that are much larger than those before shall not come by the thousands.
    private static let growthMax = 8

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    mutating func note(rows filled: Int, bytes: Int) {
        let fitting = bytesMax / max(1, bytes / max(1, filled))
        rows = max(1, min(fitting, rows * Self.growthMax, Self.rowsMax))
    }
}
