package import Base
import GRDB

/// One run of assets as this machine remembers it.
package struct RunRecord: Sendable, Equatable {
    /// How it ended.
    package enum Status: String, Sendable {
        /// Not ended, as far as is known: a run whose process died stays so.
        case running
        /// Every step succeeded.
        case succeeded
        /// At least one step did not.
        case failed
        /// Ended by a person or a signal before its steps were done.
        case interrupted
    }

    package var id: String
    /// What began it: `manual`, `resume` or `inputs`.
    package var trigger: String
    /// The version of main that its steps read.
    package var base: Int64
    /// Tables were made anew, whatever their materialisation.
    package var isFullRefresh: Bool
    package var status: Status
    package var startedAt: Timestamp
    package var endedAt: Timestamp?
    /// The version that published its tables; nil where nothing was published.
    package var version: Int64?

    package init(
        id: String,
        trigger: String,
        base: Int64,
        isFullRefresh: Bool = false,
        startedAt: Timestamp
    ) {
        self.id = id
        self.trigger = trigger
        self.base = base
        self.isFullRefresh = isFullRefresh
        self.startedAt = startedAt
        status = .running
    }
}

/// One asset's part of a run.
package struct StepRecord: Sendable, Equatable {
    /// How it ended.
    package enum Status: String, Sendable {
        /// Not begun, or begun and never ended.
        case waiting
        case succeeded
        case failed
        /// What it is made of did not succeed.
        case skipped
    }

    package var asset: String
    package var status: Status
    package var planHash: String
    package var seconds: Double?
    /// In the form of whoever ran the step.
    package var details: JSONValue

    package init(
        asset: String,
        status: Status,
        planHash: String,
        seconds: Double? = nil,
        details: JSONValue = .null
    ) {
        self.asset = asset
        self.status = status
        self.planHash = planHash
        self.seconds = seconds
        self.details = details
    }
}

/// The runs of assets on this machine. What they published is in the lake's log, whatever becomes of this.
package struct RunHistory: Sendable {
    private let database: StateDatabase
    /// Of all runs together; the newest run is kept whole, whatever its size.
    private static let stepsMax = 50_000

    package init(_ database: StateDatabase) { self.database = database }

    /// Takes a new run with all its steps, in their order, and forgets the oldest runs.
    package func begin(_ run: RunRecord, _ steps: [StepRecord]) throws(TarnError) {
        try database.write { database in
            // One run at a time: what else is said to run has died.
            try database.execute(
                sql: "UPDATE run SET status = ? WHERE status = ?",
                arguments: [RunRecord.Status.interrupted.rawValue, RunRecord.Status.running.rawValue]
            )
            try database.execute(
                sql: "INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",
                arguments: [
                    run.id, run.trigger, run.base, run.isFullRefresh, run.status.rawValue, run.startedAt.microseconds,
                ]
            )
            for (number, step) in steps.enumerated() {
                try database.execute(
                    sql: "INSERT INTO run_step VALUES (?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        run.id, number, step.asset, step.status.rawValue, step.planHash, step.seconds,
                        step.details.text,
                    ]
                )
            }
            try database.execute(
                sql: """
                    DELETE FROM run WHERE id <> ?1 AND id IN (
                        SELECT id FROM (
                            SELECT id, sum((SELECT count(*) FROM run_step WHERE run = id))
                                OVER (ORDER BY started DESC, id DESC) AS steps
                            FROM run
                        )
                        WHERE steps > ?2
                    )
                    """,
                arguments: [run.id, Self.stepsMax]
            )
            try database.execute(sql: "DELETE FROM run_step WHERE run NOT IN (SELECT id FROM run)")
        }
    }

    package func record(_ step: StepRecord, of run: String) throws(TarnError) {
        try database.write {
            try $0.execute(
                sql: """
                    UPDATE run_step SET status = ?, plan_hash = ?, seconds = ?, details = ? WHERE run = ? AND asset = ?
                    """,
                arguments: [
                    step.status.rawValue, step.planHash, step.seconds, step.details.text, run, step.asset,
                ]
            )
        }
    }

    /// Takes what is known of a run now; its steps stay.
    package func update(_ run: RunRecord) throws(TarnError) {
        try database.write {
            try $0.execute(
                sql: "UPDATE run SET base = ?, status = ?, ended = ?, version = ? WHERE id = ?",
                arguments: [run.base, run.status.rawValue, run.endedAt?.microseconds, run.version, run.id]
            )
        }
    }

    /// The newest first.
    package func runs(limit: Int) throws(TarnError) -> [RunRecord] {
        try database.read {
            try Row.fetchAll($0, sql: "SELECT * FROM run ORDER BY started DESC, id DESC LIMIT ?", arguments: [limit])
                .map(RunRecord.init)
        }
    }

    /// Nil for a run that is not known here.
    package func run(_ id: String) throws(TarnError) -> RunRecord? {
        try database.read {
            try Row.fetchOne($0, sql: "SELECT * FROM run WHERE id = ?", arguments: [id]).map(RunRecord.init)
        }
    }

    /// In their order.
    package func steps(of run: String) throws(TarnError) -> [StepRecord] {
        let rows = try database.read {
            try Row.fetchAll($0, sql: "SELECT * FROM run_step WHERE run = ? ORDER BY number", arguments: [run])
                .map { row -> (StepRecord, String) in
                    let step = StepRecord(
                        asset: row["asset"],
                        status: StepRecord.Status(rawValue: row["status"]) ?? .waiting,
                        planHash: row["plan_hash"],
                        seconds: row["seconds"]
                    )
                    return (step, row["details"])
                }
        }
        var steps: [StepRecord] = []
        for (step, text) in rows {
            var step = step
            step.details = try JSONParser.parse(Array(text.utf8), subject: "step of a run")
            steps.append(step)
        }
        return steps
    }
}

extension RunRecord {
    fileprivate init(_ row: Row) {
        self.init(
            id: row["id"],
            trigger: row["trigger"],
            base: row["base"],
            isFullRefresh: row["full_refresh"],
            startedAt: Timestamp(microseconds: row["started"])
        )
        status = Status(rawValue: row["status"]) ?? .interrupted
        endedAt = (row["ended"] as Int64?).map { Timestamp(microseconds: $0) }
        version = row["version"]
    }
}
