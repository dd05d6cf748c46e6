import Base
import Capture
import Columns
import Glibc
import Testing

@testable import PostgresSource

@Suite(.enabled(if: TestDatabase.isAvailable, "set TARN_TEST_POSTGRES to run against a server"), .serialized)
struct IntegrationTests {
    private static let items = "CREATE TABLE items (id int PRIMARY KEY, v int NOT NULL, big text);"

    /// The current rows, replayed naively from a snapshot and the changes after it.
    private struct Mirror {
        var rows: [String: [String?]] = [:]

        mutating func load(_ read: [[String?]]) {
            for row in read { rows[row[0] ?? ""] = row }
        }

        mutating func apply(_ batch: ChangeBatch) {
            let before = batch.before.textRows
            var after = batch.after.textRows
            let missing = Dictionary(grouping: batch.unavailable, by: \.row)
            for index in 0..<batch.count {
                let old = batch.hasBefore[index] ? before[index][0] : after[index][0]
                for value in missing[index] ?? [] { after[index][value.column] = rows[old ?? ""]?[value.column] }
                switch batch.operations[index] {
                case .create:
                    #expect(rows[after[index][0] ?? ""] == nil, "an insert of an existing key")
                    rows[after[index][0] ?? ""] = after[index]
                case .update:
                    #expect(rows.removeValue(forKey: old ?? "") != nil, "an update of a missing key")
                    rows[after[index][0] ?? ""] = after[index]
                case .delete: #expect(rows.removeValue(forKey: old ?? "") != nil, "a delete of a missing key")
                case .truncate: rows = [:]
                case .read: Issue.record("a stream has no snapshot rows")
                }
            }
        }
    }

    private func table(_ database: TestDatabase) async throws -> [String: [String?]] {
        var mirror = Mirror()
        mirror.load(try await database.session.rows("SELECT id, v, big FROM public.items"))
        return mirror.rows
    }

    @Test("the tables that a source says it has are those that a snapshot reads")
    func tables() async throws {
        try await TestDatabase.with("tables", Self.items) { database in
            let source = database.source(readers: 1)
            let tables = try await source.tables()
            let snapshot = try await source.snapshot()
            await snapshot.close()
            #expect(tables.map(\.qualifiedName) == ["public.items"])
            #expect(tables == snapshot.tables)
        }
    }

    @Test("snapshot and stream add up to the table while it is being written")
    func handOver() async throws {
        try await TestDatabase.with("handover", Self.items) { database in
            try await database.session.execute(
                "INSERT INTO public.items SELECT i, i, CASE WHEN i % 50 = 0 THEN (SELECT string_agg(md5(i::text || j), '') FROM generate_series(1, 200) j) END FROM generate_series(1, 90000) i"
            )
            let source = database.source(readers: 3)
            async let writing: Void = write(Session(database.connection))
            let snapshot = try await source.snapshot()
            #expect(snapshot.chunks.count > 1)
            var mirror = Mirror()
            mirror.load(try await snapshot.allRows(bytesMax: 100_000)["items"] ?? [])
            await snapshot.close()
            try await writing
            let end = try await database.position()
            let stream = try await source.stream(from: snapshot.position, tables: snapshot.tables)
            let parts = try await stream.parts(upTo: end, rowsMax: 5000, bytesMax: 50_000)
            await stream.close()
            #expect(parts.contains { $0.isInsideTransaction })
            for batch in parts.flatMap(\.batches) { mirror.apply(batch) }
            let current = try await table(database)
            #expect(mirror.rows == current)
        }
    }

    @Test("a statement that wants a table for itself waits for the snapshot, never the snapshot for it")
    func tableWantedBySomebody() async throws {
        try await TestDatabase.with("wanted", Self.items) { database in
            let fill = "INSERT INTO public.items SELECT i, i, NULL FROM generate_series(1, 90000) i"
            try await database.session.execute(fill)
            let snapshot = try await database.source(readers: 3).snapshot()
            let other = Session(database.connection)
            async let truncate: Void = other.execute("TRUNCATE public.items")
            let waiting = "SELECT 1 FROM pg_locks WHERE relation = 'public.items'::regclass AND NOT granted"
            while try await database.session.rows(waiting).isEmpty {}
            #expect(try await snapshot.allRows()["items"]?.count == 90_000)
            await snapshot.close()
            try await truncate
        }
    }

    @Test("a table that is emptied just after the snapshot's moment is not taken for an empty one")
    func rewrittenTable() async throws {
        try await TestDatabase.with("rewritten", Self.items) { database in
            try await database.session.execute("INSERT INTO public.items VALUES (1, 1, NULL)")
            let other = Session(database.connection)
            let holder = Session(database.connection)
            try await holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
            let snapshot = try await holder.rows("SELECT pg_export_snapshot()")[0][0] ?? ""
            try await other.execute("ALTER TABLE public.items ALTER v TYPE int USING v + 1")
            let reader = SnapshotReader(connection: database.connection, snapshot: snapshot)
            let error = await #expect(throws: TarnError.self) {
                _ = try await PostgresSnapshot.describe(
                    database.source().configuration,
                    published: [try await oid(of: "items", database)],
                    readers: [reader]
                )
            }
            #expect(error?.code.isTransient == true)
            await reader.reset()
            await holder.close()
        }
    }

    private func oid(of table: String, _ database: TestDatabase) async throws -> UInt32 {
        let rows = try await database.session.rows("SELECT 'public.\(table)'::regclass::oid")
        return rows[0][0].flatMap { UInt32($0) } ?? 0
    }

    private func write(_ session: Session) async throws {
        for round in 0..<60 {
            let first = 100_000 + round * 100
            try await session.execute(
                """
                INSERT INTO public.items SELECT i, i, 'n' FROM generate_series(\(first), \(first + 99)) i;
                UPDATE public.items SET v = v + 1 WHERE id % 60 = \(round);
                UPDATE public.items SET id = -id WHERE id = \(first + 7);
                DELETE FROM public.items WHERE id % 600 = \(round);
                """
            )
        }
        try await session.execute("UPDATE public.items SET v = v * 2")
        await session.close()
    }

    @Test("a restart continues after the acknowledged position; an old or foreign position is refused")
    func restart() async throws {
        try await TestDatabase.with("restart", Self.items) { database in
            let source = database.source()
            let snapshot = try await source.snapshot()
            await snapshot.close()
            try await database.session.execute("INSERT INTO public.items VALUES (1, 1)")
            try await database.session.execute("INSERT INTO public.items VALUES (2, 2)")
            var stream = try await source.stream(from: snapshot.position, tables: snapshot.tables)
            let first = try await stream.read(limits: StreamLimits(wait: .seconds(20), rowsMax: 1, bytesMax: 1 << 20))
            #expect(first.batches.map(\.count) == [1])
            let reached = try #require(first.reached)
            await #expect { try await source.stream(from: reached, tables: snapshot.tables) } throws: {
                ($0 as? TarnError)?.code == .slotActive
            }
            await stream.close()
            stream = try await retried { try await source.stream(from: reached, tables: snapshot.tables) }
            let rest = try await stream.parts(upTo: try await database.position())
            #expect(rest.flatMap(\.batches).flatMap(\.after.textRows).map { $0[0] } == ["2"])
            let end = try #require(rest.last.flatMap { $0.idle ?? $0.reached })
            try await stream.acknowledge(end)
            await stream.close()
            try await confirmed(source, at: end)
            let error = await #expect(throws: TarnError.self) {
                try await retried { try await source.stream(from: reached, tables: snapshot.tables) }
            }
            #expect(error?.code == .slotAhead)
            await #expect { try await source.stream(from: LSN(.max).position, tables: snapshot.tables) } throws: {
                ($0 as? TarnError)?.code == .sourceReplaced
            }
            try await retried { try await source.remove() }
            await #expect { try await source.stream(from: end, tables: snapshot.tables) } throws: {
                ($0 as? TarnError)?.code == .slotMissing
            }
            #expect(try await source.health().state == "missing")
            let left = try await database.session.rows("SELECT count(*) FROM pg_publication")
            #expect(left == [["0"]])
        }
    }

    /// The server lets go of a slot a moment after its reader has gone.
    private func retried<Value>(_ body: () async throws -> Value) async throws -> Value {
        while true {
            do {
                return try await body()
            } catch let error as TarnError where error.code == .slotActive {
                await Task.yield()
            }
        }
    }

    private func confirmed(_ source: PostgresSource, at position: Position) async throws {
        for _ in 0..<10_000 {
            if try await source.health().confirmedPosition == position { return }
        }
        Issue.record("the acknowledged position did not arrive")
    }

    @Test("what cannot be followed stops one table, and the others go on")
    func stops() async throws {
        let setup = """
            CREATE TABLE added (id int PRIMARY KEY); CREATE TABLE defaulted (id int PRIMARY KEY);
            CREATE TABLE retyped (id int PRIMARY KEY, v int); CREATE TABLE valued (id int PRIMARY KEY, v numeric(5, 2));
            CREATE TABLE shaped (id int PRIMARY KEY, p point); CREATE TABLE keyless (id int);
            CREATE TABLE bare (); ALTER TABLE bare REPLICA IDENTITY FULL;
            CREATE TABLE listed (id int, tags text[], PRIMARY KEY (id, tags));
            """
        try await TestDatabase.with("stops", setup) { database in
            let source = database.source()
            let snapshot = try await source.snapshot()
            #expect(
                Set(snapshot.stopped.map(\.table)) == [
                    "public.bare", "public.keyless", "public.listed", "public.shaped",
                ]
            )
            let messages = try await source.check().map(\.message)
            for table in ["bare", "listed"] { #expect(messages.contains { $0.contains("public.\(table)") }) }
            await snapshot.close()
            try await database.session.execute(
                "UPDATE public.keyless SET id = 1; INSERT INTO public.valued VALUES (1, 1)"
            )
            try await database.session.execute(
                """
                ALTER TABLE public.added ADD COLUMN note text; ALTER TABLE public.defaulted ADD COLUMN note text DEFAULT 'x';
                CREATE TYPE public.colour AS ENUM ('red'); ALTER TABLE public.added ADD COLUMN c public.colour;
                ALTER TABLE public.retyped ALTER COLUMN v TYPE bigint;
                """
            )
            try await database.session.execute(
                """
                INSERT INTO public.added VALUES (1, 'n', 'red'); INSERT INTO public.defaulted VALUES (1);
                INSERT INTO public.retyped VALUES (1, 1); INSERT INTO public.valued VALUES (7, 'NaN');
                """
            )
            try await database.session.execute(
                "INSERT INTO public.added VALUES (2); INSERT INTO public.valued VALUES (8)"
            )
            let stream = try await source.stream(from: snapshot.position, tables: snapshot.tables)
            let parts = try await stream.parts(upTo: try await database.position())
            await stream.close()
            let stopped = parts.flatMap(\.stopped)
            #expect(Set(stopped.map(\.table)) == ["public.defaulted", "public.retyped", "public.valued"])
            #expect(stopped.first { $0.table == "public.valued" }?.error.description.contains("id=7") == true)
            let rows = parts.flatMap(\.batches).map { ($0.table.name, $0.table.schemaVersion, $0.after.textRows) }
            #expect(rows.filter { $0.0 == "added" }.allSatisfy { $0.1 == 2 })
            #expect(rows.filter { $0.0 == "added" }.flatMap(\.2) == [["1", "n", "red"], ["2", nil, nil]])
            #expect(rows.filter { $0.0 == "valued" }.flatMap(\.2) == [["1", "1.00"]])
        }
    }

    @Test("partitions are read and followed as their root, and a truncate arrives")
    func partitions() async throws {
        let setup = """
            CREATE TABLE items (id int PRIMARY KEY, v int, big text) PARTITION BY RANGE (id);
            CREATE TABLE items_low PARTITION OF items FOR VALUES FROM (0) TO (100);
            CREATE TABLE items_high (big text, v int, id int NOT NULL);
            ALTER TABLE items ATTACH PARTITION items_high FOR VALUES FROM (100) TO (200);
            INSERT INTO items SELECT i, i, 'b' FROM generate_series(90, 110) i;
            """
        try await TestDatabase.with("parts", setup) { database in
            let source = database.source()
            #expect(try await source.check().allSatisfy { $0.isWarning })
            let snapshot = try await source.snapshot()
            var mirror = Mirror()
            mirror.load(try await snapshot.allRows()["items"] ?? [])
            await snapshot.close()
            let current = try await table(database)
            #expect(mirror.rows == current)
            try await database.session.execute(
                "UPDATE public.items SET id = 150 WHERE id = 95; DELETE FROM public.items WHERE id > 105"
            )
            let stream = try await source.stream(from: snapshot.position, tables: snapshot.tables)
            for part in try await stream.parts(upTo: try await database.position()) {
                part.batches.forEach { mirror.apply($0) }
            }
            let moved = try await table(database)
            #expect(mirror.rows == moved)
            try await database.session.execute("TRUNCATE public.items; INSERT INTO public.items VALUES (1, 1)")
            for part in try await stream.parts(upTo: try await database.position()) {
                part.batches.forEach { mirror.apply($0) }
            }
            await stream.close()
            #expect(mirror.rows == ["1": ["1", "1", nil]])
        }
    }

    @Test("a slot of this name that belongs to another database is refused and stays")
    func foreignSlot() async throws {
        try await TestDatabase.with("slot_owner", Self.items) { owner in
            try await TestDatabase.with("slot_guest", Self.items) { guest in
                let slot = guest.source().configuration.slot
                _ = try await owner.session.rows("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [slot])
                let messages = try await guest.source().check().map(\.message)
                #expect(messages.contains { $0.contains("belongs to another database") })
                let error = await #expect(throws: TarnError.self) { _ = try await guest.source().snapshot() }
                #expect(error?.code == .sourceRejected)
                await #expect(throws: TarnError.self) { try await guest.source().remove() }
                let rows = try await owner.session.rows("SELECT pg_drop_replication_slot($1)", [slot])
                #expect(rows.count == 1)
            }
        }
    }

    @Test("check names every problem with the SQL that mends it, and that SQL works")
    func check() async throws {
        let setup = """
            CREATE TABLE good (id int PRIMARY KEY); CREATE TABLE keyless (id int);
            CREATE TABLE full_keyless (id int); ALTER TABLE full_keyless REPLICA IDENTITY FULL;
            CREATE TABLE odd (id int PRIMARY KEY, t tsvector);
            CREATE SCHEMA other; CREATE TABLE other.good (id int PRIMARY KEY);
            CREATE PUBLICATION theirs FOR TABLE keyless WITH (publish = 'insert');
            """
        try await TestDatabase.with("check", setup) { database in
            var source = database.source(["public.*", "other.*"])
            let problems = try await source.check()
            let messages = problems.map(\.message)
            #expect(
                problems.first { $0.message.contains("keyless has no replica identity") }?.remedy
                    == "ALTER TABLE \"public\".\"keyless\" REPLICA IDENTITY FULL;"
            )
            #expect(messages.contains { $0.contains("public.odd.t") })
            #expect(problems.first { $0.message.contains("full_keyless has no key") }?.isWarning == true)

            let configuration = PostgresSourceConfiguration(
                name: "x",
                connection: database.connection,
                slot: database.name,
                publication: "theirs",
                tables: ["public.*"],
                exclude: ["public.odd", "public.full_keyless"]
            )
            source = PostgresSource(configuration)
            for _ in 0..<2 {
                for problem in try await source.check() where !problem.isWarning {
                    try await database.session.execute("SET search_path = public; " + problem.remedy)
                }
            }
            #expect(try await source.check().allSatisfy { $0.isWarning })
            try await source.remove()
            #expect(try await database.session.rows("SELECT pubname FROM pg_publication") == [["theirs"]])
        }
    }

    @Test("a database is known by the server's identifier, the timeline of its log and its own number")
    func identity() async throws {
        try await TestDatabase.with("identity", Self.items) { database in
            let server = Session(database.connection, mode: .replication)
            let row = try await server.rows("IDENTIFY_SYSTEM")[0]
            await server.close()
            let own = try await database.session.rows("SELECT oid FROM pg_database WHERE datname = current_database()")
            let expected = [row[0], row[1], own[0][0]].map { $0 ?? "" }.joined(separator: "/")
            #expect(try await database.source().identity() == expected)
        }
    }

    @Test("a server that says nothing proves nothing, and is given up after a while")
    func silence() async throws {
        try await TestDatabase.with("silence", Self.items) { database in
            let source = PostgresSource(database.source().configuration, silenceMax: .seconds(3))
            let snapshot = try await source.snapshot()
            await snapshot.close()
            let stream = try await source.stream(from: snapshot.position, tables: snapshot.tables)
            let parts = try await stream.parts(upTo: try await database.position())
            #expect(parts.contains { $0.caughtUpAt != nil })
            let sender = "SELECT active_pid FROM pg_replication_slots WHERE database = current_database()"
            let process = try #require(try await database.session.rows(sender)[0][0].flatMap { pid_t($0) })
            #expect(kill(process, SIGSTOP) == 0)
            defer { kill(process, SIGCONT) }
            let limits = StreamLimits(wait: .milliseconds(100), rowsMax: 1, bytesMax: 1 << 20)
            _ = try await stream.read(limits: limits)
            let error = await #expect(throws: TarnError.self) {
                while true {
                    let part = try await stream.read(limits: limits)
                    #expect(part.idle == nil && part.caughtUpAt == nil)
                }
            }
            #expect(error?.code == .sourceUnavailable)
            await stream.close()
        }
    }

    @Test("waiting for changes ends when the task is cancelled")
    func cancellation() async throws {
        try await TestDatabase.with("cancel", Self.items) { database in
            let source = database.source()
            let snapshot = try await source.snapshot()
            await snapshot.close()
            let stream = try await source.stream(from: snapshot.position, tables: snapshot.tables)
            let clock = ContinuousClock()
            let took = await clock.measure {
                await withTaskGroup(of: ErrorCode?.self) { group in
                    group.addTask {
                        do {
                            let limits = StreamLimits(wait: .seconds(600), rowsMax: 1, bytesMax: 1 << 20)
                            _ = try await stream.read(limits: limits)
                            return nil
                        } catch {
                            return (error as? TarnError)?.code
                        }
                    }
                    group.cancelAll()
                    let outcome = await group.next()
                    #expect(outcome == .some(.interrupted))
                }
            }
            #expect(took < .seconds(5))
            let empty = try await stream.read(limits: StreamLimits(wait: .zero, rowsMax: 1, bytesMax: 1))
            #expect(empty.batches.isEmpty && empty.reached == nil)
            await stream.close()
        }
    }

    @Test("an idle database's log is released by acknowledging the idle position")
    func idle() async throws {
        try await TestDatabase.with("idle", Self.items) { database in
            let source = database.source()
            let snapshot = try await source.snapshot()
            await snapshot.close()
            let stream = try await source.stream(from: snapshot.position, tables: snapshot.tables)
            try await database.session.execute("CREATE TABLE other AS SELECT i FROM generate_series(1, 10000) i")
            let parts = try await stream.parts(upTo: try await database.position())
            #expect(parts.allSatisfy { $0.batches.isEmpty })
            let idle = try #require(parts.last?.idle)
            try await stream.acknowledge(idle)
            try await confirmed(source, at: idle)
            #expect(try await source.health().state == "reserved")
            await stream.close()
        }
    }

    @Test("a server that cannot be reached is a transient failure without the password")
    func unreachable() async throws {
        let configuration = PostgresSourceConfiguration(
            name: "x",
            connection: "host=127.0.0.1 port=1 user=a password=hush dbname=b",
            tables: ["*.*"]
        )
        let error = await #expect(throws: TarnError.self) { try await PostgresSource(configuration).check() }
        #expect(error?.code == .sourceUnavailable)
        #expect(error?.description.contains("hush") == false)
    }
}
