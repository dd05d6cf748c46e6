import Base
import Columns
import Iceberg
import Lake
import ObjectStore
import TestKit
import Testing

/// Tables that other writers could have made, and that must not be read wrongly.
@Suite struct RegistrationTests {
    private let copy = TableName(namespace: "outside", name: "copy")

    private func register(_ metadata: String, as name: TableName, in fixture: LakeFixture) async throws {
        var request = CommitRequest(cause: "register", message: "Register \(name)")
        request.tables[name] = .register(metadata: metadata)
        try await fixture.lake.commit(request, as: .system)
    }

    private func refusal(_ metadata: String, as name: TableName, in fixture: LakeFixture) async throws -> TarnError? {
        let error = await #expect(throws: TarnError.self) { try await register(metadata, as: name, in: fixture) }
        #expect(try await fixture.lake.refresh().tables[name] == nil)
        return error
    }

    /// A table of these files, wherever and of whatever kind they are.
    private func table(_ fixture: LakeFixture, _ files: [DataFile], schema: Schema? = nil) async throws -> TableState {
        var change = TableChange(.append)
        change.addedDataFiles = files
        var request = CommitRequest(cause: "test", message: "create")
        let folder = TableFolder(orders, entropy: fixture.entropy)
        request.tables[orders] = .create(
            NewTable(folder: folder, owner: .open, schema: schema ?? LakeFixture.schema, change: change)
        )
        try await fixture.lake.commit(request, as: .system)
        return try await fixture.state(orders)
    }

    private func file(_ path: String, format: DataFile.Format = .parquet) -> DataFile {
        DataFile(content: .data, path: path, format: format, recordCount: 1, fileSizeInBytes: 1)
    }

    @Test("a table in the warehouse is registered under a further name, but not in a namespace of the engine's own")
    func namespaces() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<3)
            let metadata = try await fixture.state(orders).metadata
            try await register(metadata, as: copy, in: fixture)
            #expect(try await fixture.ids(copy) == [0, 1, 2])
            for namespace in ["information_schema", "pg_catalog", "main", "Main"] {
                let name = TableName(namespace: namespace, name: "orders")
                #expect(try await refusal(metadata, as: name, in: fixture)?.code == .unsupported)
            }
        }
    }

    @Test("a table with files outside its folder and the warehouse is refused, and the file named")
    func farFiles() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let state = try await table(fixture, [file("file:///elsewhere/data/1.parquet")])
            let error = try await refusal(state.metadata, as: copy, in: fixture)
            #expect(error?.code == .unsupported)
            #expect(error?.detail.map(\.value) == ["outside.copy", "file:///elsewhere/data/1.parquet"])
        }
    }

    @Test("a table with data files of another format than Parquet is refused", arguments: [DataFile.Format.orc, .avro])
    func otherFormats(format: DataFile.Format) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let state = try await table(fixture, [file(fixture.lake.store.uri("x/1"), format: format)])
            #expect(try await refusal(state.metadata, as: copy, in: fixture)?.code == .unsupported)
            let error = await #expect(throws: TarnError.self) { try await fixture.snapshot(orders) }
            #expect(error?.detail.first { $0.key == "format" }?.value == format.rawValue)
        }
    }

    @Test("columns whose names differ in case alone are refused")
    func similarColumns() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let schema = Schema(fields: [
                Field(id: 1, name: "a", type: .long), Field(id: 2, name: "b", type: .long),
                Field(id: 3, name: "A", type: .long),
            ])
            let state = try await table(fixture, [file(fixture.lake.store.uri("x/1"))], schema: schema)
            #expect(try await refusal(state.metadata, as: copy, in: fixture)?.code == .unsupported)
            let error = await #expect(throws: TarnError.self) { try await fixture.snapshot(orders) }
            #expect(error?.detail.map(\.value) == ["silver.orders", "A"])
        }
    }

    @Test("a snapshot that lists its manifests in place is refused rather than read as empty")
    func inlineManifests() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<3)
            let state = try await fixture.state(orders)
            let text = String(decoding: try await fixture.lake.store.get(state.metadata), as: UTF8.self)
            let inline = text.replacing("\"manifest-list\":", with: "\"manifests\":[],\"former\":")
            #expect(inline != text)
            let key = "outside/old/metadata/00001-a.metadata.json"
            try await fixture.lake.store.put(key, Array(inline.utf8))
            #expect(try await refusal(key, as: copy, in: fixture)?.code == .unsupported)
        }
    }
}
