import Base
import Lake
import Landing
import Testing

@testable import PostgresSource

@Suite(.enabled(if: Road.isAvailable, "TARN_TEST_POSTGRES names no server"))
struct RoadTests {
    private static let accounts = """
        CREATE TABLE accounts (id bigint PRIMARY KEY, owner text NOT NULL, balance numeric(12,2) NOT NULL, note text);
        ALTER TABLE accounts ALTER COLUMN note SET STORAGE EXTERNAL;
        CREATE TABLE transfers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit bigint, credit bigint,
            amount numeric(12,2), at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE visits (at timestamptz NOT NULL, page text);
        ALTER TABLE visits REPLICA IDENTITY FULL;
        INSERT INTO accounts SELECT i, 'owner ' || i, 100, repeat('n', 3000) FROM generate_series(1, 500) i;
        INSERT INTO visits SELECT now(), 'page ' || i FROM generate_series(1, 50) i;
        """
    private static let columns = ["id", "owner", "balance", "note"]
    private let silverAccounts = TableName(namespace: "silver", name: "accounts")
    private let bronzeAccounts = TableName(namespace: "bronze", name: "accounts")

    @Test("a snapshot under load and the log behind it give what the source holds")
    func underLoad() async throws {
        try await Road.with("load", Self.accounts) { road in
            try await road.following {
                for round in 0..<60 { try await transfer(road, round) }
            }
            try await expectEqual(road)
            let visits = TableName(namespace: "bronze", name: "visits")
            #expect(try await road.lakeRows(visits, ["op"]).count == 50)
            #expect(try await road.lake.refresh().tables[TableName(namespace: "silver", name: "visits")] == nil)
        }
    }

    @Test("no version of the lake shows half a transaction")
    func atomic() async throws {
        try await Road.with("atomic", Self.accounts) { road in
            try await road.following {
                for round in 0..<40 { try await transfer(road, round) }
            }
            let newest = try await road.lake.refresh().version
            for version in 1...newest {
                let balances = try await road.lakeRows(silverAccounts, ["sum(balance)"], at: .version(version))
                #expect(balances == [["50000.00"]], "version \(version)")
            }
        }
    }

    @Test("a restart goes on where the lake ends, without gap or double")
    func restart() async throws {
        try await Road.with("restart", Self.accounts) { road in
            try await road.following {}
            for round in 0..<10 { try await transfer(road, round) }
            try await road.following { for round in 10..<15 { try await transfer(road, round) } }
            try await expectEqual(road)
            let updates = try await road.lakeRows(bronzeAccounts, ["op"]).filter { $0 == ["u"] }
            #expect(updates.count == 15 * 4)
        }
    }

    @Test("keys that change, truncates and re-inserts within one transaction end as the source does")
    func keysAndTruncate() async throws {
        try await Road.with("keys", Self.accounts) { road in
            try await road.following {
                try await road.database.execute(
                    """
                    BEGIN; UPDATE accounts SET id = id + 10000 WHERE id <= 50;
                    DELETE FROM accounts WHERE id BETWEEN 60 AND 70;
                    INSERT INTO accounts VALUES (65, 'again', 1, NULL); UPDATE accounts SET owner = 'x' WHERE id = 65;
                    COMMIT
                    """
                )
                try await road.database.execute("UPDATE accounts SET balance = balance + 1 WHERE id > 10000")
            }
            try await expectEqual(road)
            try await road.following {
                try await road.database.execute(
                    "BEGIN; TRUNCATE accounts; INSERT INTO accounts VALUES (1, 'new', 5, 'n'); COMMIT"
                )
            }
            try await expectEqual(road)
            try await road.following { try await road.database.execute("TRUNCATE accounts") }
            try await expectEqual(road)
        }
    }

    @Test("an added column is followed; a dropped one stops its table alone")
    func schemaChanges() async throws {
        try await Road.with("schema", Self.accounts) { road in
            try await road.following {
                try await transfer(road, 1)
                try await road.database.execute("ALTER TABLE accounts ADD COLUMN city text")
                try await road.database.execute("UPDATE accounts SET city = 'Bern' WHERE id < 20")
            }
            try await expectEqual(road, columns: Self.columns + ["city"])
            try await road.following {
                try await road.database.execute("ALTER TABLE transfers DROP COLUMN amount")
                try await road.database.execute("INSERT INTO transfers (debit, credit) VALUES (1, 2)")
                try await road.database.execute("UPDATE accounts SET city = 'Chur' WHERE id < 10")
            }
            try await expectEqual(road, columns: Self.columns + ["city"])
            let stopped = road.landing.status.tables.filter { $0.stopped != nil }.map(\.source)
            #expect(stopped == ["public.transfers"])
        }
    }

    @Test("a table that cannot be kept stops alone: at the snapshot, at a value, at a column's name")
    func stopsAlone() async throws {
        let setup =
            Self.accounts + """
                CREATE TABLE odd (id int PRIMARY KEY, file_row_number int);
                CREATE TABLE nans (id int PRIMARY KEY, n numeric(5,2)); INSERT INTO nans VALUES (7, 'NaN');
                CREATE TABLE later (id int PRIMARY KEY, d date); INSERT INTO later VALUES (1, '2024-02-29');
                CREATE TABLE grown (id int PRIMARY KEY);
                """
        try await Road.with("alone", setup) { road in
            try await road.following {}
            try await road.following {
                try await road.database.execute(
                    "BEGIN; INSERT INTO later VALUES (2, '2024-03-01'); UPDATE accounts SET owner = 'z'; COMMIT"
                )
                try await road.database.execute(
                    "BEGIN; INSERT INTO later VALUES (3, 'infinity'); UPDATE accounts SET owner = 'y'; COMMIT"
                )
                try await road.database.execute(
                    "ALTER TABLE grown ADD COLUMN file_row_number int; INSERT INTO grown VALUES (1, 1)"
                )
                try await transfer(road, 1)
            }
            try await expectEqual(road)
            let stopped = road.landing.status.tables.filter { $0.stopped != nil }.map(\.source)
            #expect(stopped.sorted() == ["public.grown", "public.later", "public.nans", "public.odd"])
            let later = TableName(namespace: "silver", name: "later")
            #expect(try await road.lakeRows(later, ["id"]) == [["1"], ["2"]])
        }
    }

    @Test("a snapshot that fails leaves no slot to pile up the source's log")
    func failedSnapshot() async throws {
        var options = LandingOptions()
        options.silverName = "{table}"
        try await Road.with("failed", Self.accounts, options: options) { road in
            let error = await #expect(throws: TarnError.self) { try await road.landing.run() }
            #expect(error?.code == .configurationInvalid)
            let slots = "SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"
            let left = try await road.database.rows(slots)
            #expect(left == [["0"]])
        }
    }

    @Test("a transaction larger than memory allows goes through files and is seen whole")
    func largeTransaction() async throws {
        var options = LandingOptions()
        options.bytesMax = 256 << 10
        try await Road.with("large", Self.accounts, options: options) { road in
            try await road.following {
                try await road.database.execute(
                    """
                    BEGIN; INSERT INTO accounts SELECT i, 'bulk', 1, repeat('b', 100) FROM generate_series(1001, 9000) i;
                    UPDATE accounts SET balance = 2 WHERE id BETWEEN 2000 AND 3000;
                    DELETE FROM accounts WHERE id BETWEEN 4000 AND 5000; COMMIT
                    """
                )
            }
            try await expectEqual(road)
            #expect(try await road.lake.records(limit: 100).count < 12)
        }
    }

    private func expectEqual(_ road: Road, columns: [String] = RoadTests.columns) async throws {
        let lake = try await road.lakeRows(silverAccounts, columns)
        let source = try await road.sourceRows("accounts", columns)
        #expect(lake == source)
    }

    /// Moves money in a transaction over two tables; the sum of all balances stays.
    private func transfer(_ road: Road, _ round: Int) async throws {
        let (debit, credit) = (1 + round * 7 % 500, 1 + (round * 13 + 5) % 500)
        try await road.database.execute(
            """
            BEGIN; UPDATE accounts SET balance = balance - 1.25 WHERE id = \(debit);
            UPDATE accounts SET balance = balance + 1.25 WHERE id = \(credit);
            INSERT INTO transfers (debit, credit, amount) VALUES (\(debit), \(credit), 1.25);
            UPDATE accounts SET owner = owner || '*' WHERE id IN (\(debit), \(credit)); COMMIT
            """
        )
    }
}
