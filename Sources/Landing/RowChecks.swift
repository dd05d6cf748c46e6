package import Base
package import Checks
import Columns
package import Engine
import Iceberg
import Lake

/// The checks of rows that a source's mirrors have, and where they are evaluated.
package struct RowChecks: Sendable {
    /// Waits so long; ends early when its task is cancelled.
    package typealias Sleep = @Sendable (Duration) async -> Void
    /// What runs in place of SQL that a person wrote; throws for what is not allowed.
    package typealias Allowed = @Sendable (SQLFragment) throws(TarnError) -> String

    /// By silver table.
    let tables: [TableName: [Check]]
    private let engine: Engine
    private let sql: Allowed
    private let sleep: Sleep

    /// - Parameters:
    ///   - tables: by silver table; checks that need more than the rows that changed are left out.
    ///   - engine: reads files of the warehouse, and can reach nothing else.
    ///   - sleep: waits for the time limit of an evaluation; tests let it end at once.
    package init(
        _ tables: [TableName: [Check]],
        engine: Engine,
        sql: @escaping Allowed,
        sleep: @escaping Sleep = { try? await Task.sleep(for: $0) }
    ) {
        self.tables = tables.mapValues { $0.filter(\.isOfRows) }.filter { !$0.value.isEmpty }
        self.engine = engine
        self.sql = sql
        self.sleep = sleep
    }

    /// Nil for a table without checks: it pays nothing.
    func evaluator(of table: TableName) throws(TarnError) -> RowEvaluator? {
        guard let checks = tables[table] else { return nil }
        return RowEvaluator(
            table: table,
            checks: checks,
            connection: try engine.connect(),
            sql: sql,
            sleep: sleep
        )
    }
}

/// What the checks of one table counted in the rows of one commit.
struct RowEvaluation: Sendable {
    let table: TableName
    let plan: CheckPlan
    let tallies: [RowTally]
    let time: Timestamp
    /// It was given up: another attempt would hold up the source again.
    var isTooSlow = false
}

/// Evaluates the checks of one mirror on the rows that a commit is going to add.
struct RowEvaluator: Sendable {
    let table: TableName
    let checks: [Check]
    fileprivate let connection: EngineConnection
    fileprivate let sql: RowChecks.Allowed
    fileprivate let sleep: RowChecks.Sleep

    /// The files of the commit are written and named by nothing yet: they hold just the rows that changed, and the
    /// engine reads the columns that it needs. Whatever goes wrong is a result, too: capture goes on.
    ///
    /// - Returns: nil when the commit adds no rows.
    func evaluate(_ change: TableChange, schema: Schema, at time: Timestamp) async -> RowEvaluation? {
        guard !change.addedDataFiles.isEmpty else { return nil }
        let relation = "(\(ScanSQL(addedBy: change, to: schema).select))"
        let checked = CheckedTable(name: table, relation: relation, schema: schema)
        let plan = CheckPlan(checks, of: checked, CheckContext(now: time, sql: sql))
        do throws(TarnError) {
            let tallies = try await tallies(plan, rowCount: change.addedDataFiles.reduce(0) { $0 + $1.recordCount })
            return RowEvaluation(table: table, plan: plan, tallies: tallies, time: time)
        } catch {
            let tally = RowTally(failure: Self.tooSlow)
            let tallies = Array(repeating: tally, count: checks.count)
            return RowEvaluation(table: table, plan: plan, tallies: tallies, time: time, isTooSlow: true)
        }
    }

    /// - Throws: when the time is over.
    private func tallies(_ plan: CheckPlan, rowCount: Int64) async throws(TarnError) -> [RowTally] {
        let limit = Self.timeLimit + Self.timeLimitPerRow * Int(clamping: rowCount)
        let (sleep, connection) = (sleep, connection)
        let run = { @Sendable (sql: String) async throws(TarnError) in try await self.run(sql) }
        let result = await withTaskGroup(of: Result<[RowTally], TarnError>?.self) { group in
            group.addTask {
                do throws(TarnError) { return .success(try await plan.tallies(run)) } catch { return .failure(error) }
            }
            group.addTask {
                await sleep(limit)
                // Again and again: between two statements there is nothing to interrupt.
                while !Task.isCancelled {
                    connection.interrupt()
                    await sleep(.seconds(1))
                }
                return nil
            }
            for await result in group {
                guard let result else { continue }
                group.cancelAll()
                return result
            }
            return Result<[RowTally], TarnError>.failure(Self.tooSlow)
        }
        return try result.get()
    }

    /// What the engine says of files stays inside: the names of local folders are nobody's business.
    private func run(_ sql: String) async throws(TarnError) -> [ColumnBatch] {
        do throws(TarnError) {
            return try await connection.query(sql).batches
        } catch {
            guard error.description.contains(".parquet") else { throw error }
            throw TarnError(.engineFailed, "The files of the rows that changed cannot be read.")
        }
    }

    private static let timeLimit = Duration.seconds(30)
    private static let timeLimitPerRow = Duration.microseconds(20)
    private static let tooSlow = TarnError(
        .queryLimit,
        "The evaluation took too long: the checks of this table wait until the source starts again."
    )
}
