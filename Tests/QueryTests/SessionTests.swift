import Base
import Columns
import Engine
import Lake
import Query
import Synchronization
import TestKit
import Testing

@Suite struct SessionTests {
    private func withLake(_ body: (SmallLake) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in try await body(try await SmallLake(folder)) }
    }

    @Test("a query reads the version it asks for: by number, by time, and by AT for one table alone")
    func versions() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            let sql = "SELECT count(id), sum(amount) FROM silver.orders"
            #expect(try await session.rows(sql) == "7|51.00")
            #expect(try await session.rows(sql, at: .version(3)) == "8|54.00")
            #expect(try await session.rows(sql, at: .version(1)) == "4|15.00")
            #expect(try await session.rows("SELECT count(id) FROM silver.orders AT (VERSION => 1)") == "4")
            #expect(
                try await session.rows(
                    "SELECT n.id FROM silver.orders n ANTI JOIN silver.orders o AT (VERSION => 1) USING (id) ORDER BY 1"
                )
                    == "5 6 7 8"
            )
            let second = try await world.lake.state(at: .version(2)).time
            #expect(try await session.rows(sql, at: .time(second)) == "4|15.00")
            #expect(
                try await session.rows("SELECT count(id) FROM silver.orders AT (TIMESTAMP => '\(second)')") == "4"
            )
            #expect(try await session.run(sql, at: .time(second), as: .system).version == 2)
            #expect(try await session.rows(sql) == "7|51.00")
        }
    }

    @Test("a version that never was, and a table that was not there yet, are refused")
    func missingVersions() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            #expect(await session.failure("FROM silver.orders", at: .version(9))?.code == .versionMissing)
            #expect(await session.failure("FROM silver.orders AT (VERSION => 9)")?.code == .versionMissing)
            #expect(await session.failure("FROM silver.items", at: .version(1))?.code == .tableMissing)
            #expect(await session.failure("FROM silver.orders AT (TIMESTAMP => '1990-01-01')")?.code == .versionMissing)
        }
    }

    @Test("joins, listings and descriptions work on the lake's tables")
    func statements() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            #expect(
                try await session.rows(
                    "SELECT silver.orders.id, count(*) FROM silver.orders JOIN silver.items i ON orders.id = i.order_id "
                        + "GROUP BY ALL ORDER BY 1"
                ) == "1|3 3|2 4|2"
            )
            #expect(try await session.rows("SHOW TABLES") == "silver|items silver|orders")
            #expect(try await session.rows("SHOW TABLES", at: .version(1)) == "silver|orders")
            #expect(try await session.rows("DESCRIBE silver.items").hasPrefix("id|INTEGER"))
            #expect(
                try await session.run(
                    "SELECT id FROM silver.orders WHERE id > $1",
                    as: .system,
                    parameters: [.integer(7)]
                )
                .text == "8"
            )
        }
    }

    @Test("plans show neither the names of files nor the rewritten statement")
    func plans() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            for sql in [
                "EXPLAIN FROM silver.orders", "EXPLAIN ANALYZE SELECT sum(amount) FROM silver.orders WHERE id > 2",
            ] {
                let text = try await session.rows(sql)
                #expect(text.contains("READ_PARQUET"))
                #expect(!text.contains(".parquet") && !text.contains("tarn_1") && !text.contains("/w"), "\(text)")
            }
        }
    }

    @Test("counts, minima and maxima come from the manifests, and only where those know exactly")
    func metadata() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            let all = "SELECT count(*), min(id), max(amount) AS most, max(day), min(\"at\") FROM silver.orders"
            let answer = try await session.run(all, at: .version(3), as: .system)
            #expect(answer.text == "8|1|12.00|2024-10-12|1970-01-01 01:00:00+00")
            #expect(
                answer.schema.fields.map(\.name) == ["count_star()", "min(id)", "most", "max(\"day\")", "min(\"at\")"]
            )
            #expect(
                answer.schema.fields.map(\.type)
                    == [.long, .long, .decimal(precision: 12, scale: 2), .date, .timestamptz]
            )
            #expect(try await session.rows("SELECT count(*) FROM silver.orders") == "7")
            // The bounds of texts are cut and those of floats may leave NaN out: the files must tell.
            #expect(
                try await session.rows("SELECT min(note), max(weight) FROM silver.orders", at: .version(3))
                    == "\(SmallLake.secret) 1|4.0"
            )
            try breakDataFiles(of: world)
            #expect(try await session.rows(all, at: .version(3)) == answer.text)
            #expect(try await session.rows("SELECT count(*) FROM silver.orders") == "7")
            for sql in [
                "SELECT min(id) FROM silver.orders", "SELECT count(id) FROM silver.orders AT (VERSION => 3)",
                "SELECT count(*) FROM silver.orders AT (VERSION => 3) WHERE amount > 3",
                "SELECT count(DISTINCT id) FROM silver.orders AT (VERSION => 3)",
            ] {
                #expect(await session.failure(sql)?.code == .engineFailed, "\(sql) did not read the files")
            }
        }
    }

    @Test("of a table that others may write, only a count without deletes comes from the manifests")
    func outsideMetadata() async throws {
        try await withTemporaryFolder { folder in
            let world = try await SmallLake(folder, owner: .open)
            let session = try await QuerySession.open(world.lake)
            let count = "SELECT count(*) FROM silver.orders"
            let least = "SELECT min(id) FROM silver.orders"
            #expect(try await session.rows(count) == "7")
            #expect(try await session.rows(least, at: .version(3)) == "1")
            try breakDataFiles(of: world)
            #expect(try await session.rows(count, at: .version(3)) == "8")
            #expect(await session.failure(count)?.code == .engineFailed)
            #expect(await session.failure(least, at: .version(3))?.code == .engineFailed)
        }
    }

    /// Leaves the footers, so that names and types are still known, and spoils every row.
    private func breakDataFiles(of world: SmallLake) throws {
        for path in try parquetFiles(below: world.folder) { try spoil(path) }
    }

    @Test("a column without a name is called as the statement was written, not as it runs")
    func columnNames() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            let count = "(SELECT count_star() FROM silver.items)"
            let sum = "(1 + (SELECT max(id) FROM silver.items))"
            for (sql, names) in [
                ("SELECT (SELECT count(*) FROM silver.items)", [count]),
                ("SELECT id, (SELECT count(*) FROM silver.items) AS n FROM silver.orders LIMIT 1", ["id", "n"]),
                ("SELECT id, 1 + (SELECT max(id) FROM silver.items) FROM silver.orders LIMIT 1", ["id", sum]),
                ("FROM (SELECT (SELECT count(*) FROM silver.items))", [count]),
                ("SELECT 1 + (SELECT max(id) FROM silver.items) UNION ALL SELECT 2", [sum]),
            ] {
                let answer = try await session.run(sql, as: .system)
                #expect(answer.schema.fields.map(\.name) == names, "\(sql)")
            }
        }
    }

    @Test("errors name neither files nor cell values nor the rewritten statement")
    func errors() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            var errors: [TarnError?] = []
            for sql in [
                "SELECT nonsense FROM silver.orders", "SELECT silver.orders.idd FROM silver.orders",
                "SELECT CAST(note AS INTEGER) FROM silver.orders", "SELECT error(note) FROM silver.orders",
                "SELECT orders.id FROM silver.orders, silver.orders AT (VERSION => 1)", "SELECT nofunction(1)",
                "SELECT id + note FROM silver.orders", "SELECT * FROM silver.orders GROUP BY id",
            ] { errors.append(await session.failure(sql)) }
            for path in try parquetFiles(below: world.folder) { removeTree(path) }
            errors.append(await session.failure("SELECT sum(id) FROM silver.items"))
            let other = try await QuerySession.open(world.lake)
            errors.append(await other.failure("SELECT sum(id) FROM silver.items"))
            for error in errors {
                let text = try #require(error?.description)
                #expect(!text.contains(SmallLake.secret) && !text.contains(world.folder), "\(text)")
                #expect(!text.contains("tarn_") && !text.contains("parquet"), "\(text)")
            }
            #expect(errors[5]?.detail.map(\.value) == ["1", "8"])
            #expect(errors[1]?.detail.map(\.value) == ["id", "1", "22"], "\(errors[1]?.description ?? "")")
        }
    }

    @Test("rows beyond the limit are not handed on, and the answer says that there were more")
    func rowLimit() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake, limits: QueryLimits(rowsMax: 5))
            let answer = try await session.run("SELECT id FROM silver.orders ORDER BY id", as: .system)
            #expect(answer.rowCount == 5 && answer.isCut && answer.text == "1 3 4 5 6")
            let fewer = try await session.run("SELECT id FROM silver.orders", as: .system, rowsMax: 2)
            #expect(fewer.rowCount == 2 && fewer.isCut)
            let all = try await session.run("SELECT id FROM silver.items LIMIT 5", as: .system)
            #expect(all.rowCount == 5 && !all.isCut)
        }
    }

    static let endless = "SELECT sum(a.i * b.i) FROM range(10000000) AS a(i), range(10000000) AS b(i)"

    @Test("a query that runs too long is ended, and the session goes on")
    func timeout() async throws {
        try await withLake { world in
            let isFirst = Mutex(true)
            let engine = try await QueryEngine(world.lake, limits: QueryLimits(timeout: .seconds(90)))
            let session = try engine.session { limit in
                let endsAtOnce = isFirst.withLock { first in
                    defer { first = false }
                    return first
                }
                if !endsAtOnce { try? await Task.sleep(for: limit) }
            }
            let failure = await session.failure(Self.endless)
            #expect(failure?.code == .queryLimit)
            #expect(failure?.detail.map(\.value) == ["limits.query_timeout, 90.0 seconds"])
            #expect(try await session.rows("SELECT 1") == "1")
        }
    }

    @Test("an interrupt ends what runs, and a cancelled task too")
    func interrupt() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            let interrupting = Task { await session.failure(Self.endless) }
            while !session.isRunning { await Task.yield() }
            session.interrupt()
            #expect(await interrupting.value?.code == .interrupted)
            let cancelled = Task { await session.failure(Self.endless) }
            cancelled.cancel()
            #expect(await cancelled.value?.code == .interrupted)
            #expect(try await session.rows("SELECT 1") == "1")
        }
    }

    @Test("sessions of one engine read different versions side by side, and can be closed")
    func sessions() async throws {
        try await withLake { world in
            let engine = try await QueryEngine(world.lake)
            let sql = "SELECT count(id) FROM silver.orders"
            let counts = try await withThrowingTaskGroup(of: String.self) { group in
                for version in Int64(1)...4 {
                    let session = try engine.session()
                    group.addTask {
                        var last = ""
                        for _ in 0..<5 { last = try await session.rows(sql, at: .version(version)) }
                        try await session.close()
                        return "\(version):\(last)"
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            #expect(counts == ["1:4", "2:4", "3:8", "4:7"])
        }
    }

    @Test("statements of one session wait for each other")
    func order() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for version in Int64(1)...4 {
                    group.addTask {
                        let expected = version < 3 ? "4" : version == 3 ? "8" : "7"
                        let rows = try await session.rows("SELECT count(id) FROM silver.orders", at: .version(version))
                        #expect(rows == expected)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a result is written as a Parquet file, in the output folder alone")
    func export() async throws {
        try await withLake { world in
            let output = "\(world.folder)/output"
            try makeFolder(output)
            let session = try await QuerySession.open(world.lake, outputFolders: [output])
            let sql = "SELECT id, amount FROM silver.orders"
            #expect(try await session.export(sql, to: "\(output)/it's.parquet", as: .system).rowCount == 7)
            #expect(try parquetFiles(below: output).count == 1)
            let refused = await #expect(throws: TarnError.self) {
                try await session.export(sql, to: "\(world.folder)/elsewhere.parquet", as: .system)
            }
            #expect(refused?.code == .queryForbidden)
        }
    }

    @Test("a Parquet file has no more rows than the limit, and the answer says whether there were more")
    func exportLimit() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(
                world.lake,
                limits: QueryLimits(rowsMax: 5),
                outputFolders: [world.folder]
            )
            let path = "\(world.folder)/out.parquet"
            for (rows, kept) in [(4, 4), (5, 5), (6, 5), (5000, 5)] {
                let sql = "SELECT i, i AS i FROM range(\(rows)) AS t(i) ORDER BY i DESC -- the last"
                let answer = try await session.export(sql, to: path, as: .system)
                #expect(answer.rowCount == kept && answer.isCut == (rows > 5))
                let engine = try Engine(EngineConfiguration(memoryLimitBytes: 200 << 20, threads: 1)).connect()
                let read = try await engine.query("SELECT count(*), max(i) FROM read_parquet('\(path)')")
                let values = read.batches[0].columns.map { ValueText.text($0, 0) }
                #expect(values == [String(kept), String(rows - 1)])
            }
        }
    }

    @Test("a data file that is damaged is named by its key, and by nothing else")
    func damagedFile() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            for path in try parquetFiles(below: world.folder) { try overwrite(path) }
            let error = try #require(await session.failure("SELECT sum(id) FROM silver.items"))
            #expect(error.code == .corruptData, "\(error)")
            #expect(error.detail.first?.value.hasPrefix("silver/items-") == true, "\(error)")
            #expect(!error.description.contains(world.folder))
            let made = await session.failure("SELECT error('File ''\(SmallLake.secret).parquet'' too small to be')")
            #expect(made?.description.contains(SmallLake.secret) == false)
        }
    }

    @Test("a query that runs out of memory names the limit")
    func memory() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake, limits: QueryLimits(memoryBytes: 24 << 20))
            let error = await session.failure("SELECT count(DISTINCT i) FROM range(20000000) AS t(i)")
            #expect(error?.code == .queryLimit)
            #expect(error?.detail.map(\.value) == ["limits.memory"])
        }
    }

    @Test("rows are written as they come")
    func write() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            let sink = Sink()
            let answer = try await session.write(
                "SELECT id, \"day\" FROM silver.orders WHERE id < 4 ORDER BY id",
                as: .csv,
                for: .system
            ) { sink.append($0) }
            #expect(sink.text == "id,day\r\n1,2024-10-05\r\n3,2024-10-07\r\n")
            #expect(answer.rowCount == 2 && answer.version == 4)
        }
    }
}
