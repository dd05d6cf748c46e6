import Base
import Lake
import Query
import TestKit
import Testing

@Suite struct WriteTests {
    private func withSession(_ body: (SmallLake, QuerySession) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let world = try await SmallLake(folder, owner: .open)
            try await body(world, try await QuerySession.open(world.lake, allowsWrites: true))
        }
    }

    @Test("tables are made, filled, emptied in part and dropped, each in one commit of a person")
    func tables() async throws {
        try await withSession { (world, session) async throws in
            let made = "CREATE TABLE gold.big AS SELECT id, amount, note FROM silver.orders WHERE id > 3 ORDER BY id;"
            #expect(try await session.rows(made) == "5|5")
            #expect(try await session.rows("SELECT id, amount FROM gold.big") == "4|6.00 5|7.50 6|9.00 7|10.50 8|12.00")
            #expect(try await session.rows("INSERT INTO gold.big VALUES (20, 1.5, 'new'), (21, NULL, NULL)") == "6|2")
            #expect(
                try await session.rows("insert into gold.big (note, id) select 'x', id from silver.orders where id = 1")
                    == "7|1"
            )
            #expect(
                try await session.rows("INSERT INTO gold.big SELECT id, amount, note FROM gold.big WHERE false")
                    == "7|0"
            )
            #expect(
                try await session.rows(
                    "DELETE FROM gold.big WHERE amount > 8 OR id IN (SELECT order_id FROM silver.items)"
                ) == "8|5"
            )
            #expect(
                try await session.rows("SELECT id, note FROM gold.big ORDER BY id") == "5|cell-value-5f2c 5 20|new 21|-"
            )
            #expect(try await session.rows("DELETE FROM gold.big WHERE id = 21") == "9|1")
            #expect(try await session.rows("SELECT count(*) FROM gold.big") == "2")
            #expect(try await session.rows("DELETE FROM gold.big") == "10|2")
            #expect(try await session.rows("SELECT count(*) FROM gold.big") == "0")
            #expect(try await session.rows("SELECT count(*) FROM gold.big AT (VERSION => 7)") == "8")
            #expect(try await session.rows("DROP TABLE gold.big") == "11")
            let commit = try await world.lake.records(limit: 1)[0].commits[0]
            #expect(commit.cause == "sql" && commit.author == "system" && commit.message == "Drop gold.big")
        }
    }

    @Test("a branch is made, written, looked at and published by statements alone")
    func branches() async throws {
        try await withSession { (world, session) async throws in
            #expect(try await session.rows("CREATE TABLE gold.t AS SELECT 1 AS id, 'a' AS v") == "5|1")
            #expect(try await session.rows("CREATE BRANCH x") == "6")
            #expect(try await session.rows("CREATE BRANCH \"old-one\" AT (VERSION => 2)") == "7")
            #expect(try await session.rows("CREATE TAG t AT (VERSION => 5)") == "8")
            #expect(try await session.rows("INSERT INTO gold.t AT (BRANCH => 'x') VALUES (2, 'b')") == "9|1")
            #expect(try await session.rows("CREATE TABLE gold.u AS SELECT 7 AS id", at: .branch("x")) == "10|1")
            #expect(try await session.rows("DELETE FROM gold.t AT (BRANCH => 'x') WHERE v = 'a'") == "11|1")
            #expect(try await session.rows("FROM gold.t") == "1|a")
            #expect(try await session.rows("FROM gold.t AT (BRANCH => 'x')") == "2|b")
            #expect(try await session.rows("SHOW BRANCHES") == "old-one|2|7|0|system x|5|11|2|system")
            #expect(try await session.rows("SHOW TAGS") == "t|5")
            #expect(try await session.rows("PUBLISH BRANCH x TABLE gold.t") == "12")
            #expect(try await session.rows("FROM gold.t") == "2|b")
            #expect(try await session.rows("PUBLISH BRANCH x") == "13")
            #expect(try await session.rows("FROM gold.u") == "7")
            #expect(try await session.rows("DROP BRANCH \"old-one\"") == "14")
            #expect(try await session.rows("DROP TAG t") == "15")
            #expect(try await session.rows("SHOW BRANCHES").isEmpty)
            #expect(try await world.lake.refresh().branches.isEmpty)
        }
    }

    @Test("a changed row is found by its key, with what it was")
    func changedRow() async throws {
        try await withSession { (world, session) async throws in
            _ = try await session.rows("CREATE TABLE gold.t AS SELECT i AS id, i * 10 AS v FROM range(5) AS r(i)")
            _ = try await session.rows("DELETE FROM gold.t WHERE id = 3")
            _ = try await session.rows("INSERT INTO gold.t VALUES (3, 31), (9, 90)")
            let name = TableName(namespace: "gold", name: "t")
            let pair = TablePair(
                name: name,
                old: try await world.lake.state(at: .version(5)).tables[name],
                new: try await world.lake.refresh().tables[name]
            )
            let summary = try await session.summary(of: pair, key: ["id"], as: .system)
            #expect((summary.added, summary.removed, summary.changed) == (1, 0, 1))
            let rows = try await session.rows(of: pair, key: ["id"], rowsMax: 9, as: .system)
            #expect(rows.lines == ["~ 3>3", "+ >9"])
            let whole = try await session.summary(of: pair, as: .system)
            #expect((whole.added, whole.removed, whole.changed) == (2, 1, 0))
            let repeated = await #expect(throws: TarnError.self) {
                _ = try await session.rows("INSERT INTO gold.t VALUES (3, 0)")
                let again = TablePair(name: name, old: pair.old, new: try await world.lake.refresh().tables[name])
                _ = try await session.rows(of: again, key: ["id"], rowsMax: 9, as: .system)
            }
            #expect(repeated?.code == .queryInvalid)
        }
    }

    @Test(
        "what cannot be written is refused, and nothing is committed",
        arguments: [
            ("INSERT INTO gold.nothing VALUES (1)", ErrorCode.tableMissing),
            ("INSERT INTO silver.items VALUES (1)", .queryInvalid), ("INSERT INTO silver.items", .queryInvalid),
            ("INSERT INTO silver.items (id, nothing) VALUES (1, 2)", .queryInvalid),
            ("INSERT INTO silver.orders (amount) VALUES (1)", .queryInvalid),
            ("INSERT INTO silver.orders (id, amount) VALUES (NULL, 1)", .valueUnrepresentable),
            ("CREATE TABLE silver.items AS SELECT 1 AS id", .tableExists),
            ("CREATE TABLE gold.t AS SELECT 1 AS id, 2 AS ID", .queryInvalid),
            ("CREATE TABLE gold.t AT (BRANCH => 'none') AS SELECT 1 AS id", .referenceMissing),
            ("CREATE TABLE gold.t AT (VERSION => 1) AS SELECT 1 AS id", .queryInvalid),
            ("CREATE TABLE t AS SELECT 1 AS id", .queryInvalid), ("CREATE TABLE gold.t (id INT)", .queryInvalid),
            ("CREATE TABLE gold.t AS FROM '/etc/passwd'", .queryForbidden),
            ("CREATE TABLE gold.t AS SELECT * FROM read_csv('/etc/passwd')", .queryForbidden),
            ("INSERT INTO silver.items SELECT 1, getenv('HOME')", .queryForbidden),
            ("DELETE FROM silver.items WHERE id = getenv('HOME')", .queryForbidden),
            ("DELETE FROM silver.items WHERE id = 1 ORDER BY id", .queryInvalid),
            ("DELETE FROM silver.items WHERE id = 1 UNION ALL FROM silver.items", .queryInvalid),
            ("DELETE FROM silver.items, silver.orders", .queryInvalid),
            ("DELETE FROM silver.items WHERE nothing = 1", .queryInvalid),
            ("CREATE BRANCH main", .queryInvalid), ("CREATE BRANCH x y", .queryInvalid),
            ("PUBLISH BRANCH x", .referenceMissing), ("DROP TAG x", .referenceMissing),
            ("UPDATE silver.items SET id = 1", .queryForbidden), ("ATTACH 'x.db'", .queryForbidden),
            ("COPY silver.items TO '/tmp/x'", .queryForbidden), ("CREATE VIEW gold.t AS SELECT 1", .queryForbidden),
            ("SET memory_limit = '1GB'", .queryForbidden), ("DROP TABLE gold.nothing", .tableMissing),
        ]
    )
    func refused(sql: String, code: ErrorCode) async throws {
        try await withSession { (world, session) async throws in
            let error = await session.failure(sql)
            #expect(error?.code == code, "\(error.map(\.description) ?? "none")")
            #expect(try await world.lake.refresh().version == 4)
        }
    }

    @Test("mirrors are not written, and a session that only reads refuses every change")
    func permissions() async throws {
        try await withSession { (world, session) async throws in
            let reading = try await QuerySession.open(world.lake)
            for sql in [
                "CREATE TABLE gold.t AS SELECT 1 AS id", "INSERT INTO silver.items VALUES (1, 2)",
                "DELETE FROM silver.items",
                "DROP TABLE silver.items", "CREATE BRANCH x", "PUBLISH BRANCH x", "DROP BRANCH x", "CREATE TAG x",
            ] {
                #expect(await reading.failure(sql)?.code == .queryForbidden, "\(sql)")
            }
            #expect(try await reading.rows("SHOW BRANCHES").isEmpty)
            let error = await session.failure("CREATE TABLE gold.t AS SELECT 1 AS id", at: .version(2))
            #expect(error?.code == .queryForbidden)
            #expect(try await world.lake.refresh().version == 4)
        }
    }
}
