import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore
import Store
import TestKit

/// A lake in a temporary folder, with what is needed to write tables of `id` and `name` into it.
struct LakeFixture {
    let folder: String
    let lake: Lake
    let connection: EngineConnection
    let entropy = SystemEntropy()

    static let schema = Schema(
        fields: [
            Field(id: 1, name: "id", type: .long, isRequired: true), Field(id: 2, name: "name", type: .string),
        ],
        identifierFieldIDs: [1]
    )

    /// - Parameter state: the file name of the local state; another one is another process's.
    static func open(_ folder: String, state: String = "state.db") async throws -> LakeFixture {
        let store = try LocalObjectStore(folder: folder + "/warehouse")
        try await Lake.create(in: store, entropy: SystemEntropy())
        let lake = try await Lake.open(
            store,
            state: try StateDatabase(path: "\(folder)/\(state)"),
            time: ManualTime()
        )
        let engine = try Engine(EngineConfiguration(memoryLimitBytes: 256 << 20, threads: 2))
        return LakeFixture(folder: folder, lake: lake, connection: try engine.connect())
    }

    var writer: DataFileWriter { DataFileWriter(store: lake.store, connection: connection, entropy: entropy) }

    func rows(_ ids: Range<Int64>, prefix: String = "n") -> RowInput {
        var batch = ColumnBatch(schema: Self.schema)
        for id in ids {
            batch.columns[0].append(int64: id)
            batch.columns[1].append(string: "\(prefix)\(id)")
        }
        return RowInput(schema: Self.schema, batches: [batch])
    }

    @discardableResult
    func create(
        _ name: TableName,
        _ ids: Range<Int64>,
        owner: TableOwner = .open,
        as access: AccessContext = .system,
        on branch: String? = nil
    ) async throws -> CommitResult {
        let folder = TableFolder(name, entropy: entropy)
        var table = NewTable(folder: folder, owner: owner, schema: Self.schema)
        if !ids.isEmpty {
            var change = TableChange(.append)
            change.addedDataFiles = [try await writer.writeRows(rows(ids), into: folder)]
            table.change = change
        }
        var request = CommitRequest(cause: "test", message: "create \(name)", branch: branch)
        request.tables[name] = .create(table)
        return try await lake.commit(request, as: access)
    }

    /// The table as it is now, and a change that adds the given rows to it.
    func append(_ name: TableName, _ ids: Range<Int64>) async throws -> (TableState, TableChange) {
        let state = try await state(name)
        guard let folder = TableFolder(state) else { throw TarnError(.tableMissing, "No folder.") }
        var change = TableChange(.append)
        change.addedDataFiles = [try await writer.writeRows(rows(ids), into: folder)]
        return (state, change)
    }

    @discardableResult
    func append(
        _ name: TableName,
        _ ids: Range<Int64>,
        on branch: String?,
        as access: AccessContext = .system
    ) async throws -> CommitResult {
        try await change(name, TableChange(.append), ids, on: branch, as: access)
    }

    /// Puts the given rows in the place of all others.
    @discardableResult
    func rewrite(_ name: TableName, _ ids: Range<Int64>, on branch: String?) async throws -> CommitResult {
        var change = TableChange(.overwrite)
        let reference = branch.map { VersionReference.branch($0) } ?? .newest
        change.removedDataFiles = Set(try await snapshot(name, at: reference).files.map(\.dataFile.path))
        return try await self.change(name, change, ids, on: branch, as: .system)
    }

    private func change(
        _ name: TableName,
        _ change: TableChange,
        _ ids: Range<Int64>,
        on branch: String?,
        as access: AccessContext
    ) async throws -> CommitResult {
        let state = try await state(name, at: branch.map { VersionReference.branch($0) } ?? .newest)
        guard let folder = TableFolder(state) else { throw TarnError(.tableMissing, "No folder.") }
        var change = change
        change.addedDataFiles = [try await writer.writeRows(rows(ids), into: folder)]
        var request = CommitRequest(cause: "test", message: "change \(name)", branch: branch)
        request.tables[name] = .change(change, base: state)
        return try await lake.commit(request, as: access)
    }

    func state(_ name: TableName, at reference: VersionReference = .newest) async throws -> TableState {
        guard let state = try await lake.state(at: reference).tables[name] else {
            throw TarnError(.tableMissing, "No table.")
        }
        return state
    }

    func commit(
        _ name: TableName,
        _ change: TableChange,
        base: TableState,
        as access: AccessContext = .system
    ) async throws -> CommitResult {
        var request = CommitRequest(cause: "test", message: "change \(name)")
        request.tables[name] = .change(change, base: base)
        return try await lake.commit(request, as: access)
    }

    func snapshot(_ name: TableName, at reference: VersionReference = .newest) async throws -> TableSnapshot {
        guard let state = try await lake.state(at: reference).tables[name] else {
            throw TarnError(.tableMissing, "No table.")
        }
        return try await lake.reader.snapshot(name, state)
    }

    /// The ids of a table's rows at a version, ascending.
    func ids(_ name: TableName, at reference: VersionReference = .newest) async throws -> [Int64] {
        let select = ScanSQL(try await snapshot(name, at: reference)).select
        let result = try await connection.query("SELECT id FROM (\(select)) ORDER BY id")
        return result.batches.flatMap { batch -> [Int64] in
            if case .int64(let values) = batch.columns[0].storage { values } else { [] }
        }
    }
}

let orders = TableName(namespace: "silver", name: "orders")
let items = TableName(namespace: "silver", name: "items")
