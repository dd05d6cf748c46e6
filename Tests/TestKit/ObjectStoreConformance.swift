import Base
package import ObjectStore
import Testing

/// What every `ObjectStore` must do; run over each implementation.
package func objectStoreConformance(_ store: any ObjectStore) async throws {
    try await store.put("a/one", [1, 2, 3])
    #expect(try await store.get("a/one") == [1, 2, 3])
    try await store.put("a/one", [4])
    #expect(try await store.get("a/one") == [4])
    #expect(try await store.head("a/one") == ObjectInfo(key: "a/one", size: 1))
    #expect(try await store.head("a/none") == nil)
    await #expect(throws: TarnError.self) { try await store.get("a/none") }

    try await store.put("a/two", [], condition: .ifAbsent)
    let refused = await #expect(throws: TarnError.self) { try await store.put("a/two", [9], condition: .ifAbsent) }
    #expect(refused?.code == .objectExists)
    #expect(try await store.get("a/two") == [])

    try await store.put("b/three", [3])
    try await store.put("a/sub/four", [4])
    #expect(try await store.list(prefix: "a/").map(\.key) == ["a/one", "a/sub/four", "a/two"])
    #expect(try await store.list(prefix: "a/", startAfter: "a/one").map(\.key) == ["a/sub/four", "a/two"])
    #expect(try await store.list(prefix: "a/t").map(\.key) == ["a/two"])

    try await store.delete("a/two")
    try await store.delete("a/two")
    #expect(try await store.head("a/two") == nil)
    try await oneWinnerAmongConcurrentWriters(store)
}

private func oneWinnerAmongConcurrentWriters(_ store: any ObjectStore) async throws {
    for round in 0..<20 {
        let winners = await withTaskGroup(of: Bool.self) { group in
            for writer in 0..<8 {
                group.addTask {
                    (try? await store.put("race/\(round)", [UInt8(writer)], condition: .ifAbsent)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }
}
