import Base
import Lake
import Testing

@testable import Assets
@testable import Materialization

/// Which assets a running Tarn builds again.
@Suite struct RefreshTests {
    private struct Rig {
        let world: World
        var planner = RefreshPlanner()

        func due() async throws -> [String] {
            try await planner.due(world.compile(), world.lake.refresh(), now: world.time.now()).map(\.name)
        }

        /// Builds what is due, as the supervisor does.
        mutating func build() async throws -> [String] {
            let project = try await world.compile()
            let startedAt = world.time.now()
            let due = planner.due(project, try await world.lake.refresh(), now: startedAt)
            guard !due.isEmpty else { return [] }
            let report = try await world.materialize(due, of: project)
            planner.take(
                report,
                of: project,
                base: try await world.lake.state(at: .version(report.base)),
                after: try await world.lake.refresh(),
                startedAt: startedAt
            )
            return report.outcomes
        }

        func wait(_ seconds: Int64) { world.time.advance(microseconds: seconds * 1_000_000) }
    }

    private func rig(_ world: World) async throws -> Rig {
        try await world.sql(
            "CREATE TABLE raw.orders AS SELECT 1 AS id, 10 AS amount",
            "CREATE TABLE raw.other AS SELECT 1 AS id"
        )
        world.asset("gold.sales", "checks: [min(amount) > 0]", "SELECT id, amount FROM raw.orders")
        world.asset("gold.daily", "", "SELECT sum(amount) AS revenue FROM gold.sales")
        world.asset("gold.rare", "every: 1h", "SELECT count(*) AS sales FROM gold.sales")
        world.asset("gold.others", "", "SELECT id FROM raw.other")
        return Rig(world: world)
    }

    @Test("what has changed is built again, with what is made of it, and at most as often as it may")
    func changes() async throws {
        try await World.with { world in
            var rig = try await rig(world)
            #expect(try await rig.build().count == 4)
            #expect(try await rig.due() == [])
            try await world.sql("INSERT INTO raw.orders VALUES (2, 5)")
            #expect(try await rig.due() == [], "too soon")
            rig.wait(1000)
            #expect(try await rig.build() == ["gold.sales succeeded", "gold.daily succeeded"])
            rig.wait(1000)
            #expect(try await rig.due() == [])
            rig.wait(3600)
            #expect(try await rig.due() == ["rare"])
            #expect(try await world.rows("FROM gold.daily") == ["15"])
        }
    }

    @Test("what does not pass is tried again when there is something new, and not before")
    func failures() async throws {
        try await World.with { world in
            var rig = try await rig(world)
            _ = try await rig.build()
            try await world.sql("INSERT INTO raw.orders VALUES (2, -5)")
            rig.wait(1000)
            #expect(
                try await rig.build() == [
                    "gold.sales rejected by min(amount) > 0", "gold.daily skipped because of gold.sales",
                ]
            )
            rig.wait(1000)
            #expect(try await rig.due() == [])
            try await world.sql("DELETE FROM raw.orders WHERE amount < 0")
            #expect(try await rig.build() == ["gold.sales succeeded", "gold.daily succeeded"])
            #expect(try await rig.due() == [])
        }
    }

    @Test("a changed file is built at once, and what is published is known to the next process")
    func definitions() async throws {
        try await World.with { world in
            var rig = try await rig(world)
            _ = try await rig.build()
            world.asset("gold.others", "", "SELECT id + 1 AS id FROM raw.other")
            #expect(try await rig.build() == ["gold.others succeeded"])

            var next = Rig(world: world)
            let project = try await world.compile()
            next.planner.know(try await PublishedAssets(world.lake).last(of: next.planner.unknown(of: project)))
            #expect(try await next.due() == [])
            try await world.sql("INSERT INTO raw.other VALUES (7)")
            next.wait(1000)
            #expect(try await next.build() == ["gold.others succeeded"])
        }
    }

    @Test("a table that somebody took away is built again")
    func gone() async throws {
        try await World.with { world in
            var rig = try await rig(world)
            _ = try await rig.build()
            try await world.sql("DROP TABLE gold.others")
            rig.wait(1000)
            #expect(try await rig.build() == ["gold.others succeeded"])
        }
    }

    @Test("an asset with a check that cannot be understood is not built, nor what is made of it")
    func unsound() async throws {
        try await World.with { world in
            var rig = try await rig(world)
            world.asset("gold.sales", "checks: [min(amount) > zero]", "SELECT id, amount FROM raw.orders")
            #expect(try await rig.build() == ["gold.others succeeded"])
        }
    }

    @Test("an asset whose inputs are not there yet waits for them")
    func missing() async throws {
        try await World.with { world in
            let rig = try await rig(world)
            let project = try await world.compile()
            let names = rig.planner.due(project, .empty, now: world.time.now())
            #expect(names == [])
        }
    }
}
