import Base
import Columns
import Engine
import Iceberg
import Lake
import TestKit
import Testing

/// Tables that came to main from a branch, or back from an older version, as other readers see them.
@Suite(Readers.trait) struct BranchTests {
    private static let taken = TableName(namespace: "gold", name: "taken")
    private static let merged = TableName(namespace: "gold", name: "merged")
    private static let schema = Schema(
        fields: [
            Field(id: 1, name: "id", type: .long, isRequired: true), Field(id: 2, name: "name", type: .string),
        ],
        identifierFieldIDs: [1]
    )

    @Test("readers agree on published and rolled back tables, at every version, and on what is written on top")
    func agreement() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            for name in [Self.taken, Self.merged] { _ = try await lake.create(name, [Self.rows(0..<4)]) }
            try await lake.lake.createBranch("x", as: .system)
            try await append(Self.taken, 10..<13, on: "x", in: lake)
            try await delete(Self.taken, on: "x", in: lake)
            try await append(Self.merged, 20..<22, on: "x", in: lake)
            try await append(Self.merged, 30..<31, on: nil, in: lake)
            try await lake.lake.publish(Publication(of: "x"), as: .system)
            try await addColumn(Self.taken, in: lake)
            for id in 40..<65 { try await append(Self.merged, Int64(id)..<Int64(id + 1), on: nil, in: lake) }
            let before = try await lake.lake.refresh().version
            try await lake.lake.rollback(to: .version(2), as: .system)
            for name in [Self.taken, Self.merged] { try await append(name, 70..<72, on: nil, in: lake) }
            try await lake.lake.rollback(to: .version(before), as: .system)
            for name in [Self.taken, Self.merged] { try await append(name, 80..<81, on: nil, in: lake) }
            let sights = try await lake.sights(of: Self.taken) + lake.sights(of: Self.merged)
            let tables = try await expectAgreement(sights, in: lake)
            let counts = Dictionary(zip(sights.map { "\($0.name)" }, tables.map(\.rows.count))) { _, last in last }
            #expect(counts == ["gold.taken": 4 + 3 - 1 + 1, "gold.merged": 4 + 2 + 1 + 25 + 1])
        }
    }

    private static func rows(_ ids: Range<Int64>) -> ColumnBatch {
        var batch = ColumnBatch(schema: schema)
        for id in ids {
            batch.columns[0].append(int64: id)
            batch.columns[1].append(string: "n\(id)")
        }
        return batch
    }

    private func append(
        _ name: TableName,
        _ ids: Range<Int64>,
        on branch: String?,
        in lake: TestLake
    ) async throws {
        let reference = branch.map { VersionReference.branch($0) } ?? .newest
        let base = try await lake.snapshot(name, at: reference)
        let folder = try #require(TableFolder(base.state))
        let batch = Self.rows(ids)
        var change = TableChange(.append)
        let input = RowInput(schema: batch.schema, batches: [batch])
        change.addedDataFiles = [try await lake.writer.writeRows(input, into: folder)]
        try await commit(name, change, base.state, on: branch, in: lake)
    }

    /// Takes the first row of the first file away.
    private func delete(_ name: TableName, on branch: String?, in lake: TestLake) async throws {
        let reference = branch.map { VersionReference.branch($0) } ?? .newest
        let base = try await lake.snapshot(name, at: reference)
        let folder = try #require(TableFolder(base.state))
        let file = try #require(base.files.first).dataFile.path
        var change = TableChange(.delete)
        change.addedDeleteFiles = [try await lake.writer.writeDeletes(of: file, positions: [0], into: folder)]
        try await commit(name, change, base.state, on: branch, in: lake)
    }

    private func addColumn(_ name: TableName, in lake: TestLake) async throws {
        let base = try await lake.snapshot(name)
        var change = TableChange(.append)
        var schema = base.schema
        schema.fields.append(Field(id: base.metadata.lastColumnID + 1, name: "late", type: .int))
        change.newSchema = schema
        try await commit(name, change, base.state, on: nil, in: lake)
    }

    private func commit(
        _ name: TableName,
        _ change: TableChange,
        _ base: TableState,
        on branch: String?,
        in lake: TestLake
    ) async throws {
        var request = CommitRequest(cause: "test", message: "change \(name)", branch: branch)
        request.tables[name] = .change(change, base: base)
        try await lake.lake.commit(request, as: .system)
    }
}
