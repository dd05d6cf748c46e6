import Base
import Testing

@Suite struct ShieldedTests {
    @Test("shielded work ends although its caller was cancelled before it began")
    func cancelled() async throws {
        let wasCancelled = await withTaskGroup(of: Bool?.self) { group in
            group.cancelAll()
            group.addTask {
                try? await shielded { () async throws(TarnError) in
                    await Task.yield()
                    return Task.isCancelled
                }
            }
            return await group.next() ?? nil
        }
        #expect(wasCancelled == false)
    }

    @Test("the error of shielded work comes through")
    func failure() async {
        let error = await #expect(throws: TarnError.self) {
            try await shielded { () async throws(TarnError) in throw TarnError(.interrupted, "Enough.") }
        }
        #expect(error?.code == .interrupted)
    }
}
