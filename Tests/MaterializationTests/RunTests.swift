import Base
import Checks
import Columns
import Iceberg
import Lake
import Testing

@testable import Materialization

/// Runs of assets on a real lake.
@Suite struct RunTests {
    private static let sales = "SELECT id, day, amount FROM raw.orders WHERE amount IS NOT NULL"
    private static let daily = "SELECT day, sum(amount) AS revenue FROM gold.sales GROUP BY day"

    private func shop(_ world: World) async throws {
        try await world.sql(
            "CREATE TABLE raw.orders AS SELECT * FROM (VALUES (1, DATE '2026-01-01', 10), (2, DATE '2026-01-01', 5), "
                + "(3, DATE '2026-01-02', 7)) AS t(id, day, amount)",
            "CREATE TABLE raw.customers AS SELECT 1 AS id, 'DE' AS country"
        )
        world.asset(
            "gold.sales",
            "description: What was sold.\ncolumns:\n  - name: id\n    description: Of the order.\n"
                + "checks:\n  - {unique: id}\n  - {positive: {column: amount}}",
            Self.sales
        )
        world.asset("gold.daily", "checks: [row_count > 0]", Self.daily)
        world.asset("gold.countries", "", "SELECT country, count(*) AS customers FROM raw.customers GROUP BY country")
    }

    @Test("assets are built after what they are made of, and published in one commit that says what they are made of")
    func builds() async throws {
        try await World.with { world in
            try await shop(world)
            let before = try await world.lake.refresh()
            let report = try await world.materialize()
            #expect(report.outcomes == ["gold.countries succeeded", "gold.sales succeeded", "gold.daily succeeded"])
            #expect(report.isSuccess && report.branch == nil)
            let state = try await world.lake.refresh()
            #expect(state.version == report.version && state.branches.isEmpty)
            #expect(state.tables[TableName(namespace: "gold", name: "daily")]?.owner == .assets)
            #expect(try await world.rows("FROM gold.daily ORDER BY day") == ["2026-01-01|15", "2026-01-02|7"])

            let record = try await world.lake.record(state.version)
            #expect(record.commits.count == 1)
            let details = try #require(record.commits.first?.details)
            #expect(details["run"]?.string == report.run)
            #expect(details["base"]?.integer == before.version)
            let daily = try #require(details["assets"]?["gold.daily"])
            let sales = state.tables[TableName(namespace: "gold", name: "sales")]
            #expect(daily["inputs"]?["gold.sales"]?["snapshot"]?.integer == sales?.snapshotID)
            #expect(daily["checks"]?.array?.first?["outcome"] == "pass")
            let published = try await PublishedAssets(world.lake).last(of: [TableName(namespace: "gold", name: "daily")]
            )
            #expect(published.values.first?.version == state.version)
            let orders = before.tables[TableName(namespace: "raw", name: "orders")]
            let salesAsset = try await PublishedAssets(world.lake).last(of: [
                TableName(namespace: "gold", name: "sales")
            ])
            #expect(salesAsset.values.first?.inputs.values.first?.snapshot == orders?.snapshotID)
            let metadata = try await world.lake.reader.metadata(try #require(sales))
            #expect(metadata.property("comment") == "What was sold.")
            #expect(try metadata.currentSchema.field(named: "id")?.documentation == "Of the order.")
            #expect(
                try await world.rows(
                    "SELECT table_name, check_name, outcome, published FROM tarn.check_results ORDER BY 1, 2"
                )
                    == [
                        "gold.daily|row_count > 0|pass|true", "gold.sales|positive(amount)|pass|true",
                        "gold.sales|unique(id)|pass|true",
                    ]
            )
        }
    }

    @Test("what a check stands against is not published, nor what is made of it; the rest is")
    func rejects() async throws {
        try await World.with { world in
            try await shop(world)
            try await world.materialize()
            let good = try await world.lake.refresh().version
            try await world.sql(
                "INSERT INTO raw.orders VALUES (4, DATE '2026-01-03', -1), (4, DATE '2026-01-03', 2)",
                "INSERT INTO raw.customers VALUES (2, 'FR')"
            )
            let report = try await world.materialize()
            #expect(
                report.outcomes == [
                    "gold.countries succeeded", "gold.sales rejected by unique(id), positive(amount)",
                    "gold.daily skipped because of gold.sales",
                ]
            )
            #expect(try await world.rows("FROM gold.daily ORDER BY day") == ["2026-01-01|15", "2026-01-02|7"])
            #expect(try await world.rows("FROM gold.sales") == world.rows("FROM gold.sales", at: .version(good)))
            #expect(try await world.rows("FROM gold.countries ORDER BY 1") == ["DE|1", "FR|1"])

            let failed = try #require(report.steps.first { $0.asset.name == "sales" }?.blocking.last)
            #expect(failed.sampleKeys == ["id=4"] && failed.failingRows == 1)
            let branch = try #require(report.branch)
            #expect(try await world.rows(failed.query ?? "", at: .branch(branch)) == ["4|2026-01-03|-1"])
            let results =
                "SELECT check_name, outcome, published FROM tarn.check_results "
                + "WHERE run_id = '\(report.run)' ORDER BY 1"
            #expect(try await world.rows(results) == ["positive(amount)|fail|false", "unique(id)|fail|false"])

            try await world.sql("DELETE FROM raw.orders WHERE id = 4")
            let next = try await world.materialize()
            #expect(next.isSuccess && next.branch == nil)
            #expect(try await world.lake.refresh().branches.isEmpty)
        }
    }

    @Test("a failed run is gone on with: what succeeded is not built again, what did not is, on what there is now")
    func resumes() async throws {
        try await World.with { world in
            try await shop(world)
            try await world.sql("INSERT INTO raw.orders VALUES (4, DATE '2026-01-03', -1)")
            #expect(try await world.materialize().isSuccess == false)
            try await world.sql("DELETE FROM raw.orders WHERE id = 4")
            let second = try #require(try await world.resume())
            #expect(second.outcomes == ["gold.sales succeeded", "gold.daily succeeded"])
            #expect(try await world.resume() == nil)
            #expect(try await world.rows("FROM gold.daily ORDER BY day") == ["2026-01-01|15", "2026-01-02|7"])
        }
    }

    @Test("a run that ended in the middle goes on with its branch; what was changed meanwhile is built anew")
    func resumesInterrupted() async throws {
        try await World.with { world in
            try await world.sql("CREATE TABLE raw.news AS SELECT 1 AS id")
            world.asset("gold.kept", "materialized: append", "SELECT id FROM raw.news")
            world.asset("gold.next", "", "SELECT count(*) AS n FROM gold.kept")
            try await world.interrupt(after: "gold.kept")
            #expect(try await world.lake.refresh().branches.count == 1)
            let resumed = try #require(try await world.resume())
            #expect(resumed.outcomes == ["gold.kept succeeded before", "gold.next succeeded"])
            #expect(try await world.rows("FROM gold.next") == ["1"])

            try await world.interrupt(after: "gold.kept")
            world.asset("gold.kept", "materialized: append", "SELECT id + 10 AS id FROM raw.news")
            let changed = try #require(try await world.resume())
            #expect(changed.outcomes == ["gold.kept succeeded", "gold.next succeeded"])
            #expect(try await world.rows("FROM gold.kept ORDER BY id") == ["1", "11"])
            #expect(try await world.resume() == nil)

            try await world.interrupt(after: "gold.kept", fullRefresh: true)
            _ = try await world.resume()
            #expect(try await world.rows("FROM gold.kept") == ["11"])
        }
    }

    @Test("nobody else writes a run's branch, and what is on it comes to the lake by its run alone")
    func guarded() async throws {
        try await World.with { world in
            try await shop(world)
            world.asset("gold.sales", "checks: [row_count > 100]", Self.sales)
            let branch = try #require(try await world.materialize().branch)
            for statement in [
                "INSERT INTO raw.orders AT (BRANCH => '\(branch)') VALUES (9, DATE '2026-01-01', 1)",
                "DROP TABLE gold.sales AT (BRANCH => '\(branch)')", "PUBLISH BRANCH \"\(branch)\"",
                "CREATE BRANCH \"_run/mine\"",
            ] {
                await #expect(throws: TarnError.self, "\(statement)") { try await world.sql(statement) }
            }
            await #expect(throws: TarnError.self) {
                try await world.lake.rollback(to: .branch(branch), as: .user("test"))
            }
            #expect(try await world.lake.refresh().tables[TableName(namespace: "gold", name: "sales")] == nil)
        }
    }

    @Test("a table that somebody made under an asset's name is left alone")
    func taken() async throws {
        try await World.with { world in
            try await shop(world)
            let request = try await world.compile()
            try await world.sql("CREATE TABLE gold.sales AS SELECT 'precious' AS note")
            let report = try await world.materialize([TableName(namespace: "gold", name: "sales")], of: request)
            #expect(report.outcomes == ["gold.sales broken: The lake has a table of this name that is no asset."])
            #expect(try await world.rows("FROM gold.sales") == ["precious"])
        }
    }

    @Test("with nothing good there is nothing new to see, but the results")
    func nothingGood() async throws {
        try await World.with { world in
            try await shop(world)
            world.asset("gold.sales", "checks: [row_count > 100]", Self.sales)
            let report = try await world.materialize("gold.sales+")
            #expect(report.version == nil)
            #expect(try await world.lake.refresh().tables[TableName(namespace: "gold", name: "sales")] == nil)
            #expect(try await world.rows("SELECT outcome FROM tarn.check_results") == ["fail"])
        }
    }

    @Test("an asset that cannot be built says why, and the others go on")
    func breaks() async throws {
        try await World.with { world in
            try await shop(world)
            world.asset("gold.countries", "", "SELECT CAST(country AS int) AS code FROM raw.customers")
            let report = try await world.materialize()
            #expect(report.outcomes[0].hasPrefix("gold.countries broken: "))
            #expect(!report.outcomes[0].contains("DE"))
            #expect(report.outcomes.dropFirst() == ["gold.sales succeeded", "gold.daily succeeded"])
        }
    }

    @Test("an asset whose input was never built says so")
    func neverBuilt() async throws {
        try await World.with { world in
            try await shop(world)
            let report = try await world.materialize("gold.daily")
            #expect(report.outcomes == ["gold.daily broken: What the asset is made of was never built."])
        }
    }

    @Test("a rollback of the whole lake leaves the results of checks; a person may drop an asset's table, and no other")
    func tables() async throws {
        try await World.with { world in
            try await shop(world)
            let before = try await world.lake.refresh().version
            try await world.materialize()
            try await world.lake.rollback(to: .version(before), as: .user("test"))
            #expect(try await world.rows("SELECT count(*) FROM tarn.check_results") == ["3"])
            #expect(try await world.materialize().isSuccess)
            try await world.sql("DROP TABLE gold.daily")
            #expect(try await world.lake.refresh().tables[TableName(namespace: "gold", name: "daily")] == nil)
            for statement in ["DROP TABLE tarn.check_results", "DELETE FROM gold.sales WHERE id = 1"] {
                await #expect(throws: TarnError.self) { try await world.sql(statement) }
            }
        }
    }

    @Test("modified are those whose plan is not the published one")
    func modified() async throws {
        try await World.with { world in
            try await shop(world)
            try await world.materialize()
            world.asset(
                "gold.daily",
                "description: other words alone\nchecks: [row_count > 0]",
                Self.daily + " -- a day"
            )
            #expect(try await world.materialize("state:modified").steps.isEmpty)
            world.asset("gold.daily", "checks: [row_count > 0]", Self.daily.replacing("sum", with: "max"))
            #expect(try await world.materialize("state:modified").outcomes == ["gold.daily succeeded"])
        }
    }

    @Test("what a run measured is what the next one compares itself with")
    func deviation() async throws {
        try await World.with { world in
            try await shop(world)
            world.asset("gold.sales", "checks:\n  - {row_count_change: 50%}", Self.sales)
            let first = try await world.materialize("gold.sales")
            #expect(first.outcomes == ["gold.sales rejected by row_count_change"])
            #expect(try await world.materialize("gold.sales").isSuccess)
            try await world.sql("INSERT INTO raw.orders SELECT id + 10, day, amount FROM raw.orders")
            #expect(!(try await world.materialize("gold.sales").isSuccess))
            #expect(!(try await world.materialize("gold.sales").isSuccess))
        }
    }
}
