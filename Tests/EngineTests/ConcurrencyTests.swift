import Base
import Columns
import Dispatch
import Engine
import Synchronization
import TestKit
import Testing

@Suite struct ConcurrencyTests {
    private let schema = Schema(fields: [Field(id: 1, name: "i", type: .long)])

    private func batch() -> ColumnBatch {
        var batch = ColumnBatch(schema: schema)
        for value in 0..<100 { batch.columns[0].append(int64: Int64(value)) }
        return batch
    }

    @Test("cancelling the task that waits ends its statement while it runs")
    func cancellation() async throws {
        try await withTemporaryFolder { folder in
            let connection = try testConnection()
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            let task = Task {
                try await connection.writeParquet(schema: schema, to: "\(folder)/a.parquet") { () throws(TarnError) in
                    beginning.yield()
                    return batch()
                }
            }
            for await _ in begun { break }
            task.cancel()
            let result = await task.result
            let error = #expect(throws: TarnError.self) { try result.get() }
            #expect(error?.code == .interrupted)
            #expect(texts(try await connection.query("SELECT 1")) == [["1"]])
        }
    }

    @Test("statements that block hold none of Swift's threads")
    func blocking() async throws {
        try await withTemporaryFolder { folder in
            let gate = DispatchSemaphore(value: 0)
            let count = 40
            let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<count {
                    let connection = try testConnection(threads: 1)
                    group.addTask {
                        let calls = Mutex(0)
                        let file = try await connection.writeParquet(schema: schema, to: "\(folder)/\(index).parquet") {
                            () throws(TarnError) in
                            let call = calls.withLock {
                                $0 += 1
                                return $0
                            }
                            guard call == 1 else { return nil }
                            beginning.yield()
                            gate.wait()
                            return batch()
                        }
                        return file.rowCount
                    }
                }
                var waiting = 0
                for await _ in begun {
                    waiting += 1
                    if waiting == count { break }
                }
                for _ in 0..<count { gate.signal() }
                var rowCount = 0
                for try await rows in group { rowCount += rows }
                #expect(rowCount == count * 100)
            }
        }
    }

    @Test("one connection runs the statements of many tasks one after the other")
    func sharing() async throws {
        let connection = try testConnection()
        try await connection.execute("CREATE SEQUENCE s")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await connection.query("SELECT nextval('s')") } }
            try await group.waitForAll()
        }
        #expect(texts(try await connection.query("SELECT nextval('s')")) == [["51"]])
    }
}
