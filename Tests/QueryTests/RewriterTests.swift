import Base
import Engine
import Query
import Testing

@Suite struct RewriterTests {
    /// Statements with the rows they must give.
    static let reading: [(sql: String, rows: String)] = [
        ("SELECT 1", "1"),
        ("SELECT count(*) FROM silver.orders", "10"),
        ("select COUNT(*) from SILVER.ORDERS", "10"),
        ("SELECT count(*) FROM \"silver\".\"orders\"", "10"),
        ("SELECT orders.id FROM silver.orders LIMIT 1", "1"),
        ("SELECT silver.orders.id FROM silver.orders LIMIT 1", "1"),
        ("SELECT o.id FROM silver.orders AS o LIMIT 1", "1"),
        ("SELECT b.x FROM silver.orders AS b(x, y) LIMIT 1", "1"),
        ("FROM silver.orders SELECT max(amount)", "100"),
        ("TABLE silver.\"Mixed Case\"", "1"),
        ("SELECT \"Some Column\" FROM silver.\"mixed case\"", "1"),
        ("SELECT \"mixed case\".\"some column\" FROM silver.\"Mixed Case\"", "1"),
        (
            "SELECT silver.orders.id + bronze.orders.id FROM silver.orders JOIN bronze.orders USING (id) ORDER BY 1",
            "2 4"
        ),
        ("SELECT s.id, b.op FROM silver.orders s, bronze.orders b WHERE s.id = b.id ORDER BY 1", "1|raw 2|raw"),
        ("SELECT count(*) FROM silver.orders JOIN silver.items ON orders.id = items.order_id", "20"),
        ("SELECT count(*) FROM silver.orders NATURAL JOIN silver.items", "10"),
        ("SELECT count(*) FROM silver.orders a LEFT JOIN silver.orders b ON a.id = b.id + 5", "10"),
        ("SELECT count(*) FROM silver.orders SEMI JOIN silver.items ON orders.id = order_id", "5"),
        ("SELECT count(*) FROM silver.orders POSITIONAL JOIN silver.items", "20"),
        ("SELECT a.id, b.id FROM silver.orders a ASOF JOIN silver.items b ON a.id >= b.id ORDER BY 1 LIMIT 1", "1|1"),
        // Common table expressions and their scope.
        ("WITH o AS (SELECT * FROM silver.orders) SELECT count(*) FROM o", "10"),
        ("WITH orders AS (SELECT 7 AS x) SELECT * FROM orders", "7"),
        ("WITH orders AS (SELECT 7 AS x) SELECT count(*) FROM orders, silver.orders s", "10"),
        ("WITH orders AS (SELECT id FROM silver.orders) SELECT max(ORDERS.ID) FROM Orders", "10"),
        ("WITH a AS (SELECT 1 x), b AS (SELECT x + 1 AS y FROM a) SELECT * FROM a, b", "1|2"),
        ("WITH a AS (SELECT 1 x) SELECT * FROM (WITH a AS (SELECT x + 1 AS x FROM a) SELECT * FROM a)", "2"),
        ("WITH a AS (SELECT 1 x) SELECT (SELECT max(x) FROM a) FROM silver.items LIMIT 1", "1"),
        ("WITH a AS MATERIALIZED (SELECT id FROM silver.orders) SELECT count(*) FROM a", "10"),
        ("WITH a(n) AS (SELECT count(*) FROM silver.orders) SELECT n FROM a UNION ALL SELECT n + 1 FROM a", "10 11"),
        ("WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT sum(n) FROM r", "10"),
        (
            "WITH RECURSIVE r AS (SELECT min(id) n FROM silver.orders UNION SELECT o.id FROM silver.orders o, r "
                + "WHERE o.id = r.n + 1) SELECT count(*) FROM r", "10"
        ),
        // Subqueries everywhere.
        ("SELECT count(*) FROM (SELECT * FROM silver.orders WHERE id > 5) AS s", "5"),
        ("SELECT count(*) FROM silver.orders WHERE id IN (SELECT order_id FROM silver.items)", "5"),
        (
            "SELECT count(*) FROM silver.orders o WHERE EXISTS (SELECT 1 FROM silver.items i WHERE i.order_id = o.id)",
            "5"
        ),
        (
            "SELECT (SELECT count(*) FROM silver.items WHERE order_id = orders.id) FROM silver.orders ORDER BY id LIMIT 1",
            "4"
        ),
        (
            "SELECT count(*) FROM silver.orders o, LATERAL (SELECT * FROM silver.items i WHERE i.order_id = o.id) l",
            "20"
        ),
        ("SELECT id FROM silver.orders ORDER BY (SELECT max(id) FROM silver.items) - id LIMIT 1", "10"),
        ("SELECT count(*) FROM silver.orders LIMIT (SELECT 1)", "10"),
        ("SELECT CASE WHEN id > ALL (SELECT 9) THEN 'y' ELSE 'n' END FROM silver.orders ORDER BY id DESC LIMIT 1", "y"),
        // Set operations, grouping, windows.
        ("SELECT id FROM silver.orders INTERSECT SELECT id FROM bronze.orders ORDER BY 1", "1 2"),
        ("SELECT id FROM bronze.orders EXCEPT SELECT id FROM silver.orders", "0"),
        ("SELECT 1 AS a UNION BY NAME SELECT 2 AS b ORDER BY ALL", "1|- -|2"),
        ("SELECT customer, count(*) FROM silver.orders GROUP BY ALL ORDER BY 1", "c0|3 c1|4 c2|3"),
        ("SELECT customer, sum(amount) FROM silver.orders GROUP BY ROLLUP (customer) ORDER BY 2 DESC LIMIT 1", "-|550"),
        ("SELECT customer FROM silver.orders GROUP BY 1 HAVING count(*) > (SELECT 3)", "c1"),
        ("SELECT sum(amount) OVER (ORDER BY id) FROM silver.orders QUALIFY row_number() OVER (ORDER BY id) = 2", "30"),
        ("SELECT DISTINCT ON (customer) customer FROM silver.orders ORDER BY customer, id", "c0 c1 c2"),
        ("SELECT count(*) FILTER (WHERE amount > 50) FROM silver.orders", "5"),
        ("SELECT list_transform([1, 2], lambda x: x + 1)", "[2,3]"),
        ("SELECT max(COLUMNS('^a')) FROM silver.orders", "100"),
        ("SELECT * EXCLUDE (amount, customer) REPLACE (id + 1 AS id) FROM silver.orders LIMIT 1", "2"),
        ("SELECT sum(c1) FROM (PIVOT silver.orders ON customer IN ('c0', 'c1') USING count(*) GROUP BY id)", "4"),
        ("SELECT c1 FROM (SELECT customer, 1 AS n FROM silver.orders) PIVOT (sum(n) FOR customer IN ('c1'))", "4"),
        ("UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b", "a|1 b|2"),
        ("SELECT count(*) > 0 FROM silver.orders TABLESAMPLE reservoir(5 ROWS)", "true"),
        ("VALUES (1, 'a'), (2, 'b')", "1|a 2|b"),
        ("SELECT sum(i) FROM range(4) AS t(i)", "6"),
        ("SELECT * FROM generate_series(1, (SELECT max(id) FROM bronze.orders))", "1 2"),
        ("SELECT unnest([1, 2])", "1 2"),
        ("SELECT key FROM json_each('{\"a\": 1}')", "a"),
        ("SELECT INTERVAL '1 day' + DATE '2026-01-01'", "2026-01-02 00:00:00"),
        ("SELECT 'read_csv(''x'')' /* COPY */ -- ATTACH", "read_csv('x')"),
        // Versions.
        ("SELECT count(*) FROM silver.orders AT (VERSION => 4)", "4"),
        ("SELECT count(*) FROM silver.orders AT (VERSION => 5)", "10"),
        ("SELECT count(*) FROM silver.orders n JOIN silver.orders t AT (VERSION => 4) USING (id)", "4"),
        (
            "SELECT n.id FROM silver.orders n ANTI JOIN silver.orders t AT (VERSION => 4) USING (id) ORDER BY 1 LIMIT 1",
            "5"
        ),
        ("SELECT count(*) FROM silver.orders AT (TIMESTAMP => '2025-06-01')", "4"),
        ("SELECT count(*) FROM silver.orders AT (TIMESTAMP => TIMESTAMP '2025-06-01 10:00:00')", "4"),
        ("SELECT count(*) FROM silver.orders AT (TIMESTAMP => DATE '2025-06-01' + INTERVAL '2 hours')", "4"),
        ("SELECT count(*) FROM silver.orders AT (TIMESTAMP => now() - INTERVAL '40 years')", "4"),
        ("SELECT count(*) FROM silver.orders AT (TIMESTAMP => current_timestamp + INTERVAL '2 years')", "10"),
        ("WITH t AS (SELECT * FROM silver.orders AT (VERSION => 4)) SELECT count(*) FROM t", "4"),
        // Showing.
        ("SHOW TABLES", "bronze|orders silver|Mixed Case silver|items silver|orders"),
        ("SHOW TABLES FROM bronze", "bronze|orders"),
        ("SHOW TABLES FROM nothing", ""),
        ("SELECT column_name FROM (DESCRIBE silver.items)", "id order_id"),
        ("SELECT column_name, max FROM (SUMMARIZE silver.orders) LIMIT 2", "id|10 amount|100"),
    ]

    @Test("reading statements give the rows that the tables have")
    func reads() async throws {
        let world = try await SmallWorld()
        for (sql, rows) in Self.reading {
            do {
                let answer = try await world.answer(sql)
                #expect(answer == rows, "\(sql)")
            } catch {
                Issue.record("\(sql)\n\(error)")
            }
        }
    }

    @Test("DESCRIBE and SUMMARIZE show a table's columns")
    func describes() async throws {
        let world = try await SmallWorld()
        #expect(try await world.answer("DESCRIBE silver.items").hasPrefix("id|BIGINT|YES|-|-|- order_id|BIGINT"))
        #expect(try await world.answer("DESCRIBE SELECT 1 AS one").hasPrefix("one|INTEGER"))
        #expect(try await world.answer("SUMMARIZE silver.items").hasPrefix("id|BIGINT|0|19|"))
    }

    /// Statements that must be refused, and as what.
    static let refused: [(sql: String, code: ErrorCode)] = [
        ("INSERT INTO silver.orders VALUES (1)", .queryForbidden),
        ("UPDATE silver.orders SET id = 1", .queryForbidden),
        ("DELETE FROM silver.orders", .queryForbidden),
        ("CREATE TABLE x AS SELECT 1", .queryForbidden),
        ("CREATE MACRO f() AS TABLE SELECT 1", .queryForbidden),
        ("DROP TABLE silver.orders", .queryForbidden),
        ("COPY silver.orders TO 'x.csv'", .queryForbidden),
        ("COPY (SELECT 1) TO '/dev/stdout'", .queryForbidden),
        ("ATTACH 'x.db'", .queryForbidden),
        ("DETACH late", .queryForbidden),
        ("USE late", .queryForbidden),
        ("SET threads = 1", .queryForbidden),
        ("SET VARIABLE x = 1", .queryForbidden),
        ("RESET threads", .queryForbidden),
        ("PRAGMA database_list", .queryForbidden),
        ("PRAGMA enable_profiling", .queryForbidden),
        ("CALL duckdb_settings()", .queryForbidden),
        ("LOAD httpfs", .queryForbidden),
        ("INSTALL httpfs", .queryForbidden),
        ("EXPORT DATABASE 'x'", .queryForbidden),
        ("CHECKPOINT", .queryForbidden),
        ("BEGIN", .queryForbidden),
        ("PREPARE p AS SELECT 1", .queryForbidden),
        ("EXECUTE p", .queryForbidden),
        ("CREATE SECRET s (TYPE s3)", .queryForbidden),
        ("EXPLAIN INSERT INTO silver.orders VALUES (1)", .queryForbidden),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO 'x'", .queryForbidden),
        ("EXPLAIN (FORMAT json) SELECT 1", .queryForbidden),
        ("WITH x AS (SELECT 1) INSERT INTO silver.orders SELECT * FROM x", .queryForbidden),
        ("SELECT 1; SELECT 2", .queryForbidden),
        ("SELECT 1; DROP TABLE silver.orders", .queryForbidden),
        ("SELECT * FROM read_csv('x.csv')", .queryForbidden),
        ("SELECT * FROM READ_CSV_AUTO('x.csv')", .queryForbidden),
        ("SELECT * FROM read_parquet('x')", .queryForbidden),
        ("SELECT * FROM parquet_scan('x')", .queryForbidden),
        ("SELECT * FROM \"read_text\"('/etc/passwd')", .queryForbidden),
        ("SELECT * FROM main.read_blob('x')", .queryForbidden),
        ("SELECT * FROM glob('*')", .queryForbidden),
        ("SELECT * FROM query('SELECT 1')", .queryForbidden),
        ("SELECT * FROM query_table('orders')", .queryForbidden),
        ("SELECT * FROM iceberg_scan('x')", .queryForbidden),
        ("SELECT * FROM duckdb_settings()", .queryForbidden),
        ("SELECT * FROM duckdb_views()", .queryForbidden),
        ("SELECT * FROM pragma_table_info('x')", .queryForbidden),
        ("SELECT * FROM seq_scan('x')", .queryForbidden),
        ("SELECT * FROM sniff_csv('x')", .queryForbidden),
        ("SELECT * FROM which_secret('x', 's3')", .queryForbidden),
        ("SELECT * FROM histogram_values('x', y)", .queryForbidden),
        ("SELECT * FROM tarn_rows(1)", .queryForbidden),
        ("SELECT * FROM json_execute_serialized_sql('{}')", .queryForbidden),
        ("SELECT * FROM range((SELECT max(i) FROM read_csv('x') AS t(i)))", .queryForbidden),
        ("SELECT * FROM 'x.parquet'", .queryForbidden),
        ("SELECT * FROM \"/etc/passwd\"", .queryForbidden),
        ("SELECT * FROM '*.csv' AS t", .queryForbidden),
        ("SELECT getenv('HOME')", .queryForbidden),
        ("SELECT current_setting('temp_directory')", .queryForbidden),
        ("SELECT GetVariable('x')", .queryForbidden),
        ("SELECT json_serialize_plan('SELECT * FROM read_csv(''x'')')", .queryForbidden),
        ("SELECT pg_get_viewdef(1)", .queryForbidden),
        ("SELECT current_query()", .queryForbidden),
        ("SELECT stats(id) FROM silver.orders", .queryForbidden),
        ("SELECT sleep_ms(1)", .queryForbidden),
        ("SELECT id FROM silver.orders WHERE id = (SELECT max(x) FROM query('SELECT 1') AS t(x))", .queryForbidden),
        ("SELECT id FROM silver.orders ORDER BY getenv('x')", .queryForbidden),
        ("WITH a AS (SELECT * FROM read_text('x')) SELECT 1", .queryForbidden),
        ("SHOW DATABASES", .queryForbidden),
        ("SELECT * FROM silver.none", .tableMissing),
        ("SELECT * FROM orders", .tableMissing),
        ("SELECT * FROM late.silver.orders", .tableMissing),
        ("SELECT * FROM information_schema.tables", .tableMissing),
        ("SELECT * FROM pg_catalog.pg_views", .tableMissing),
        ("SELECT * FROM sqlite_master", .tableMissing),
        ("DESCRIBE silver.none", .tableMissing),
        // Common table expressions that are not in scope here.
        ("WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", .tableMissing),
        ("WITH a AS (SELECT * FROM a) SELECT * FROM a", .tableMissing),
        ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a), a", .tableMissing),
        ("WITH RECURSIVE r AS (SELECT * FROM r UNION SELECT 1) SELECT * FROM r", .tableMissing),
        ("WITH a AS (SELECT 1) SELECT * FROM silver.a", .tableMissing),
        ("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM recurring.a", .tableMissing),
        // Names that would reach the engine's own catalog or a file, were they taken for these expressions.
        ("WITH \"main.duckdb_views\" AS (SELECT 1) SELECT sql FROM main.duckdb_views, silver.orders", .queryForbidden),
        ("WITH \"/x/y.json\" AS (SELECT 1) SELECT * FROM \"/x/y\".json", .queryForbidden),
        ("WITH \"pg_catalog.pg_views\" AS (SELECT 1) SELECT * FROM pg_catalog.pg_views", .queryForbidden),
        ("WITH DuckDB_Views AS (SELECT 1) SELECT * FROM duckdb_views", .queryForbidden),
        ("WITH RECURSIVE pg_views AS (SELECT 1 UNION SELECT * FROM pg_views) SELECT * FROM pg_views", .queryForbidden),
        ("WITH \"du\u{212A}db_views\" AS (SELECT 1) SELECT sql FROM duckdb_views, silver.orders", .tableMissing),
        ("WITH \"e\u{301}\" AS (SELECT 1) SELECT * FROM \"\u{E9}\"", .tableMissing),
        ("WITH a AS (SELECT 1) SELECT * FROM a AT (VERSION => 1)", .queryInvalid),
        ("SELECT * FROM silver.orders AT (VERSION => 'x')", .queryInvalid),
        ("SELECT * FROM silver.orders AT (VERSION => (SELECT 1))", .queryInvalid),
        ("SELECT * FROM silver.orders AT (VERSION => 1.0)", .queryInvalid),
        ("SELECT * FROM silver.orders AT (VERSION => 0.4)", .queryInvalid),
        ("SELECT * FROM silver.orders AT (VERSION => 99999999999999999999)", .queryInvalid),
        ("SELECT * FROM silver.orders AT (TIMESTAMP => 'infinity')", .queryInvalid),
        ("SELECT * FROM silver.orders AT (TIMESTAMP => '-infinity')", .queryInvalid),
        ("SELECT * FROM silver.orders AT (TIMESTAMP => 'never')", .queryInvalid),
        ("SELECT * FROM silver.orders AT (TIMESTAMP => (SELECT now()))", .queryInvalid),
        ("SELECT * FROM silver.orders AT (TIMESTAMP => NULL)", .queryInvalid),
        ("SELECT * FROM silver.orders AT (TIMESTAMP => current_setting('x'))", .queryInvalid),
        ("SELECT * FROM silver.orders AT (BRANCH => 7)", .queryInvalid),
        ("PIVOT silver.orders ON customer", .queryInvalid),
        ("SELECT * FROM (PIVOT silver.orders ON customer USING count(*))", .queryInvalid),
        ("SELECT 1\0 FROM silver.none", .queryInvalid),
        ("", .queryInvalid),
        (" ; -- nothing", .queryInvalid),
        ("EXPLAIN", .queryInvalid),
        ("SELEC 1", .queryInvalid),
        ("SELECT 'open", .queryInvalid),
    ]

    @Test("what does not read the lake is refused, with a reason and no way around", arguments: refused)
    func refuses(_ sql: String, _ code: ErrorCode) async throws {
        let failure = try await Self.world.value().failure(sql)
        #expect(failure?.code == code, "\(failure?.description ?? "was not refused")")
    }

    @Test("an error names its line and column")
    func places() async throws {
        let world = try await SmallWorld()
        let syntax = await world.failure("SELECT 'ü'\nFROM silver.orders WHERE ) 1")
        #expect(syntax?.detail.map(\.value) == ["2", "26"])
        let table = await world.failure("EXPLAIN\nSELECT ü FROM\n  silver.ordes")
        #expect(table?.detail.map(\.value) == ["silver.ordes", "silver.orders", "3", "10"])
        let function = await world.failure("SELECT 'ü',\n  getenv('HOME')")
        #expect(function?.detail.map(\.value) == ["getenv", "2", "3"])
    }

    @Test("a table that is missing is answered with its nearest names")
    func suggests() async throws {
        let world = try await SmallWorld()
        func near(_ sql: String) async -> String? {
            await world.failure(sql)?.detail.first { $0.key == "did you mean" }?.value
        }
        #expect(await near("FROM orders") == "bronze.orders, silver.orders")
        #expect(await near("FROM silver.itms") == "silver.items")
        #expect(await near("FROM something.else_entirely") == nil)
    }

    @Test("names that differ by case alone must be written exactly")
    func ambiguousCase() throws {
        let names = TableNames([TableName(namespace: "a", name: "T"), TableName(namespace: "a", name: "t")])
        #expect(try names.find(TableReference(namespace: "a", name: "t")).name == "t")
        #expect(throws: TarnError.self) { try names.find(TableReference(namespace: "A", name: "t")) }
    }

    @Test("EXPLAIN keeps its form around the rewritten query")
    func explains() async throws {
        let world = try await SmallWorld()
        #expect(try await world.rewrite("EXPLAIN SELECT * FROM silver.orders").sql.hasPrefix("EXPLAIN SELECT"))
        #expect(try await world.rewrite("/* a */ explain analyze FROM silver.orders").sql.hasPrefix("EXPLAIN ANALYZE "))
        #expect(try await world.rewrite("EXPLAIN (SELECT 1)").sql.hasPrefix("EXPLAIN "))
    }

    @Test("a table that is read twice is asked for once, and once more for another version")
    func references() async throws {
        let world = try await SmallWorld()
        let sql = "FROM silver.orders a, silver.orders b, silver.orders c AT (VERSION => 4), bronze.orders"
        let tables = try await world.rewrite(sql).tables
        #expect(tables.map(\.description) == ["silver.orders", "silver.orders", "bronze.orders"])
    }

    @Test("a statement nested too deep is refused and ends nothing")
    func deep() async throws {
        let world = try await SmallWorld()
        let parentheses = String(repeating: "(SELECT ", count: 400) + "1" + String(repeating: ")", count: 400)
        #expect(await world.failure("SELECT \(parentheses)")?.code == .queryInvalid)
        #expect(try await world.answer("SELECT \(String(repeating: "1 + ", count: 100)) 1") == "101")
    }

    private static let world = SharedWorld()
}

/// One world for all the statements that never run.
private actor SharedWorld {
    private var world: SmallWorld?

    func value() async throws -> SmallWorld {
        if let world { return world }
        let made = try await SmallWorld()
        world = made
        return made
    }
}
