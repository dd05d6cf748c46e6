internal import Base

/// The publication that names what the slot decodes. Tarn makes it where it may, and then keeps it up to date.
struct Publication {
    struct State: Sendable {
        var exists = false
        /// Made by Tarn, which may therefore change and drop it.
        var isOwn = false
        var isForAllTables = false
        var publishesEverything = false
        var viaRoot = false
        var tables: Set<UInt32> = []
        /// Tables published with a row filter or a column list.
        var narrowed: Set<UInt32> = []
    }

    let name: String
    let session: Session

    private static let mark = "made by Tarn"

    func state() async throws(TarnError) -> State {
        let rows = try await session.rows(
            """
            SELECT puballtables, pubinsert AND pubupdate AND pubdelete AND pubtruncate, pubviaroot,
                coalesce(obj_description(oid, 'pg_publication'), '')
            FROM pg_publication WHERE pubname = $1
            """,
            [name]
        )
        guard let row = rows.first else { return State() }
        var state = State(
            exists: true,
            isOwn: row[3] == Self.mark,
            isForAllTables: row[0] == "t",
            publishesEverything: row[1] == "t",
            viaRoot: row[2] == "t"
        )
        let tables = try await session.rows(
            """
            SELECT c.oid, coalesce(to_jsonb(r)->>'prqual', to_jsonb(r)->>'prattrs') IS NOT NULL
            FROM pg_publication_tables t
            JOIN pg_namespace n ON n.nspname = t.schemaname
            JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
            LEFT JOIN pg_publication_rel r ON r.prrelid = c.oid
                AND r.prpubid = (SELECT oid FROM pg_publication WHERE pubname = $1)
            WHERE t.pubname = $1
            """,
            [name]
        )
        for table in tables {
            guard let oid = table[0].flatMap({ UInt32($0) }) else { continue }
            state.tables.insert(oid)
            if table[1] == "t" { state.narrowed.insert(oid) }
        }
        return state
    }

    func creation(_ tables: [SourceTable]) -> String {
        "CREATE PUBLICATION \(name.quoted) FOR TABLE \(Self.list(tables)) WITH (publish_via_partition_root = true);"
    }

    func addition(_ tables: [SourceTable]) -> String {
        "ALTER PUBLICATION \(name.quoted) ADD TABLE \(Self.list(tables));"
    }

    /// Creates the publication, or adds to one of Tarn's own what it lacks. Another's publication is left as it is.
    func ensure(_ tables: [SourceTable]) async throws(TarnError) {
        let state = try await state()
        if !state.exists {
            guard !tables.isEmpty else { return }
            try await session.execute(creation(tables))
            try await session.execute("COMMENT ON PUBLICATION \(name.quoted) IS \(Self.mark.literal)")
        } else if state.isOwn {
            let missing = tables.filter { !state.tables.contains($0.oid) }
            if !missing.isEmpty { try await session.execute(addition(missing)) }
        }
    }

    func removeOwn() async throws(TarnError) {
        if try await state().isOwn { try await session.execute("DROP PUBLICATION \(name.quoted)") }
    }

    /// `ONLY`, because a table's children are captured as tables of their own.
    private static func list(_ tables: [SourceTable]) -> String {
        tables.map { $0.isPartitioned ? $0.sql : "ONLY \($0.sql)" }.joined(separator: ", ")
    }
}
