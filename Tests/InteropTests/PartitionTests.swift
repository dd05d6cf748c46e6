import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore
import Query
import TestKit
import Testing

/// Partitioned tables, as other readers see ours and as Tarn sees theirs.
@Suite(Readers.trait) struct PartitionTests {
    private static let name = TableName(namespace: "lake", name: "parts")

    /// A column of every type that can divide rows, as SQL over a number `n`, with its transforms.
    private static let samples: [(type: ColumnType, value: String, terms: [String])] = [
        (.boolean, "n % 2 = 0", ["v"]), (.int, "n * 7", ["v", "bucket(3, v)", "truncate(20, v)"]),
        (.long, "n * 70000000000", ["v", "bucket(3, v)", "truncate(1000, v)"]),
        (.decimal(precision: 9, scale: 2), "n / 4", ["v", "bucket(3, v)", "truncate(100, v)"]),
        (.decimal(precision: 38, scale: 10), "n / 4", ["v", "bucket(3, v)", "truncate(100, v)"]),
        (.date, "DATE '1970-01-01' + CAST(n * 40 AS INTEGER)", ["year(v)", "month(v)", "day(v)", "bucket(3, v)", "v"]),
        (.time, "TIME '12:00:00' + to_seconds(n)", ["v", "bucket(3, v)"]),
        (
            .timestamp, "make_timestamp(n * 1000000000001)",
            ["year(v)", "month(v)", "day(v)", "hour(v)", "bucket(3, v)", "v"]
        ),
        (
            .timestamptz, "make_timestamptz(n * 1000000000001)",
            ["year(v)", "month(v)", "day(v)", "hour(v)", "bucket(3, v)", "v"]
        ),
        (.string, "chr(CAST(233 + n AS INTEGER)) || '漢/=' || n", ["v", "bucket(3, v)", "truncate(2, v)"]),
        (.uuid, "CAST(md5(CAST(n AS VARCHAR)) AS UUID)", ["v", "bucket(3, v)"]),
        (.binary, "unhex(left(md5(CAST(n AS VARCHAR)), 10))", ["v", "bucket(3, v)", "truncate(2, v)"]),
    ]

    @Test("every partition transform of every type is read by all, deletes included, and computed as PyIceberg does")
    func transforms() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            var sights: [Sight] = []
            for (number, sample) in Self.samples.enumerated() {
                let name = TableName(namespace: "lake", name: "parts_\(number)")
                let schema = Schema(fields: [
                    Field(id: 1, name: "id", type: .long, isRequired: true), Field(id: 2, name: "v", type: sample.type),
                ])
                try await lake.create(name, schema, partition: sample.terms)
                for first in [-6, 2] {
                    let value = "CASE WHEN n <> 3 THEN \(sample.value) END"
                    let files = try await lake.append(
                        "SELECT n, \(value) FROM range(\(first), \(first + 8)) AS t(n)",
                        to: name
                    )
                    if first == 2 { try await lake.delete([0], of: files[files.count / 2], in: name) }
                }
                sights.append(Sight(name: name))
            }
            let tables = try await expectAgreement(sights, in: lake)
            #expect(tables.map(\.rows.count) == Self.samples.map { _ in 15 })
            var files: [String] = []
            for sight in sights { files.append(lake.lake.store.uri(try await lake.state(sight.name).metadata)) }
            let lines = try await Readers.run("check_partitions.py", files)
            #expect(lines.filter { !$0.hasPrefix("checked ") } == [])
            #expect(lines.compactMap { Int($0.dropFirst("checked ".count)) }.reduce(0, +) > 500)
        }
    }

    @Test("partitions and columns that changed several times are read by all, at every version")
    func evolution() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            let place = ColumnType.structure([
                Field(id: 6, name: "city", type: .string), Field(id: 7, name: "zip", type: .int),
            ])
            let schema = Schema(fields: [
                Field(id: 1, name: "id", type: .int, isRequired: true), Field(id: 2, name: "day", type: .date),
                Field(id: 3, name: "price", type: .decimal(precision: 9, scale: 2)),
                Field(id: 4, name: "ratio", type: .float), Field(id: 5, name: "place", type: place),
                Field(id: 8, name: "spare", type: .string),
            ])
            try await lake.create(Self.name, schema, partition: ["month(day)"])
            let row = "n, DATE '2026-01-20' + CAST(n AS INTEGER), n / 4, n / 8"
            let rows = "FROM range(1, 21) AS t(n)"
            let first = try await lake.append("SELECT \(row), {city: 'c' || n, zip: n}, 's' \(rows)", to: Self.name)
            try await lake.evolve(Self.name, partition: ["bucket(3, id)", "month(day)"])
            try await lake.append("SELECT \(row), NULL, NULL \(rows)", to: Self.name)
            try await lake.delete([0], of: first[0], in: Self.name)
            try await lake.evolve(
                Self.name,
                columns: [
                    .rename("day", to: "since"), .widen("id", to: .long), .drop("spare"),
                    .widen("price", to: .decimal(precision: 20, scale: 2)), .widen("ratio", to: .double),
                    .add("note", .string), .add("place.land", .string), .rename("place.city", to: "town"),
                    .widen("place.zip", to: .long), .move("note", .first), .move("ratio", .after("id")),
                ]
            )
            let later = "'x', n + 5000000000, 1e300, DATE '2026-03-01' + CAST(n AS INTEGER), 123456789012.25"
            let second = try await lake.append(
                "SELECT \(later), {town: 't', zip: 7000000000, land: 'l'} \(rows)",
                to: Self.name
            )
            try await lake.delete([0, 1], of: second[0], in: Self.name)
            try await lake.evolve(Self.name, columns: [.drop("place.zip"), .makeOptional("id"), .add("spare", .int)])
            try await lake.evolve(Self.name, partition: ["truncate(1000, id)"])
            try await lake.append("SELECT NULL, NULL, NULL, NULL, NULL, NULL, 5", to: Self.name)
            try await lake.evolve(Self.name, partition: [])
            try await lake.append("SELECT 'y', 1, 2, NULL, 3, NULL, 6", to: Self.name)
            let sights = try await lake.sights(of: Self.name)
            let tables = try await expectAgreement(Array(sights.dropFirst()), in: lake)
            #expect(tables.last?.rows.count == 59)
            #expect(try await lake.snapshot(Self.name).metadata.partitionSpecs.count == 4)
        }
    }

    @Test("partitioned tables that PyIceberg wrote and evolved are read whole, and pruned to the same rows")
    func outside() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            var sights: [Sight] = []
            for line in try await Readers.run("write_partitioned.py", [folder]) {
                let words = line.split(separator: " ").map(String.init)
                let name = TableName(namespace: "outside", name: words[0])
                try await lake.commit(name, .register(metadata: words[1]))
                sights.append(Sight(name: name))
            }
            #expect(sights.count == 7)
            try await expectAgreement(sights, in: lake)
            let session = try await QuerySession.open(lake.lake)
            var conditions: [String] = []
            for column in ["id", "name", "day", "moment", "price"] {
                conditions += ["\(column) IS NULL", "\(column) IS NOT NULL"]
                for sign in ["=", "<", "<=", ">", ">=", "<>"] {
                    conditions += [-25, -7, 0, 12].map { "\(column) \(sign) \(Self.constant(column, $0))" }
                }
            }
            for sight in sights {
                let all = ScanSQL(try await lake.snapshot(sight.name)).select
                var pruned: Int64 = 0
                for condition in conditions {
                    let own = try await session.run(
                        "SELECT id FROM \(sight.name) WHERE \(condition)",
                        as: .system
                    )
                    let whole = try await lake.connection.query("SELECT id FROM (\(all)) AS x WHERE \(condition)")
                    #expect(
                        Self.ids(own.batches) == Self.ids(whole.batches),
                        "\(sight.name): \(condition)"
                    )
                    pruned += own.scan.pruned.files
                }
                #expect(pruned > 100, "\(sight.name)")
            }
        }
    }

    private static func ids(_ batches: [ColumnBatch]) -> [Int64] {
        batches.flatMap { batch -> [Int64] in
            if case .int64(let values) = batch.columns[0].storage { values } else { [] }
        }.sorted()
    }

    private static func constant(_ column: String, _ number: Int) -> String {
        switch column {
        case "id": "\(number)"
        case "name": "'n\(abs(number) % 5)é'"
        case "day": "DATE '1970-01-01' + \(number * 40)"
        case "moment": "TIMESTAMPTZ '1970-01-01 00:00:00+00' + to_hours(\(number * 9)) - to_microseconds(1)"
        default: "\(number).25"
        }
    }
}

extension TestLake {
    func create(_ name: TableName, _ schema: Schema, partition: [String]) async throws {
        var table = NewTable(folder: TableFolder(name, entropy: entropy), owner: .open, schema: schema)
        table.partition = try partition.map { try PartitionTerm(parsing: $0) }
        try await commit(name, .create(table))
    }

    /// Adds the rows of a query.
    /// - Returns: the files.
    @discardableResult
    func append(_ select: String, to name: TableName) async throws -> [DataFile] {
        let state = try await state(name)
        guard let folder = TableFolder(state) else { throw TarnError(.tableMissing, "No folder.") }
        var change = TableChange(.append)
        let layout = try FileLayout(try await lake.reader.metadata(state))
        change.addedDataFiles = try await writer.writeRows(of: select, as: layout, into: folder)
        try await commit(name, .change(change, base: state))
        return change.addedDataFiles
    }

    func delete(_ positions: [Int64], of file: DataFile, in name: TableName) async throws {
        let state = try await state(name)
        guard let folder = TableFolder(state) else { throw TarnError(.tableMissing, "No folder.") }
        var change = TableChange(.delete)
        change.addedDeleteFiles = [try await writer.writeDeletes(of: file, positions: positions, into: folder)]
        try await commit(name, .change(change, base: state))
    }

    func evolve(_ name: TableName, columns: [SchemaChange] = [], partition: [String]? = nil) async throws {
        var change = TableChange(.replace)
        change.schemaChanges = columns
        change.newPartition = try partition?.map { try PartitionTerm(parsing: $0) }
        try await commit(name, .change(change, base: try await state(name)))
    }
}
