import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore
import Query
import TestKit
import Testing

@Suite struct FieldIDTests {
    private let entropy = SystemEntropy()
    private let schema = Schema(fields: [Field(id: 1, name: "id", type: .long), Field(id: 2, name: "n", type: .long)])

    /// A table of one file that the engine wrote with or without field ids; no statistics say what is in it, so that it
    /// is read by field id.
    private func create(
        _ name: String,
        in world: SmallLake,
        hasFieldIDs: Bool,
        properties: [TableMetadata.Property]
    ) async throws {
        let name = TableName(namespace: "outside", name: name)
        let folder = TableFolder(name, entropy: entropy)
        let key = folder.dataFile(entropy)
        let path = try await world.lake.store.stage(key)
        let connection = try Engine(EngineConfiguration(memoryLimitBytes: 200 << 20, threads: 1)).connect()
        let ids = hasFieldIDs ? ", FIELD_IDS {id: 1, n: 2}" : ""
        try await connection.execute(
            "COPY (SELECT 7::BIGINT AS id, 8::BIGINT AS n) TO \(sqlLiteral(path)) (FORMAT parquet\(ids))"
        )
        var change = TableChange(.append)
        change.addedDataFiles = [
            DataFile(
                content: .data,
                path: world.lake.store.uri(key),
                format: .parquet,
                recordCount: 1,
                fileSizeInBytes: 100
            )
        ]
        var request = CommitRequest(cause: "test", message: "create")
        request.tables[name] = .create(
            NewTable(folder: folder, owner: .open, schema: schema, properties: properties, change: change)
        )
        try await world.lake.commit(request, as: .system)
    }

    @Test("a file without field ids is refused where it would be read by them, and a mapping of names says otherwise")
    func check() async throws {
        try await withTemporaryFolder { folder in
            let world = try await SmallLake(folder)
            let mapping = TableMetadata.Property(
                "schema.name-mapping.default",
                "[{\"field-id\":1,\"names\":[\"id\"]},{\"field-id\":2,\"names\":[\"n\"]}]"
            )
            try await create("with", in: world, hasFieldIDs: true, properties: [mapping])
            try await create("without", in: world, hasFieldIDs: false, properties: [mapping])
            try await create("unmapped", in: world, hasFieldIDs: false, properties: [])
            let session = try await QuerySession.open(world.lake)
            #expect(try await session.rows("SELECT id, n FROM outside.\"with\"") == "7|8")
            let error = await session.failure("SELECT id, n FROM outside.\"without\"")
            #expect(error?.code == .unsupported)
            #expect(error?.detail.first?.value == "outside.without")
            // So the format rules.
            #expect(try await session.rows("SELECT count(id), count(*) FROM outside.unmapped") == "0|1")
        }
    }
}
