import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore
import TestKit
import Testing

/// A table with a column of every type, its extremes and nulls, as other readers see it.
@Suite(Readers.trait) struct TypeTests {
    private static let name = TableName(namespace: "lake", name: "types")

    @Test("every type arrives with its extremes and nulls, and statistics hide no row from a filter")
    func types() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            let values = TypeSamples.all
            let rowCount = values.map(\.column.count).max() ?? 0
            let table = TableFolder(Self.name, entropy: lake.entropy)
            var change = TableChange(.append)
            for rows in [0..<rowCount / 2, rowCount / 2..<rowCount] {
                let batch = TypeSamples.batch(rows: rows)
                let input = RowInput(schema: batch.schema, batches: [batch])
                change.addedDataFiles.append(try await lake.writer.writeRows(input, into: table))
            }
            let schema = TypeSamples.schema
            try await lake.commit(
                Self.name, .create(NewTable(folder: table, owner: .open, schema: schema, change: change)))
            let tables = try await expectAgreement([Sight(name: Self.name)], in: lake)
            #expect(tables.first?.rows.count == rowCount)

            let metadata = lake.lake.store.uri(try await lake.state(Self.name).metadata)
            let lines = try await Readers.run("check_filters.py", [Readers.extensions ?? "", metadata])
            #expect(lines.filter { !$0.hasPrefix("checked ") } == [])
            let checked = lines.compactMap { Int($0.dropFirst("checked ".count)) }.reduce(0, +)
            #expect(checked > 200)
        }
    }

    @Test("a table without rows, and one whose rows are all deleted, are empty to all readers")
    func empty() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            let table = TableFolder(Self.name, entropy: lake.entropy)
            try await lake.commit(
                Self.name, .create(NewTable(folder: table, owner: .open, schema: TypeSamples.schema)))
            let batch = TypeSamples.batch(rows: 0..<3)
            let file = try await lake.writer.writeRows(
                RowInput(schema: batch.schema, batches: [batch]), into: table)
            var append = TableChange(.append)
            append.addedDataFiles = [file]
            try await lake.commit(Self.name, .change(append, base: try await lake.state(Self.name)))
            var delete = TableChange(.delete)
            delete.addedDeleteFiles = [
                try await lake.writer.writeDeletes(of: file.path, positions: [0, 1, 2], into: table)
            ]
            try await lake.commit(Self.name, .change(delete, base: try await lake.state(Self.name)))
            let sights = try await lake.sights(of: Self.name)
            let tables = try await expectAgreement(sights, in: lake)
            #expect(tables.map(\.rows.count) == [0, 3, 0])
        }
    }
}
