import Base
import Columns
import Engine
import TestKit
import Testing

@Suite struct RoundTripTests {
    /// All samples as one batch; shorter columns are filled up with nulls.
    private func batch(_ samples: [Sample]) -> ColumnBatch {
        let rowCount = samples.map(\.column.count).max() ?? 0
        var next = samples.count
        let fields = samples.enumerated().map { index, sample in
            Field(id: index + 1, name: sample.name, type: sample.column.type.reassigned(&next))
        }
        let columns = zip(fields, samples).map { field, sample in
            var column = Column(field.type)
            for row in 0..<rowCount {
                if row < sample.column.count { column.append(row, of: sample.column) } else { column.appendNull() }
            }
            return column
        }
        return ColumnBatch(schema: Schema(fields: fields), columns: columns)
    }

    private func expectEqual(_ left: Column, _ right: Column, _ name: String) {
        #expect(left.count == right.count, "\(name)")
        for row in 0..<min(left.count, right.count) {
            #expect(text(left, row) == text(right, row), "\(name), row \(row)")
        }
    }

    @Test("every type comes through the engine unchanged", arguments: Sample.all)
    func throughMemory(_ sample: Sample) async throws {
        let input = batch([sample])
        let connection = try testConnection()
        let result = try await connection.withRows(RowInput(schema: input.schema, batches: [input])) {
            rows throws(TarnError) in
            try await connection.query("SELECT * FROM \(rows)")
        }
        if case .fixed = sample.column.type {
            #expect(result.schema.fields[0].type == .binary)
        } else {
            #expect(result.schema == input.schema)
        }
        expectEqual(try #require(result.batches.first).columns[0], input.columns[0], sample.name)
    }

    @Test("every type comes through a Parquet file unchanged, with its field ids")
    func throughParquet() async throws {
        try await withTemporaryFolder { folder in
            let input = batch(Sample.all)
            let connection = try testConnection()
            let path = "\(folder)/it's all.parquet"
            let file = try await connection.writeParquet(RowInput(schema: input.schema, batches: [input]), to: path)
            #expect(file.rowCount == input.rowCount)
            let result = try await connection.query("SELECT * FROM read_parquet(\(sqlLiteral(path)))")
            let output = try #require(result.batches.first)
            for (index, sample) in Sample.all.enumerated() {
                expectEqual(output.columns[index], input.columns[index], sample.name)
            }
            let ids = try await connection.query(
                "SELECT name, field_id FROM parquet_schema(\(sqlLiteral(path))) WHERE field_id IS NOT NULL"
            )
            let expected = input.schema.fields.flatMap { flattened($0) }
            #expect(texts(ids).map { $0[1] } == expected.map { String($0.id) })
            let leaves = expected.filter { $0.type.children.isEmpty }.map(\.id)
            #expect(file.columns.keys.sorted() == leaves.sorted())
        }
    }

    private func flattened(_ field: Field) -> [Field] { [field] + field.type.children.flatMap { flattened($0) } }

    @Test("chosen rows come in the chosen order")
    func selections() async throws {
        let input = batch(Sample.all)
        let rows = [4, 0, 3, 3]
        let connection = try testConnection()
        let chosen = RowInput(schema: input.schema, batches: [input, input], selections: [rows, nil])
        let result = try await connection.withRows(chosen) { rows throws(TarnError) in
            try await connection.query("SELECT * FROM \(rows)")
        }
        let whole = input.columns.map { column in text(column.gathered(rows), 0) }
        #expect(texts(result).first == whole)
        #expect(
            texts(result).map { $0 }
                == (rows + Array(0..<input.rowCount)).map { row in input.columns.map { text($0, row) } }
        )
    }

    @Test("only the columns that a statement names are asked for, also none at all")
    func projection() async throws {
        let input = batch(Sample.scalars)
        let connection = try testConnection()
        let result = try await connection.withRows(RowInput(schema: input.schema, batches: [input, input])) {
            rows throws(TarnError) in
            try await connection.query(
                "SELECT (SELECT count(*) FROM \(rows)), (SELECT count(string) FROM \(rows)), (SELECT max(int) FROM \(rows) WHERE long = 0)"
            )
        }
        #expect(texts(result) == [[String(2 * input.rowCount), "14", "0"]])
    }

    @Test("validity is right in vectors that begin inside a word")
    func validityAcrossBatches() async throws {
        let schema = Schema(fields: [Field(id: 1, name: "n", type: .list(Field(id: 2, name: "element", type: .long)))])
        var input = ColumnBatch(schema: schema)
        for row in 0..<10_000 {
            input.columns[0].withListChild { child in
                for entry in 0..<row % 4 { entry % 2 == 1 ? child.appendNull() : child.append(int64: Int64(row)) }
            }
            input.columns[0].closeList()
        }
        let connection = try testConnection()
        let result = try await connection.withRows(RowInput(schema: schema, batches: [input])) {
            rows throws(TarnError) in
            try await connection.query("SELECT * FROM \(rows)")
        }
        #expect(texts(result).map { $0[0] } == (0..<10_000).map { text(input.columns[0], $0) })
    }
}
