package import Base
package import Capture

#if canImport(Glibc)
    internal import Glibc
#endif

/// A PostgreSQL database whose changes are captured through a logical replication slot.
package struct PostgresSource: ChangeSource {
    package let configuration: PostgresSourceConfiguration
    let session: Session
    let time: any TimeSource
    /// How long the server may be silent on a stream after it was asked for an answer.
    let silenceMax: Duration

    package static let readersMax = 4

    package init(
        _ configuration: PostgresSourceConfiguration,
        time: any TimeSource = SystemTime(),
        silenceMax: Duration = PostgresStream.silenceMax
    ) {
        self.configuration = configuration
        self.time = time
        self.silenceMax = silenceMax
        session = Session(configuration.connection)
    }

    var publication: Publication { Publication(name: configuration.publication, session: session) }

    package func check() async throws(TarnError) -> [SetupProblem] {
        try await Preflight(configuration: configuration, session: session).problems()
    }

    package func matchingTables() async throws(TarnError) -> [MatchingTable] {
        try await session.catalog.tables(configuration, measures: false).map {
            MatchingTable(
                name: SourceTableName(namespace: $0.namespace, name: $0.name),
                identity: UInt64($0.oid),
                layout: $0.layout
            )
        }
    }

    /// The server's system identifier, the timeline of its log, and the database within it.
    package func identity() async throws(TarnError) -> String {
        let rows = try await session.rows(
            """
            SELECT system_identifier::text || '/' || CASE WHEN pg_is_in_recovery()
                    THEN (SELECT timeline_id::text FROM pg_control_checkpoint())
                    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int::text END
                || '/' || (SELECT oid::text FROM pg_database WHERE datname = current_database())
            FROM pg_control_system()
            """
        )
        guard let identity = rows.first?[0] else {
            throw TarnError(.sourceRejected, "The server does not tell its system identifier.")
        }
        return identity
    }

    /// The tables that can be captured, as they are now.
    package func tables() async throws(TarnError) -> [CapturedTable] {
        let tables = try await session.catalog.tables(configuration)
        let types = try await session.catalog.typeCatalog(for: tables)
        return tables.filter { $0.hasIdentity && $0.isReadable }.compactMap { table in
            guard case .success(let (captured, _)) = table.captured(types) else { return nil }
            return captured
        }
    }

    /// Creates the publication for all tables that can be captured, or adds the ones that it lacks.
    package func ensurePublication() async throws(TarnError) {
        let tables = try await session.catalog.tables(configuration)
        let types = try await session.catalog.typeCatalog(for: tables)
        try await publication.ensure(tables.filter { $0.hasIdentity && $0.isReadable && $0.isSupported(types) })
    }

    package func snapshot() async throws(TarnError) -> any SourceSnapshot {
        try await ensurePublication()
        let published = try await publication.state().tables
        guard !published.isEmpty else {
            throw TarnError(.sourceSetup, "No table of the source \(configuration.name) can be captured.")
        }
        try await dropSlot()
        let export = Session(configuration.connection, mode: .replication)
        let slot = configuration.slot.quoted
        let rows = try await export.rows("CREATE_REPLICATION_SLOT \(slot) LOGICAL pgoutput EXPORT_SNAPSHOT")
        do throws(TarnError) {
            guard let row = rows.first, row.count >= 3, let start = row[1].flatMap({ LSN($0) }), let snapshot = row[2]
            else { throw TarnError(.sourceRejected, "The server's answer to the new slot is not understood.") }
            let readers = (0..<readerCount).map { _ in
                SnapshotReader(connection: configuration.connection, snapshot: snapshot)
            }
            let described = try await PostgresSnapshot.describe(
                configuration,
                published: published,
                readers: readers
            )
            return PostgresSnapshot(position: start, export: export, readers: readers, described: described)
        } catch {
            await export.close()
            try? await dropSlot()
            throw error
        }
    }

    package func stream(
        from position: Position,
        tables: [CapturedTable]
    ) async throws(TarnError) -> any ChangeStream {
        guard let start = LSN(position) else {
            throw TarnError(.corruptData, "A stored position is not an LSN.", detail: ["position": position.text])
        }
        try await requireSlot(reaching: start)
        guard try await publication.state().exists else {
            throw TarnError(
                .sourceSetup,
                "The publication \(configuration.publication) does not exist.",
                remedy: "Run `tarn source remove` and `tarn source add`: changes since it was dropped cannot be read."
            )
        }
        let stream = PostgresStream(self, from: start, tables: tables)
        try await stream.start()
        return stream
    }

    package func remove() async throws(TarnError) {
        try await dropSlot()
        try await publication.removeOwn()
    }

    package func health() async throws(TarnError) -> SourceHealth {
        let rows = try await session.rows(
            """
            SELECT pg_current_wal_lsn(), confirmed_flush_lsn,
                coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint, safe_wal_size, wal_status
            FROM (SELECT $1::name AS wanted) w LEFT JOIN pg_replication_slots s ON s.slot_name = w.wanted
            """,
            [configuration.slot]
        )
        guard let row = rows.first, let current = row[0].flatMap({ LSN($0) }) else {
            throw TarnError(.sourceRejected, "The server does not tell its position.")
        }
        return SourceHealth(
            currentPosition: current.position,
            confirmedPosition: row[1].flatMap { LSN($0) }?.position,
            retainedBytes: row[2].flatMap { Int64($0) } ?? 0,
            budgetBytes: row[3].flatMap { Int64($0) },
            state: row[4] ?? "missing"
        )
    }

    private var readerCount: Int {
        let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        return max(1, configuration.readers ?? min(cores, Self.readersMax))
    }
}

extension PostgresSource {
    private func slot() async throws(TarnError) -> [String?]? {
        try await session.rows(
            """
            SELECT plugin, active, confirmed_flush_lsn, wal_status, database = current_database(), active_pid,
                CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END
            FROM pg_replication_slots WHERE slot_name = $1
            """,
            [configuration.slot]
        ).first
    }

    private func requireSlot(reaching start: LSN) async throws(TarnError) {
        let name = configuration.slot
        guard let slot = try await slot() else {
            throw TarnError(.slotMissing, "The replication slot \(name) does not exist.", detail: ["slot": name])
        }
        guard Self.isUsable(slot) else { throw foreign() }
        guard slot[3] != "lost" else {
            throw TarnError(.slotLost, "The server gave up the replication slot \(name).", detail: ["slot": name])
        }
        guard slot[1] != "t" else { throw active(slot[5]) }
        guard let end = slot[6].flatMap({ LSN($0) }), end >= start else {
            throw TarnError(
                .sourceReplaced,
                "The log of the database ends before the position in the lake: the database was set back.",
                detail: ["log ends at": slot[6] ?? "nowhere", "lake at": start.description]
            )
        }
        guard let confirmed = slot[2].flatMap({ LSN($0) }), confirmed <= start else {
            throw TarnError(
                .slotAhead,
                "The replication slot \(name) is ahead of the lake.",
                detail: ["slot": name, "slot at": slot[2] ?? "nowhere", "lake at": start.description]
            )
        }
    }

    private func dropSlot() async throws(TarnError) {
        guard let slot = try await slot() else { return }
        guard Self.isUsable(slot) else { throw foreign() }
        guard slot[1] != "t" else { throw active(slot[5]) }
        _ = try await session.rows("SELECT pg_drop_replication_slot($1)", [configuration.slot])
    }

    /// Whether the slot is of our kind and of this database: slots share their names over all databases of a server.
    private static func isUsable(_ slot: [String?]) -> Bool { slot[0] == "pgoutput" && slot[4] == "t" }

    private func foreign() -> TarnError {
        TarnError(
            .sourceRejected,
            "The replication slot \(configuration.slot) is not one of Tarn's, or belongs to another database.",
            detail: ["slot": configuration.slot],
            remedy: "Set `slot` in the source's file to a name of its own, and start again."
        )
    }

    private func active(_ process: String?) -> TarnError {
        TarnError(
            .slotActive,
            "The replication slot \(configuration.slot) is in use.",
            detail: ["slot": configuration.slot, "server process": process ?? "unknown"]
        )
    }
}

extension SourceTable {
    func isSupported(_ types: TypeCatalog) -> Bool {
        switch captured(types) {
        case .success: true
        case .failure: false
        }
    }
}
