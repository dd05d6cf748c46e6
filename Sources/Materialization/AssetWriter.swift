import Assets
import Base
import Columns
import Iceberg
import Lake
import Query

/// Makes the rows of one asset: reads everything on the branch of the run, writes files, and says what has to be
/// committed.
struct AssetWriter {
    let lake: Lake
    let session: QuerySession
    let branch: String
    let run: String
    /// The table is made anew, whatever its materialisation.
    let isFullRefresh: Bool

    struct Written: Sendable {
        /// Even of a table whose rows stay as they are: its metadata names the run.
        var update: TableUpdate
        var rowCount: Int64
        var schema: Schema
    }

    private var version: VersionReference { .branch(branch) }

    func write(_ asset: CompiledAsset) async throws(TarnError) -> Written {
        try await undo(asset.asset.name)
        if asset.readsItself { try await createIfMissing(asset) }
        guard let state = try await lake.state(at: version).tables[asset.asset.name] else {
            return try await create(asset)
        }
        guard state.owner == .assets else {
            throw TarnError(
                .assetCollision,
                "The lake has a table of this name that is no asset.",
                detail: ["table": asset.asset.name.description, "owner": state.owner.description]
            )
        }
        return try await change(asset, try await lake.reader.snapshot(asset.asset.name, state))
    }

    /// Takes back what an earlier attempt of this run did to the table: rows would be added twice.
    private func undo(_ name: TableName) async throws(TarnError) {
        guard let table = try await lake.refresh().branches[branch]?.tables[name], table.isChanged,
            let state = table.state
        else { return }
        var request = CommitRequest(cause: "materialize", message: "Begin \(name) again", branch: branch)
        request.tables[name] =
            table.base.map { .restore(Restoration(target: $0, current: state, newest: state)) }
            ?? .drop(uuid: state.uuid)
        try await lake.commit(request, as: .assets)
    }

    /// A table that its own statement reads is there before it does.
    private func createIfMissing(_ asset: CompiledAsset) async throws(TarnError) {
        let name = asset.asset.name
        guard try await lake.state(at: version).tables[name] == nil, let given = asset.schema else { return }
        var request = CommitRequest(cause: "materialize", message: "Create \(name)", branch: branch)
        request.tables[name] = .create(try table(asset, TableShape(asset: asset, present: nil), given))
        try await lake.commit(request, as: .assets)
    }

    private func table(_ asset: CompiledAsset, _ shape: TableShape, _ given: Schema) throws(TarnError) -> NewTable {
        var table = NewTable(
            folder: TableFolder(asset.asset.name, entropy: lake.entropy),
            owner: .assets,
            schema: try shape.metadata(for: given, keepsRows: false).currentSchema,
            properties: properties(asset)
        )
        table.partition = try shape.partition
        return table
    }

    private func create(_ asset: CompiledAsset) async throws(TarnError) -> Written {
        let shape = TableShape(asset: asset, present: nil)
        let given = try await session.schema(of: asset.asset.sql, at: version)
        var table = try table(asset, shape, given)
        let layout = try FileLayout(shape.metadata(for: given, keepsRows: false))
        let files = try await session.writeRows(of: asset.asset.sql, at: version, as: layout, into: table.folder)
        if case .merge(let key) = asset.asset.header.materialization {
            try await session.requireUnique(key, in: files, of: asset.asset.name)
        }
        if !files.isEmpty {
            var change = TableChange(.append)
            change.addedDataFiles = files
            table.change = change
        }
        return Written(update: .create(table), rowCount: files.rowCount, schema: table.schema)
    }

    private func change(_ asset: CompiledAsset, _ present: TableSnapshot) async throws(TarnError) -> Written {
        let materialization = isFullRefresh ? .full : asset.asset.header.materialization
        let shape = TableShape(asset: asset, present: present.metadata)
        let given = try await session.schema(of: asset.asset.sql, at: version)
        let next = try shape.metadata(for: given, keepsRows: materialization != .full)
        guard let folder = TableFolder(present.state) else {
            throw TarnError(.unsupported, "A table outside the warehouse cannot be an asset.")
        }
        let sql = asset.asset.sql
        let files = try await session.writeRows(of: sql, at: version, as: try FileLayout(next), into: folder)
        var change = try await self.change(materialization, present, files)
        let schema = try next.currentSchema
        if schema.fields != present.schema.fields || schema.identifierFieldIDs != present.schema.identifierFieldIDs {
            change.newSchema = schema
        }
        if try shape.changesPartition(under: schema) { change.newPartition = try shape.partition }
        change.properties = properties(asset)
        return Written(
            update: .change(change, base: present.state),
            rowCount: files.rowCount,
            schema: schema
        )
    }

    private func change(
        _ materialization: Materialization,
        _ present: TableSnapshot,
        _ files: [DataFile]
    ) async throws(TarnError) -> TableChange {
        switch materialization {
        case .append:
            var change = TableChange(.append)
            change.addedDataFiles = files
            return change
        case .merge(let key): return try await session.merging(files, into: present, key: key, at: version)
        case .partition: return try present.replacingPartitions(with: files)
        case .full:
            var change = TableChange(.overwrite)
            change.addedDataFiles = files
            change.removedDataFiles = Set(present.files.map(\.dataFile.path))
            change.removedDeleteFiles = Set(present.files.flatMap { $0.deletes.map(\.dataFile.path) })
            return change
        }
    }

    /// What other engines see of where the rows come from.
    private func properties(_ asset: CompiledAsset) -> [TableMetadata.Property] {
        var properties = [
            TableMetadata.Property("tarn.run-id", run), TableMetadata.Property("tarn.plan-hash", asset.planHash),
            TableMetadata.Property("tarn.statement", asset.asset.sql),
        ]
        if let text = asset.asset.header.description { properties.append(TableMetadata.Property("comment", text)) }
        return properties
    }
}

extension [DataFile] {
    fileprivate var rowCount: Int64 { reduce(0) { $0 + $1.recordCount } }
}
