import Base
import Capture
import Engine
import Lake
import Landing
import Testing

@testable import PostgresSource

/// What happens to tables at the source without a word of it in the log.
@Suite(.enabled(if: Road.isAvailable, "TARN_TEST_POSTGRES names no server"), .serialized)
struct CatalogChangeTests {
    /// So often that waiting for it is short.
    private static let often: LandingOptions = {
        var options = LandingOptions()
        options.comparisonInterval = .milliseconds(50)
        return options
    }()

    @Test(
        "columns whose rows were filled by a rewrite stop their table, though no default is left to see",
        arguments: [true, false]
    )
    func filledColumns(whileFollowing: Bool) async throws {
        let setup = """
            CREATE TABLE random (id int PRIMARY KEY); CREATE TABLE counted (id int PRIMARY KEY);
            CREATE TABLE vacuumed (id int PRIMARY KEY); CREATE TABLE plain (id int PRIMARY KEY);
            CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (100);
            INSERT INTO random VALUES (1); INSERT INTO counted VALUES (1); INSERT INTO vacuumed VALUES (1);
            INSERT INTO plain VALUES (1); INSERT INTO parts VALUES (1);
            """
        try await Road.with("filled_\(whileFollowing)", setup) { road in
            try await road.following {}
            if whileFollowing {
                try await road.following {
                    try await road.wait { $0.phase == .streaming }
                    try await fill(road)
                }
            } else {
                try await fill(road)
                try await road.following {}
            }
            #expect(road.stopped == ["public.counted", "public.parts", "public.random", "public.vacuumed"])
            try await expectEqual(road, "plain", ["id", "n"])
        }
    }

    private func fill(_ road: Road) async throws {
        for statement in [
            "ALTER TABLE random ADD COLUMN u uuid DEFAULT gen_random_uuid(); ALTER TABLE random ALTER u DROP DEFAULT",
            "ALTER TABLE parts ADD COLUMN u uuid DEFAULT gen_random_uuid(); ALTER TABLE parts ALTER u DROP DEFAULT",
            "ALTER TABLE counted ADD COLUMN n bigserial; ALTER TABLE counted ALTER n DROP DEFAULT",
            "ALTER TABLE vacuumed ADD COLUMN n int NOT NULL DEFAULT 7",
            "VACUUM FULL vacuumed", "ALTER TABLE vacuumed ALTER n DROP DEFAULT",
            "ALTER TABLE plain ADD COLUMN n int",
            "INSERT INTO random VALUES (2, gen_random_uuid()); INSERT INTO parts VALUES (2, gen_random_uuid())",
            "INSERT INTO counted VALUES (2, 9); INSERT INTO vacuumed VALUES (2, 9); INSERT INTO plain VALUES (2, 9)",
        ] { try await road.database.execute(statement) }
    }

    @Test("a table that was emptied or written anew goes on, and takes a plain column afterwards")
    func rewritten() async throws {
        let setup = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"
        try await Road.with("anew", setup, options: Self.often) { road in
            try await road.following {
                try await road.wait { $0.phase == .streaming }
                try await road.database.execute("INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)")
                try await road.database.execute("TRUNCATE a")
                try await road.database.execute("VACUUM FULL b")
            }
            try await road.following {
                for table in ["a", "b"] {
                    try await road.database.execute(
                        "ALTER TABLE \(table) ADD COLUMN n int; INSERT INTO \(table) VALUES (2, 2)"
                    )
                }
            }
            #expect(road.stopped == [])
            for table in ["a", "b"] { try await expectEqual(road, table, ["id", "n"]) }
        }
    }

    @Test("another primary key under REPLICA IDENTITY FULL stops its table")
    func changedKey() async throws {
        let setup = """
            CREATE TABLE keyed (a int PRIMARY KEY, b int NOT NULL); ALTER TABLE keyed REPLICA IDENTITY FULL;
            CREATE TABLE other (a int PRIMARY KEY, b int); ALTER TABLE other REPLICA IDENTITY FULL;
            """
        try await Road.with("key", setup) { road in
            try await road.following {
                try await road.database.execute("INSERT INTO keyed VALUES (1, 1); INSERT INTO other VALUES (1, 1)")
            }
            try await road.following {
                try await road.wait { $0.phase == .streaming }
                try await road.database.execute(
                    "ALTER TABLE keyed DROP CONSTRAINT keyed_pkey; ALTER TABLE keyed ADD PRIMARY KEY (b)"
                )
                try await road.database.execute("INSERT INTO keyed VALUES (1, 2); INSERT INTO other VALUES (2, 1)")
            }
            #expect(road.stopped == ["public.keyed"])
            try await expectEqual(road, "other", ["a", "b"])
        }
    }

    @Test("a column that was replaced by one of its name and type stops its table", arguments: [true, false])
    func replacedColumn(whileFollowing: Bool) async throws {
        let setup = "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1);"
        try await Road.with("replaced_\(whileFollowing)", setup) { road in
            let replace = "ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN v int"
            try await road.following {
                try await road.wait { $0.phase == .streaming }
                try await road.database.execute("INSERT INTO t VALUES (2, 2)")
                if whileFollowing {
                    try await road.database.execute(replace)
                    try await road.database.execute("INSERT INTO t VALUES (3, 3)")
                }
            }
            if !whileFollowing {
                #expect(road.stopped == [])
                try await road.database.execute(replace)
                try await road.following {}
            }
            #expect(road.stopped == ["public.t"])
        }
    }

    @Test("tables that were dropped, made anew or swapped stop while the log is followed; the others go on")
    func otherTables() async throws {
        let names = ["dropped", "renewed", "left_one", "right_one", "kept"]
        let setup = names.map { "CREATE TABLE \($0) (id int PRIMARY KEY);" }.joined(separator: " ")
        try await Road.with("swap", setup, options: Self.often) { road in
            try await road.following {
                try await road.wait { $0.phase == .streaming }
                try await road.database.execute("DROP TABLE dropped; DROP TABLE renewed")
                try await road.database.execute(
                    """
                    BEGIN; CREATE TABLE renewed (id int PRIMARY KEY); ALTER TABLE left_one RENAME TO spare;
                    ALTER TABLE right_one RENAME TO left_one; ALTER TABLE spare RENAME TO right_one; COMMIT
                    """
                )
                let expected = ["public.dropped", "public.left_one", "public.renewed", "public.right_one"]
                try await road.wait { _ in road.stopped == expected }
                try await road.database.execute("INSERT INTO kept VALUES (1)")
            }
            try await expectEqual(road, "kept", ["id"])
        }
    }

    @Test("a table whose name cannot be one in the lake is left out alone")
    func unusableName() async throws {
        let setup = """
            CREATE TABLE "a.b" (id int PRIMARY KEY);
            CREATE TABLE good (id int PRIMARY KEY); INSERT INTO "a.b" VALUES (1); INSERT INTO good VALUES (1);
            """
        try await Road.with("names", setup) { road in
            try await road.following { try await road.database.execute("INSERT INTO \"a.b\" VALUES (2)") }
            try await expectEqual(road, "good", ["id"])
            #expect(road.landing.status.unfollowed == ["public.a.b"])
        }
    }

    @Test("a table of many columns, and text in a database of another encoding, compare as equal")
    func fingerprints() async throws {
        let columns = (0..<520).map { "c\($0) int" }.joined(separator: ", ")
        let setup = """
            CREATE TABLE wide (id int PRIMARY KEY, \(columns)); INSERT INTO wide (id, c0, c519) VALUES (1, 2, 3);
            CREATE TABLE words (id int PRIMARY KEY, word text);
            INSERT INTO words VALUES (1, 'na\u{EF}ve'), (2, '\u{FC}');
            """
        try await Road.with("latin", setup, encoding: "LATIN1") { road in
            try await road.following {}
            let state = try await road.lake.refresh()
            let tables = try LandedTable.parse(try #require(state.sources.values.first).tables)
            #expect(tables.count == 2)
            let lake = LakeFingerprint(lake: road.lake, connection: try road.engine.connect())
            for (table, source) in zip(tables, try await road.source.fingerprints(of: tables.map(\.captured))) {
                let silver = try await lake.silver(table, in: state)
                let bronze = try await lake.bronze(table, in: state)
                #expect(source == silver && source == bronze && source != nil, "\(table.captured.name)")
            }
        }
    }

    private func expectEqual(_ road: Road, _ table: String, _ columns: [String]) async throws {
        let lake = try await road.lakeRows(TableName(namespace: "silver", name: table), columns)
        let source = try await road.sourceRows(table, columns)
        #expect(lake == source)
    }
}
