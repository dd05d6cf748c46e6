import GRDB

/// The schema of the state database as numbered steps. A step that has shipped never changes.
enum StateMigrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: log index") { database in
            try database.execute(
                sql: """
                    CREATE TABLE log_record (
                        version INTEGER PRIMARY KEY, time INTEGER NOT NULL, body TEXT NOT NULL
                    );
                    CREATE INDEX log_record_time ON log_record (time);
                    CREATE TABLE table_state (
                        name TEXT NOT NULL, version INTEGER NOT NULL, body TEXT,
                        PRIMARY KEY (name, version)
                    ) WITHOUT ROWID;
                    CREATE TABLE source_state (
                        name TEXT NOT NULL, version INTEGER NOT NULL, body TEXT,
                        PRIMARY KEY (name, version)
                    ) WITHOUT ROWID;
                    CREATE TABLE lake (id TEXT PRIMARY KEY) WITHOUT ROWID;
                    """
            )
        }
        migrator.registerMigration("2: source control") { database in
            try database.execute(
                sql: "CREATE TABLE paused_source (name TEXT PRIMARY KEY) WITHOUT ROWID;"
            )
        }
        // The index is refilled from the log.
        migrator.registerMigration("3: branches") { database in
            try database.execute(
                sql: """
                    DELETE FROM log_record;
                    DROP TABLE table_state;
                    DROP TABLE source_state;
                    CREATE TABLE entry (
                        kind TEXT NOT NULL, branch TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
                        body TEXT, PRIMARY KEY (kind, branch, name, version)
                    ) WITHOUT ROWID;
                    """
            )
        }
        migrator.registerMigration("4: runs") { database in
            try database.execute(
                sql: """
                    CREATE TABLE run (
                        id TEXT PRIMARY KEY, trigger TEXT NOT NULL, base INTEGER NOT NULL,
                        full_refresh INTEGER NOT NULL, status TEXT NOT NULL,
                        started INTEGER NOT NULL, ended INTEGER, version INTEGER
                    ) WITHOUT ROWID;
                    CREATE INDEX run_started ON run (started);
                    CREATE TABLE run_step (
                        run TEXT NOT NULL, number INTEGER NOT NULL, asset TEXT NOT NULL, status TEXT NOT NULL,
                        plan_hash TEXT NOT NULL, seconds REAL, details TEXT NOT NULL,
                        PRIMARY KEY (run, asset)
                    ) WITHOUT ROWID;
                    """
            )
        }
        return migrator
    }
}
