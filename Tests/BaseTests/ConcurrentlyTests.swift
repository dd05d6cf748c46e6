import Base
import Synchronization
import Testing

@Suite struct ConcurrentlyTests {
    @Test("results come in the order of the items, and no more than the width run at once", arguments: [0, 1, 7, 50])
    func order(count: Int) async throws {
        let running = Mutex((now: 0, most: 0))
        let values = try await concurrently(Array(0..<count), width: 3) { (item: Int) async throws(TarnError) in
            running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            await Task.yield()
            running.withLock { $0.now -= 1 }
            return item * 2
        }
        #expect(values == (0..<count).map { $0 * 2 })
        #expect(running.withLock { $0.most } <= 3)
    }

    @Test("the first error is thrown, and nothing new begins after it")
    func failure() async {
        let begun = Mutex(0)
        await #expect(throws: TarnError.self) {
            try await concurrently(Array(0..<100), width: 1) { (item: Int) async throws(TarnError) in
                begun.withLock { $0 += 1 }
                if item == 2 { throw TarnError(.interrupted, "Enough.") }
            }
        }
        #expect(begun.withLock { $0 } == 3)
    }
}
