internal import Base
internal import Capture

/// Finds everything that keeps a database from being captured, each with the SQL that mends it.
struct Preflight {
    let configuration: PostgresSourceConfiguration
    let session: Session

    private static let versionMin = 140_000

    func problems() async throws(TarnError) -> [SetupProblem] {
        let version = try await session.serverVersion()
        guard version >= Self.versionMin else {
            return [
                SetupProblem(
                    message: "The server is PostgreSQL \(version / 10_000); Tarn needs 14 or newer.",
                    remedy: "Upgrade the server."
                )
            ]
        }
        var problems = try await server()
        let tables = try await session.catalog.tables(configuration)
        guard !tables.isEmpty else {
            let patterns = configuration.tables.joined(separator: ", ")
            problems.append(
                SetupProblem(message: "No table matches \(patterns).", remedy: "Correct `tables` in the source's file.")
            )
            return problems
        }
        let types = try await session.catalog.typeCatalog(for: tables)
        problems += tables.flatMap { Self.problems(of: $0, types) }
        let usable = tables.filter { $0.hasIdentity && $0.isReadable && $0.isSupported(types) }
        return problems + (try await publication(usable))
    }

    private func server() async throws(TarnError) -> [SetupProblem] {
        let rows = try await session.rows(
            """
            SELECT current_setting('wal_level'), pg_is_in_recovery(),
                current_setting('max_replication_slots')::int - (SELECT count(*) FROM pg_replication_slots),
                current_setting('max_wal_senders')::int
                    - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'walsender'),
                (SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user),
                current_user, current_setting('server_encoding'),
                EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1),
                EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1
                    AND (plugin <> 'pgoutput' OR database <> current_database()))
            """,
            [configuration.slot]
        )
        guard let row = rows.first else { return [] }
        let user = (row[5] ?? "").quoted
        let hasSlot = row[7] == "t"
        let findings: [(Bool, String, String)] = [
            (
                row[0] != "logical", "wal_level is \(row[0] ?? "unknown").",
                "ALTER SYSTEM SET wal_level = logical; -- then restart the server"
            ),
            (
                row[8] == "t", "The slot \(configuration.slot) is not one of Tarn's, or belongs to another database.",
                "Set `slot` in the source's file to a name of its own."
            ),
            (row[1] == "t", "The server is a standby.", "Connect to the primary server."),
            (
                !hasSlot && !Self.isPositive(row[2]), "No replication slot is free.",
                "ALTER SYSTEM SET max_replication_slots = 20; -- then restart the server"
            ),
            (
                !Self.isPositive(row[3]), "No WAL sender is free.",
                "ALTER SYSTEM SET max_wal_senders = 20; -- then restart the server"
            ),
            (row[4] != "t", "The user \(user) may not replicate.", "ALTER ROLE \(user) REPLICATION;"),
            (
                row[6] == "SQL_ASCII", "The database has no encoding (SQL_ASCII).",
                "Capture a database with an encoding, best UTF8."
            ),
        ]
        return findings.filter(\.0).map { SetupProblem(message: $0.1, remedy: $0.2) }
    }

    private static func isPositive(_ text: String?) -> Bool { (text.flatMap { Int($0) } ?? 0) > 0 }

    private static func problems(of table: SourceTable, _ types: TypeCatalog) -> [SetupProblem] {
        var problems: [SetupProblem] = []
        if !table.isReadable {
            problems.append(
                SetupProblem(
                    message: "Table \(table.qualifiedName) may not be read.",
                    remedy: "GRANT USAGE ON SCHEMA \(table.namespace.quoted) TO CURRENT_USER; "
                        + "GRANT SELECT ON \(table.sql) TO CURRENT_USER; -- CURRENT_USER: the user of the connection"
                )
            )
        }
        if let stop = table.identityStop { problems.append(SetupProblem(message: stop.message, remedy: stop.remedy)) }
        if table.hasIdentity, table.key.isEmpty {
            problems.append(
                SetupProblem(
                    message: "Table \(table.qualifiedName) has no key: it is kept in bronze only.",
                    remedy: "ALTER TABLE \(table.sql) ADD PRIMARY KEY (…);",
                    isWarning: true
                )
            )
        }
        if table.isPartitioned {
            problems.append(
                SetupProblem(
                    message:
                        "Truncating, detaching or dropping single partitions of \(table.qualifiedName) is not seen, nor "
                        + "are the rows of a table that is attached as one (ATTACH PARTITION).",
                    remedy: "DELETE or INSERT the rows instead, or add the source anew afterwards.",
                    isWarning: true
                )
            )
        }
        if case .failure(let error) = table.captured(types) {
            problems.append(SetupProblem(message: error.message, remedy: error.remedy))
        }
        return problems
    }

    private func publication(_ tables: [SourceTable]) async throws(TarnError) -> [SetupProblem] {
        let publication = Publication(name: configuration.publication, session: session)
        let state = try await publication.state()
        guard state.exists else {
            if tables.isEmpty { return [] }
            if try await mayPublish(tables) { return [] }
            return [
                SetupProblem(
                    message:
                        "The publication \(configuration.publication) does not exist, and this user may not create it.",
                    remedy: publication.creation(tables)
                )
            ]
        }
        let name = configuration.publication.quoted
        let missing = tables.filter { !state.tables.contains($0.oid) }
        let narrowed = tables.filter { state.narrowed.contains($0.oid) }
        var problems: [SetupProblem] = []
        if !missing.isEmpty, !state.isOwn {
            let names = missing.map(\.qualifiedName).joined(separator: ", ")
            problems.append(
                SetupProblem(message: "The publication does not cover \(names).", remedy: publication.addition(missing))
            )
        }
        if !state.publishesEverything {
            problems.append(
                SetupProblem(
                    message: "The publication leaves out kinds of changes.",
                    remedy: "ALTER PUBLICATION \(name) SET (publish = 'insert, update, delete, truncate');"
                )
            )
        }
        for table in narrowed {
            problems.append(
                SetupProblem(
                    message: "The publication sends only a part of \(table.qualifiedName).",
                    remedy:
                        "ALTER PUBLICATION \(name) DROP TABLE \(table.sql); "
                        + "ALTER PUBLICATION \(name) ADD TABLE \(table.sql);"
                )
            )
        }
        if tables.contains(where: \.isPartitioned), !state.viaRoot {
            problems.append(
                SetupProblem(
                    message: "The publication names partitions instead of their root.",
                    remedy: "ALTER PUBLICATION \(name) SET (publish_via_partition_root = true);"
                )
            )
        }
        return problems
    }

    /// Creating a publication takes CREATE on the database and ownership of each table.
    private func mayPublish(_ tables: [SourceTable]) async throws(TarnError) -> Bool {
        let oids = "{" + tables.map { String($0.oid) }.joined(separator: ",") + "}"
        let rows = try await session.rows(
            """
            SELECT has_database_privilege(current_database(), 'CREATE')
                AND NOT EXISTS (
                    SELECT FROM pg_class WHERE oid = ANY($1::oid[]) AND NOT pg_has_role(relowner, 'USAGE')
                )
            """,
            [oids]
        )
        return rows.first?[0] == "t"
    }
}
