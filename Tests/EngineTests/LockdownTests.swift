import Base
import Columns
import Engine
import TestKit
import Testing

@Suite struct LockdownTests {
    private func lockedConnection(_ folder: String) throws -> EngineConnection {
        let engine = try Engine(
            EngineConfiguration(
                memoryLimitBytes: 1 << 28,
                threads: 1,
                temporaryDirectory: "\(folder)/temporary",
                temporaryBytesMax: 1 << 28,
                allowedDirectories: ["\(folder)/lake"],
                isLockedDown: true
            )
        )
        return try engine.connect()
    }

    @Test(
        "a locked instance reaches nothing outside its folders",
        arguments: [
            "SELECT * FROM read_text('/etc/hostname')", "SELECT * FROM '/etc/hostname.csv'",
            "SELECT * FROM glob('/etc/*')",
            "SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/outside.parquet'",
            "COPY (SELECT 1) TO '{folder}/lake/../outside.parquet'", "INSTALL httpfs", "LOAD httpfs",
            "ATTACH '/tmp/outside.db'", "SET threads = 4", "SET memory_limit = '8GB'", "RESET memory_limit",
            "SET enable_external_access = true", "EXPORT DATABASE '/tmp/outside'",
            "SELECT * FROM 'http://127.0.0.1/x.parquet'",
        ]
    )
    func refuses(sql: String) async throws {
        try await withTemporaryFolder { folder in
            let connection = try lockedConnection(folder)
            let statement = sql.split(separator: "{folder}", omittingEmptySubsequences: false).joined(separator: folder)
            await #expect(throws: TarnError.self) { try await connection.execute(statement) }
        }
    }

    @Test("a locked instance writes and reads inside its folders, in UTC")
    func allows() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/lake/a.parquet"
            let schema = Schema(fields: [Field(id: 1, name: "i", type: .int)])
            var batch = ColumnBatch(schema: schema)
            batch.columns[0].append(int32: 7)
            // The file system makes no folders: the lake's exists before the engine opens.
            try await testConnection().execute(
                "COPY (SELECT 1 AS a, 2 AS b) TO '\(folder)/lake' (FORMAT parquet, PARTITION_BY a)"
            )
            let connection = try lockedConnection(folder)
            _ = try await connection.writeParquet(RowInput(schema: schema, batches: [batch]), to: path)
            #expect(texts(try await connection.query("SELECT * FROM read_parquet(\(sqlLiteral(path)))")) == [["7"]])
            #expect(texts(try await connection.query("SELECT current_setting('TimeZone')")) == [["UTC"]])
        }
    }

    @Test("memory that runs out is an error, not the end")
    func memoryLimit() async throws {
        let engine = try Engine(EngineConfiguration(memoryLimitBytes: 20 << 20, threads: 1))
        let connection = try engine.connect()
        let error = await #expect(throws: TarnError.self) {
            _ = try await connection.query(
                "SELECT count(*) FROM (SELECT DISTINCT hash(i), hash(i + 1) FROM range(5000000) t(i))"
            )
        }
        #expect(error?.code == .engineFailed)
        #expect(error?.message.hasPrefix("Out of Memory") == true)
        #expect(texts(try await connection.query("SELECT 1")) == [["1"]])
    }

    @Test("a wrong limit is refused when the instance opens")
    func wrongConfiguration() {
        #expect(throws: TarnError.self) { try Engine(EngineConfiguration(memoryLimitBytes: 1 << 28, threads: 0)) }
    }
}
