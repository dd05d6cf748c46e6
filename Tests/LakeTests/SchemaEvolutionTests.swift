import Base
import Columns
import Engine
import Iceberg
import Lake
import TestKit
import Testing

/// Columns that change under rows which are there already, some of them deleted.
@Suite struct SchemaEvolutionTests {
    private static let schema = Schema(
        fields: [
            Field(id: 1, name: "id", type: .int, isRequired: true), Field(id: 2, name: "name", type: .string),
            Field(id: 3, name: "price", type: .decimal(precision: 9, scale: 2)),
            Field(id: 4, name: "ratio", type: .float),
            Field(
                id: 5,
                name: "place",
                type: .structure([Field(id: 6, name: "city", type: .string), Field(id: 7, name: "zip", type: .int)])
            ), Field(id: 8, name: "tags", type: .list(Field(id: 9, name: "element", type: .int))),
        ]
    )

    private static let old = "1, 'a', 1.25, 0.5, {city: 'x', zip: 7}, [1, NULL]"
    private static let oldText = "1|a|1.25|0.5|{'city': x, 'zip': 7}|[1, NULL]"

    /// What is changed, a row for the table afterwards, and what the old and the new row are then.
    private static let cases: [(name: String, changes: [SchemaChange], row: String, before: String, after: String)] = [
        (
            "add", [.add("note", .string)], "2, NULL, NULL, NULL, NULL, NULL, 'n'", "\(oldText)|-",
            "2|-|-|-|-|-|n"
        ),
        (
            "drop and use the name again", [.drop("ratio"), .add("ratio", .string)],
            "2, 'b', 2.5, {city: 'y', zip: 8}, [], 'r'", "1|a|1.25|{'city': x, 'zip': 7}|[1, NULL]|-",
            "2|b|2.50|{'city': y, 'zip': 8}|[]|r"
        ),
        (
            "exchange names", [.rename("id", to: "t"), .rename("name", to: "id"), .rename("t", to: "name")],
            "2, 'b', NULL, NULL, NULL, NULL", oldText, "2|b|-|-|-|-"
        ),
        (
            "move", [.move("tags", .first), .move("id", .after("place"))], "[3], 'b', 2, 3, NULL, 2",
            "[1, NULL]|a|1.25|0.5|{'city': x, 'zip': 7}|1", "[3]|b|2.00|3.0|-|2"
        ),
        (
            "widen",
            [
                .widen("id", to: .long), .widen("price", to: .decimal(precision: 30, scale: 2)),
                .widen("ratio", to: .double), .widen("place.zip", to: .long), .widen("tags.element", to: .long),
            ],
            "5000000000, 'b', 12345678901234567890.25, 1e300, {city: 'y', zip: 6000000000}, [7000000000]", oldText,
            "5000000000|b|12345678901234567890.25|1e+300|{'city': y, 'zip': 6000000000}|[7000000000]"
        ),
        (
            "change inside of a struct",
            [
                .rename("place.city", to: "town"),
                .add("place.land", .structure([Field(id: 0, name: "c", type: .int)])),
                .drop("place.zip"), .move("place.land", .first),
            ],
            "2, 'b', NULL, NULL, {land: {c: 3}, town: 'y'}, NULL", "1|a|1.25|0.5|{'land': NULL, 'town': x}|[1, NULL]",
            "2|b|-|-|{'land': {'c': 3}, 'town': y}|-"
        ),
        (
            "drop a child that was widened", [.widen("place.zip", to: .long)],
            "2, 'b', NULL, NULL, {city: 'y', zip: 6000000000}, NULL", oldText,
            "2|b|-|-|{'city': y, 'zip': 6000000000}|-"
        ),
        ("make optional", [.makeOptional("id")], "NULL, 'b', 1, 1, NULL, NULL", oldText, "-|b|1.00|1.0|-|-"),
    ]

    @Test("every step leaves old rows, their deletes and earlier versions as they were", arguments: 0..<cases.count)
    func steps(number: Int) async throws {
        let sample = Self.cases[number]
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            var request = CommitRequest(cause: "test", message: "create")
            request.tables[orders] = .create(
                NewTable(folder: TableFolder(orders, entropy: fixture.entropy), owner: .open, schema: Self.schema)
            )
            try await fixture.lake.commit(request, as: .system)
            let first = try await append(fixture, "VALUES (9, 'gone', 1, 1, NULL, NULL), (\(Self.old))")
            var delete = TableChange(.delete)
            let table = try #require(TableFolder(try await fixture.state(orders)))
            delete.addedDeleteFiles = [
                try await fixture.writer.writeDeletes(of: first[0], positions: [0], into: table)
            ]
            try await commit(fixture, delete)
            let before = try await fixture.lake.refresh().version

            var change = TableChange(.replace)
            change.schemaChanges = sample.changes
            try await commit(fixture, change)
            #expect(try await rows(fixture) == [sample.before], "\(sample.name)")
            let second = try await append(fixture, "VALUES (\(sample.row)), (\(sample.row))")
            var again = TableChange(.delete)
            again.addedDeleteFiles = [
                try await fixture.writer.writeDeletes(of: second[0], positions: [1], into: table)
            ]
            try await commit(fixture, again)
            #expect(try await rows(fixture) == [sample.before, sample.after].sorted(), "\(sample.name)")
            #expect(try await rows(fixture, at: .version(before)) == [Self.oldText], "\(sample.name)")
            if sample.name.hasPrefix("drop a child") {
                var drop = TableChange(.replace)
                drop.schemaChanges = [.drop("place.zip")]
                try await commit(fixture, drop)
                #expect(
                    try await rows(fixture) == ["1|a|1.25|0.5|{'city': x}|[1, NULL]", "2|b|-|-|{'city': y}|-"]
                )
            }
        }
    }

    @Test("a refused step changes nothing")
    func refusal() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<3)
            let state = try await fixture.state(orders)
            var change = TableChange(.replace)
            change.schemaChanges = [.add("note", .string), .drop("id")]
            await #expect(throws: TarnError.self) { try await commit(fixture, change) }
            #expect(try await fixture.state(orders) == state)
        }
    }

    private func append(_ fixture: LakeFixture, _ select: String) async throws -> [DataFile] {
        let state = try await fixture.state(orders)
        let table = try #require(TableFolder(state))
        var change = TableChange(.append)
        let layout = try FileLayout(try await fixture.lake.reader.metadata(state))
        change.addedDataFiles = try await fixture.writer.writeRows(of: select, as: layout, into: table)
        try await commit(fixture, change)
        return change.addedDataFiles
    }

    private func commit(_ fixture: LakeFixture, _ change: TableChange) async throws {
        _ = try await fixture.commit(orders, change, base: try await fixture.state(orders))
    }

    /// All rows as texts, ordered.
    private func rows(_ fixture: LakeFixture, at version: VersionReference = .newest) async throws -> [String] {
        let snapshot = try await fixture.snapshot(orders, at: version)
        let columns = snapshot.schema.fields.map { "coalesce(CAST(\"\($0.name)\" AS VARCHAR), '-')" }
        let result = try await fixture.connection.query(
            "SELECT concat_ws('|', \(columns.joined(separator: ", "))) FROM (\(ScanSQL(snapshot).select)) ORDER BY 1"
        )
        return result.batches.flatMap { batch -> [String] in
            guard case .slices(let slices) = batch.columns[0].storage else { return [] }
            return (0..<batch.rowCount).map { String(decoding: slices[$0], as: UTF8.self) }
        }
    }
}
