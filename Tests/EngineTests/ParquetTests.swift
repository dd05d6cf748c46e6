import Base
import Columns
import Engine
import Synchronization
import TestKit
import Testing

@Suite struct ParquetTests {
    private let schema = Schema(fields: [
        Field(id: 7, name: "id", type: .long), Field(id: 3, name: "Text", type: .string),
        Field(id: 9, name: "rate", type: .double),
        Field(id: 4, name: "tags", type: .list(Field(id: 5, name: "element", type: .int))),
        Field(id: 6, name: "at", type: .timestamptz),
    ])

    private func rows(_ range: Range<Int64>) -> ColumnBatch {
        var batch = ColumnBatch(schema: schema)
        for value in range {
            batch.columns[0].append(int64: value)
            if value % 3 == 0 {
                batch.columns[1].appendNull()
            } else {
                batch.columns[1].append(string: "text \(value)")
            }
            batch.columns[2].append(double: value == 1 ? .nan : Double(value))
            batch.columns[3].withListChild { $0.append(int32: Int32(value % 100)) }
            batch.columns[3].closeList()
            batch.columns[4].append(int64: value * 1_000_000)
        }
        return batch
    }

    @Test("statistics are exact and keyed by field id")
    func statistics() async throws {
        try await withTemporaryFolder { folder in
            let connection = try testConnection()
            let file = try await connection.writeParquet(
                RowInput(schema: schema, batches: [rows(0..<100)]),
                to: "\(folder)/a.parquet"
            )
            #expect(file.rowCount == 100)
            #expect(file.fileSizeBytes > 500)
            #expect(file.columns.keys.sorted() == [3, 5, 6, 7, 9])
            let id = try #require(file.columns[7])
            #expect((id.min, id.max) == ("0", "99"))
            #expect((id.valueCount, id.nullCount, id.hasNaN) == (100, 0, nil))
            let text = try #require(file.columns[3])
            #expect((text.min, text.max) == ("text 1", "text 98"))
            #expect((text.valueCount, text.nullCount) == (100, 34))
            #expect(file.columns[9]?.hasNaN == true)
            #expect(file.columns[5]?.max == "99")
            #expect(file.columns[6]?.max == "1970-01-01 00:01:39+00")
            #expect(file.columns.values.allSatisfy { $0.sizeBytes > 0 })
        }
    }

    @Test("row n of the input is row n of the file, over batches, row groups and threads")
    func order() async throws {
        try await withTemporaryFolder { folder in
            let connection = try testConnection(threads: 2)
            var batches: [ColumnBatch] = []
            var next: Int64 = 0
            for count in [1, 5000, 99, 200_000, 2048, 294_953] as [Int64] {
                batches.append(rows(next..<next + count))
                next += count
            }
            let path = "\(folder)/b.parquet"
            let file = try await connection.writeParquet(RowInput(schema: schema, batches: batches), to: path)
            #expect(file.rowCount == 502_101)
            let source = "read_parquet(\(sqlLiteral(path)), file_row_number = true)"
            let wrong = try await connection.query("SELECT count(*) FROM \(source) WHERE id <> file_row_number")
            #expect(texts(wrong) == [["0"]])
            let groups = try await connection.query(
                "SELECT max(row_group_id) FROM parquet_metadata(\(sqlLiteral(path)))"
            )
            #expect(texts(groups) == [["4"]])
        }
    }

    @Test("a producer is pulled until it ends, and its rows keep their order")
    func producer() async throws {
        try await withTemporaryFolder { folder in
            let connection = try testConnection()
            let next = Mutex<Int64>(0)
            let path = "\(folder)/c.parquet"
            let file = try await connection.writeParquet(schema: schema, to: path) { () throws(TarnError) in
                let start = next.withLock { value in
                    defer { value += 1000 }
                    return value
                }
                return start < 50_000 ? rows(start..<start + 1000) : nil
            }
            #expect(file.rowCount == 50_000)
            let wrong = try await connection.query(
                "SELECT count(*) FROM read_parquet(\(sqlLiteral(path)), file_row_number = true) WHERE id <> file_row_number"
            )
            #expect(texts(wrong) == [["0"]])
        }
    }

    @Test("what a producer throws comes out as it is")
    func failingProducer() async throws {
        try await withTemporaryFolder { folder in
            let connection = try testConnection()
            let error = await #expect(throws: TarnError.self) {
                _ = try await connection.writeParquet(schema: schema, to: "\(folder)/d.parquet") {
                    () throws(TarnError) in
                    throw TarnError(.sourceUnavailable, "The source is gone.")
                }
            }
            #expect(error?.code == .sourceUnavailable)
        }
    }

    @Test("a file without rows is refused, whoever asks for it")
    func noRows() async throws {
        try await withTemporaryFolder { folder in
            let connection = try testConnection()
            let path = "\(folder)/e.parquet"
            let empty = RowInput(schema: schema, batches: [ColumnBatch(schema: schema)])
            let first = await #expect(throws: TarnError.self) { _ = try await connection.writeParquet(empty, to: path) }
            #expect(first?.code == .valueUnrepresentable)
            let second = await #expect(throws: TarnError.self) {
                _ = try await connection.writeParquet(schema: schema, to: path) { () throws(TarnError) in nil }
            }
            #expect(second?.code == .valueUnrepresentable)
        }
    }

    @Test("texts that are not UTF-8 and decimals with too many digits are refused without their value")
    func unrepresentable() async throws {
        try await withTemporaryFolder { folder in
            let connection = try testConnection()
            var text = Column(.string)
            text.append(bytes: [0xC3])
            text.append(bytes: [0xA9])
            var decimal = Column(.decimal(precision: 4, scale: 0))
            decimal.append(int64: 12_345)
            var wide = Column(.decimal(precision: 20, scale: 0))
            wide.append(int128: 100_000_000_000_000_000_000)
            for column in [text, decimal, wide] {
                let schema = Schema(fields: [Field(id: 1, name: "v", type: column.type)])
                let batch = ColumnBatch(schema: schema, columns: [column])
                let error = await #expect(throws: TarnError.self) {
                    _ = try await connection.writeParquet(
                        RowInput(schema: schema, batches: [batch]),
                        to: "\(folder)/f.parquet"
                    )
                }
                #expect(error?.code == .valueUnrepresentable)
                #expect(error?.description.contains("2345") == false)
            }
        }
    }

    @Test("names that differ only by case are refused, for they would be renamed in the file")
    func twins() async throws {
        try await withTemporaryFolder { folder in
            let connection = try testConnection()
            let schema = Schema(fields: [Field(id: 1, name: "a", type: .int), Field(id: 2, name: "A", type: .int)])
            var batch = ColumnBatch(schema: schema)
            for index in 0...1 { batch.columns[index].append(int32: 1) }
            let input = RowInput(schema: schema, batches: [batch])
            let error = await #expect(throws: TarnError.self) {
                _ = try await connection.writeParquet(input, to: "\(folder)/g.parquet")
            }
            #expect(error?.code == .unsupported)
        }
    }
}
