import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore
import TestKit
import Testing

/// The rows of queries as data files, divided by size and by partitions.
@Suite struct QueryWritingTests {
    private static let schema = Schema(fields: [
        Field(id: 1, name: "id", type: .long, isRequired: true), Field(id: 2, name: "name", type: .string),
        Field(id: 3, name: "weight", type: .double),
    ])

    private func rows(_ fixture: LakeFixture, _ files: [DataFile], _ select: String) async throws -> [String] {
        let list = files.map { sqlLiteral($0.path) }.joined(separator: ", ")
        let result = try await fixture.connection.query("SELECT \(select) FROM read_parquet([\(list)])")
        return result.batches.flatMap { batch in
            (0..<batch.rowCount).map { row -> String in
                guard case .slices(let slices) = batch.columns[0].storage else { return "?" }
                return batch.columns[0].isNull(row) ? "-" : String(decoding: slices[row], as: UTF8.self)
            }
        }
    }

    @Test("many rows become several files of bounded size, each with exact statistics")
    func sizes() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let table = TableFolder(orders, entropy: fixture.entropy)
            let files = try await fixture.writer.writeRows(
                of: "SELECT i, 'n' || i, random() FROM range(500000) AS t(i)",
                as: FileLayout(schema: Self.schema, fileBytesTarget: 1 << 20),
                into: table
            )
            #expect(files.count > 2)
            #expect(files.allSatisfy { $0.fileSizeInBytes < 4 << 20 && $0.recordCount > 0 })
            #expect(files.reduce(0) { $0 + $1.recordCount } == 500_000)
            for file in files {
                let bounds = try await rows(fixture, [file], "min(id) || ' ' || max(id) || ' ' || count(*)")
                let stated = [file.lowerBounds[1], file.upperBounds[1]].map { bytes in
                    bytes.flatMap { SingleValue.text(of: $0, as: .long) } ?? ""
                }
                #expect(bounds == ["\(stated[0]) \(stated[1]) \(file.recordCount)"])
                #expect(file.nanValueCounts == [3: 0])
                #expect(file.nullValueCounts == [1: 0, 2: 0, 3: 0])
            }
            let state = try await commit(fixture, table, files)
            #expect(try await fixture.lake.reader.snapshot(orders, state).exactRowCount == 500_000)
        }
    }

    private func commit(_ fixture: LakeFixture, _ table: TableFolder, _ files: [DataFile]) async throws -> TableState {
        var change = TableChange(.append)
        change.addedDataFiles = files
        var request = CommitRequest(cause: "test", message: "create")
        request.tables[orders] = .create(
            NewTable(folder: table, owner: .open, schema: Self.schema, change: change)
        )
        let result = try await fixture.lake.commit(request, as: .system)
        return try #require(result.tables[orders])
    }

    @Test("no rows make no file, and nothing stays behind")
    func empty() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let table = TableFolder(orders, entropy: fixture.entropy)
            for terms in [[], [PartitionTerm(.bucket(4), of: "id")]] {
                let files = try await fixture.writer.writeRows(
                    of: "SELECT 1, 'a', 1.5 WHERE false",
                    as: FileLayout(schema: Self.schema, spec: try PartitionSpec(terms, of: Self.schema)),
                    into: table
                )
                #expect(files.isEmpty)
            }
            #expect(try await fixture.lake.store.list(prefix: "silver/").isEmpty)
        }
    }

    @Test("null in a required column, and a query of other columns than the table's, are refused")
    func refusals() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let table = TableFolder(orders, entropy: fixture.entropy)
            func failure(_ sql: String) async -> ErrorCode? {
                do throws(TarnError) {
                    _ = try await fixture.writer.writeRows(of: sql, as: FileLayout(schema: Self.schema), into: table)
                    return nil
                } catch {
                    return error.code
                }
            }
            #expect(await failure("SELECT NULL, 'a', 1.5") == .valueUnrepresentable)
            #expect(await failure("SELECT 1, 'a'") == .queryInvalid)
            #expect(await failure("SELECT 1, 'a', 1.5, 4") == .queryInvalid)
            #expect(await failure("SELECT 1, 'a', 1.5") == nil)
        }
    }

    @Test("rows are divided by partitions, large partitions by size, and every value is where its file says")
    func partitions() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let table = TableFolder(orders, entropy: fixture.entropy)
            let spec = try PartitionSpec(
                [PartitionTerm(.identity, of: "name"), PartitionTerm(.bucket(1), of: "id")],
                of: Self.schema
            )
            let files = try await fixture.writer.writeRows(
                of: """
                    SELECT i, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'a/b=é ''' END, random()
                    FROM range(600000) AS t(i)
                    """,
                as: FileLayout(schema: Self.schema, spec: spec, fileBytesTarget: 512 << 10),
                into: table
            )
            #expect(files.count > 3)
            #expect(files.reduce(0) { $0 + $1.recordCount } == 600_000)
            #expect(Set(files.map(\.partition)).count == 3)
            let listed = try await fixture.lake.store.list(prefix: "silver/").map { fixture.lake.store.uri($0.key) }
            #expect(Set(listed) == Set(files.map(\.path)))
            for file in files {
                let names = try await rows(fixture, [file], "DISTINCT name")
                #expect(names == [file.partition[0].bytes.map { String(decoding: $0, as: UTF8.self) } ?? "-"])
                #expect(file.partition[1].bytes == SingleValue.int(0))
            }
        }
    }

    @Test("the engine computes partition values as the format defines them, for every type and transform")
    func transforms() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            for (number, sample) in TransformSample.all.enumerated() {
                let schema = Schema(fields: [Field(id: 7, name: "the value", type: sample.type)])
                let term = PartitionTerm(sample.transform, of: "the value")
                let spec = try PartitionSpec([term], of: schema)
                let table = TableFolder(TableName(namespace: "t", name: "n\(number)"), entropy: fixture.entropy)
                let files = try await fixture.writer.writeRows(
                    of: "SELECT v FROM (\(sample.values)) AS t(v)",
                    as: FileLayout(schema: schema, spec: spec),
                    into: table
                )
                #expect(files.count > 1, "\(sample)")
                var count: Int64 = 0
                for file in files {
                    count += file.recordCount
                    for text in Set(try await rows(fixture, [file], sample.text("\"the value\""))) {
                        let bytes = text == "-" ? nil : SingleValue.encode(text, as: sample.type)
                        #expect((bytes == nil) == (text == "-"), "\(sample): \(text)")
                        let expected = bytes.flatMap { sample.transform.apply($0, as: sample.type) }
                        #expect(file.partition.map(\.bytes) == [expected], "\(sample): \(text)")
                    }
                }
                #expect(count == 300, "\(sample)")
            }
        }
    }
}

/// Three hundred values of a type, some of them null and some below zero, and a transform of them.
struct TransformSample: CustomStringConvertible {
    let type: ColumnType
    let transform: Transform

    var description: String { "\(transform) of \(type.sql)" }

    private static let transforms: [(ColumnType, [Transform])] = [
        (.boolean, [.identity]), (.int, [.identity, .bucket(5), .truncate(100)]),
        (.long, [.identity, .bucket(5), .truncate(7)]),
        (.decimal(precision: 9, scale: 2), [.identity, .bucket(5), .truncate(50)]),
        (.decimal(precision: 38, scale: 10), [.identity, .bucket(5), .truncate(1_000_000)]),
        (.date, [.identity, .bucket(5), .year, .month, .day]), (.time, [.identity, .bucket(5)]),
        (.timestamp, [.identity, .bucket(5), .year, .month, .day, .hour]),
        (.timestamptz, [.identity, .bucket(5), .year, .month, .day, .hour]),
        (.string, [.identity, .bucket(5), .truncate(2)]), (.uuid, [.identity, .bucket(5)]),
        (.binary, [.identity, .bucket(5), .truncate(2)]),
    ]

    static let all = transforms.flatMap { type, transforms in
        transforms.map { TransformSample(type: type, transform: $0) }
    }

    /// SQL for the values.
    var values: String {
        let number = "(CAST(hash(i % 40) % 2000000 AS BIGINT) - 1000000)"
        let value =
            switch type {
            case .boolean: "\(number) % 2 = 0"
            case .int, .long: number
            case .decimal(let precision, let scale): "CAST(\(number) / 1000 AS DECIMAL(\(precision), \(scale)))"
            case .date: "DATE '1970-01-01' + CAST(\(number) // 100 AS INTEGER)"
            case .time: "TIME '00:00:00' + to_microseconds(abs(\(number)) * 80001)"
            case .timestamp: "make_timestamp(\(number) * 1000000007)"
            case .timestamptz: "make_timestamptz(\(number) * 1000000007)"
            case .string: "chr(CAST(233 + abs(\(number)) % 5 AS INTEGER)) || '漢' || \(number)"
            case .uuid: "CAST(md5(CAST(\(number) AS VARCHAR)) AS UUID)"
            default: "unhex(md5(CAST(\(number) AS VARCHAR)))"
            }
        return "SELECT CASE WHEN i % 17 > 0 THEN \(value) END FROM range(300) AS t(i)"
    }

    /// SQL for the text of a value that `SingleValue` reads.
    func text(_ column: String) -> String { type == .binary ? "hex(\(column))" : "CAST(\(column) AS VARCHAR)" }
}
