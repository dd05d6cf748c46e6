import Base
import Columns
import Iceberg
import Lake
import Testing

@testable import Materialization

/// How new rows become an asset's table.
@Suite struct KindTests {
    private static let name = TableName(namespace: "gold", name: "kept")

    private func schema(_ world: World) async throws -> Schema {
        let state = try #require(try await world.lake.refresh().tables[Self.name])
        return try await world.lake.reader.metadata(state).currentSchema
    }

    private func build(_ world: World, fullRefresh: Bool = false) async throws -> [String] {
        let report = try await world.materialize(fullRefresh: fullRefresh)
        #expect(report.isSuccess, "\(report.outcomes)")
        return try await world.rows("FROM gold.kept ORDER BY ALL")
    }

    @Test("append adds rows")
    func append() async throws {
        try await World.with { world in
            try await world.sql("CREATE TABLE raw.news AS SELECT 1 AS id")
            world.asset("gold.kept", "materialized: append", "SELECT id FROM raw.news")
            #expect(try await build(world) == ["1"])
            try await world.sql("DELETE FROM raw.news WHERE id = 1", "INSERT INTO raw.news VALUES (2)")
            #expect(try await build(world) == ["1", "2"])
            try await world.sql("DELETE FROM raw.news WHERE id = 2")
            #expect(try await build(world) == ["1", "2"])
            #expect(try await build(world, fullRefresh: true) == [])
        }
    }

    @Test("an asset reads its own rows as they were before the run, and a step that is repeated begins anew")
    func itself() async throws {
        try await World.with { world in
            try await world.sql("CREATE TABLE raw.news AS SELECT CAST(1 AS bigint) AS id")
            world.asset(
                "gold.kept",
                "materialized: append\ncontract: {id: bigint}",
                "SELECT id FROM raw.news WHERE id > coalesce((SELECT max(id) FROM gold.kept), 0)"
            )
            #expect(try await build(world) == ["1"])
            try await world.sql("INSERT INTO raw.news VALUES (2), (3)")
            #expect(try await build(world) == ["1", "2", "3"])
            #expect(try await build(world) == ["1", "2", "3"])
        }
    }

    @Test("merge puts rows in the place of those with the same key, and refuses two of one key")
    func merge() async throws {
        try await World.with { world in
            try await world.sql(
                "CREATE TABLE raw.news AS SELECT * FROM (VALUES (1, 'a', 'x'), (1, 'b', 'y'), (2, 'a', 'z')) "
                    + "AS t(id, kind, note)"
            )
            world.asset("gold.kept", "materialized: merge(id, kind)", "SELECT id, kind, note FROM raw.news")
            #expect(try await build(world) == ["1|a|x", "1|b|y", "2|a|z"])
            #expect(try await schema(world).identifierFieldIDs == [1, 2])
            try await world.sql(
                "DELETE FROM raw.news WHERE id > 0",
                "INSERT INTO raw.news VALUES (1, 'b', 'new'), (3, 'a', 'also')"
            )
            #expect(try await build(world) == ["1|a|x", "1|b|new", "2|a|z", "3|a|also"])
            #expect(try await build(world) == ["1|a|x", "1|b|new", "2|a|z", "3|a|also"])

            try await world.sql("INSERT INTO raw.news VALUES (3, 'a', 'again')")
            let twice = try await world.materialize()
            #expect(twice.outcomes == ["gold.kept broken: The statement gives two rows of one key."])
            try await world.sql("DELETE FROM raw.news WHERE id = 3", "INSERT INTO raw.news VALUES (NULL, 'a', 'none')")
            let null = try await world.materialize()
            #expect(null.outcomes == ["gold.kept broken: A required column would get nulls."])
            #expect(try await world.rows("FROM gold.kept ORDER BY ALL").count == 4)
        }
    }

    @Test("partition puts rows in the place of their whole partitions")
    func partition() async throws {
        try await World.with { world in
            try await world.sql(
                "CREATE TABLE raw.news AS SELECT * FROM (VALUES (DATE '2026-01-01', 1), (DATE '2026-01-02', 2), "
                    + "(DATE '2026-01-02', 3)) AS t(day, id)"
            )
            world.asset(
                "gold.kept",
                "materialized: partition\npartition_by: [day(day)]",
                "SELECT day, id FROM raw.news"
            )
            #expect(try await build(world) == ["2026-01-01|1", "2026-01-02|2", "2026-01-02|3"])
            try await world.sql(
                "DELETE FROM raw.news WHERE id <> 3",
                "INSERT INTO raw.news VALUES (DATE '2026-01-03', 4)"
            )
            #expect(try await build(world) == ["2026-01-01|1", "2026-01-02|3", "2026-01-03|4"])
        }
    }

    @Test("the columns of a table that is made anew follow the statement; those that stay keep their ids")
    func columns() async throws {
        try await World.with { world in
            try await world.sql(
                "CREATE TABLE raw.news AS SELECT CAST(1 AS int) AS id, 'a' AS note, DATE '2026-01-01' AS day"
            )
            world.asset("gold.kept", "", "SELECT id, note, day FROM raw.news")
            #expect(try await build(world) == ["1|a|2026-01-01"])
            let before = try await schema(world)
            world.asset(
                "gold.kept",
                "partition_by: [month(day)]",
                "SELECT day, CAST(id AS bigint) AS id, length(note) AS note, 7 AS more FROM raw.news"
            )
            #expect(try await build(world) == ["2026-01-01|1|1|7"])
            let after = try await schema(world)
            #expect(after.fields.map(\.name) == ["day", "id", "note", "more"])
            #expect(after.field(named: "id")?.id == before.field(named: "id")?.id)
            #expect(after.field(named: "id")?.type == .long)
            #expect(after.field(named: "note")?.id != before.field(named: "note")?.id)
            #expect(Set(after.fields.map(\.id)).count == 4)
            #expect(try await world.rows("SELECT * FROM gold.kept WHERE day < DATE '2026-02-01'").count == 1)
        }
    }

    @Test("a partition's column may change its type when the table is made anew")
    func partitionColumn() async throws {
        try await World.with { world in
            try await world.sql("CREATE TABLE raw.news AS SELECT 1 AS id, 7 AS part")
            world.asset("gold.kept", "partition_by: [part]", "SELECT id, part FROM raw.news")
            #expect(try await build(world) == ["1|7"])
            world.asset("gold.kept", "partition_by: [part]", "SELECT id, 'x' || part AS part FROM raw.news")
            #expect(try await build(world) == ["1|x7"])
            #expect(try await world.rows("SELECT id FROM gold.kept WHERE part = 'x7'") == ["1"])
        }
    }

    @Test("rows that were kept without a key, or under another, get none by a change of the header")
    func otherKey() async throws {
        try await World.with { world in
            try await world.sql("CREATE TABLE raw.news AS SELECT * FROM (VALUES (1, 1), (1, 2)) AS t(id, part)")
            world.asset("gold.kept", "materialized: append", "SELECT id, part FROM raw.news")
            #expect(try await build(world).count == 2)
            world.asset("gold.kept", "materialized: merge(id)", "SELECT DISTINCT id, 1 AS part FROM raw.news")
            #expect(try await !world.materialize().isSuccess)
            #expect(try await build(world, fullRefresh: true) == ["1|1"])
        }
    }

    @Test("a table that keeps its rows takes further columns and wider ones, and refuses what its rows do not fit")
    func keptColumns() async throws {
        try await World.with { world in
            try await world.sql("CREATE TABLE raw.news AS SELECT CAST(1 AS int) AS id, 'a' AS note")
            world.asset("gold.kept", "materialized: append", "SELECT id, note FROM raw.news")
            #expect(try await build(world) == ["1|a"])
            world.asset(
                "gold.kept",
                "materialized: append",
                "SELECT CAST(id + 1 AS bigint) AS id, note, 'more' AS more FROM raw.news"
            )
            #expect(try await build(world) == ["1|a", "2|a|more"])
            world.asset("gold.kept", "materialized: append", "SELECT id, 3 AS note, 'more' AS more FROM raw.news")
            #expect(
                try await world.materialize().outcomes == [
                    "gold.kept broken: The table's rows do not fit the statement any more: "
                        + "it was VARCHAR and is INTEGER now."
                ]
            )
            world.asset("gold.kept", "materialized: append", "SELECT id FROM raw.news")
            #expect(!(try await world.materialize().isSuccess))
            #expect(try await build(world, fullRefresh: true) == ["1"])
        }
    }
}
