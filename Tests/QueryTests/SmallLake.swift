import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore
import Query
import Store
import TestKit

/// A lake of one commit for orders, one for items, one with more orders, and one that deletes.
struct SmallLake {
    let lake: Lake
    let folder: String
    private let owner: TableOwner
    static let orders = TableName(namespace: "silver", name: "orders")
    static let items = TableName(namespace: "silver", name: "items")
    static let secret = "cell-value-5f2c"

    static let orderSchema = Schema(fields: [
        Field(id: 1, name: "id", type: .long, isRequired: true),
        Field(id: 2, name: "amount", type: .decimal(precision: 12, scale: 2)),
        Field(id: 3, name: "day", type: .date), Field(id: 4, name: "note", type: .string),
        Field(id: 5, name: "weight", type: .double), Field(id: 6, name: "at", type: .timestamptz),
    ])
    static let itemSchema = Schema(fields: [
        Field(id: 1, name: "id", type: .int), Field(id: 2, name: "order_id", type: .long),
    ])

    /// Orders 1...4 at version 1, items at version 2, orders 5...8 at version 3, order 2 deleted at version 4.
    init(_ folder: String, owner: TableOwner = .source("shop")) async throws {
        self.folder = folder
        self.owner = owner
        let store = try LocalObjectStore(folder: "\(folder)/warehouse")
        let entropy = SeededEntropy(seed: 7)
        try await Lake.create(in: store, entropy: entropy)
        let time = ManualTime(step: 1_000_000)
        lake = try await Lake.open(
            store,
            state: try StateDatabase(path: "\(folder)/state.db"),
            time: time,
            entropy: entropy
        )
        let connection = try Engine(EngineConfiguration(memoryLimitBytes: 200 << 20, threads: 1)).connect()
        let writer = DataFileWriter(store: store, connection: connection, entropy: entropy)

        let orderFolder = TableFolder(Self.orders, entropy: entropy)
        let first = try await writer.writeRows(Self.orderRows(1...4), into: orderFolder)
        try await create(Self.orders, orderFolder, Self.orderSchema, first)
        let itemFolder = TableFolder(Self.items, entropy: entropy)
        try await create(
            Self.items,
            itemFolder,
            Self.itemSchema,
            try await writer.writeRows(Self.itemRows(), into: itemFolder)
        )
        var more = TableChange(.append)
        more.addedDataFiles = [try await writer.writeRows(Self.orderRows(5...8), into: orderFolder)]
        try await change(Self.orders, more)
        var less = TableChange(.delete)
        less.addedDeleteFiles = [try await writer.writeDeletes(of: first.path, positions: [1], into: orderFolder)]
        try await change(Self.orders, less)
    }

    private func create(_ name: TableName, _ folder: TableFolder, _ schema: Schema, _ file: DataFile) async throws {
        var change = TableChange(.append)
        change.addedDataFiles = [file]
        var request = CommitRequest(cause: "test", message: "create")
        request.tables[name] = .create(NewTable(folder: folder, owner: owner, schema: schema, change: change))
        try await lake.commit(request, as: .source("shop"))
    }

    private func change(_ name: TableName, _ change: TableChange) async throws {
        let base = try await lake.refresh().tables[name]
        var request = CommitRequest(cause: "test", message: "change")
        if let base { request.tables[name] = .change(change, base: base) }
        try await lake.commit(request, as: .source("shop"))
    }

    private static func orderRows(_ ids: ClosedRange<Int64>) -> RowInput {
        var batch = ColumnBatch(schema: orderSchema)
        for id in ids {
            batch.columns[0].append(int64: id)
            batch.columns[1].append(int64: id * 150)
            batch.columns[2].append(int32: Int32(20_000 + id))
            if id == 3 { batch.columns[3].appendNull() } else { batch.columns[3].append(string: "\(secret) \(id)") }
            batch.columns[4].append(double: Double(id) / 2)
            batch.columns[5].append(int64: id * 3_600_000_000)
        }
        return RowInput(schema: orderSchema, batches: [batch])
    }

    private static func itemRows() -> RowInput {
        var batch = ColumnBatch(schema: itemSchema)
        for id in 0..<10 {
            batch.columns[0].append(int32: Int32(id))
            batch.columns[1].append(int64: Int64(id % 4 + 1))
        }
        return RowInput(schema: itemSchema, batches: [batch])
    }
}

extension QuerySession {
    /// All rows as text: columns by `|`, rows by a space.
    func rows(_ sql: String, at version: VersionReference = .newest) async throws(TarnError) -> String {
        try await run(sql, at: version, as: .system).text
    }

    func failure(_ sql: String, at version: VersionReference = .newest) async -> TarnError? {
        do throws(TarnError) {
            _ = try await run(sql, at: version, as: .system)
            return nil
        } catch {
            return error
        }
    }
}

extension QueryAnswer {
    var text: String {
        batches.flatMap { batch in
            (0..<batch.rowCount).map { row in
                batch.columns.map { ValueText.text($0, row) ?? "-" }.joined(separator: "|")
            }
        }.joined(separator: " ")
    }
}
