import Base
import ObjectStore
import TestKit
import Testing

@Suite struct ObjectStoreTests {
    @Test("memory keeps the contract of a store")
    func memory() async throws {
        try await objectStoreConformance(MemoryObjectStore())
    }

    @Test("a local folder keeps the contract of a store")
    func local() async throws {
        try await withTemporaryFolder { folder in
            try await objectStoreConformance(try LocalObjectStore(folder: folder))
        }
    }

    @Test("a folder that cannot be made is called a folder")
    func noFolder() {
        let error = #expect(throws: TarnError.self) { try LocalObjectStore(folder: "/proc/none/warehouse") }
        #expect(error?.message.hasPrefix("Could not make the folder: ") == true)
    }

    @Test("a relative warehouse path is refused")
    func relativePath() {
        #expect(throws: (any Error).self) { try LocalObjectStore(folder: "warehouse") }
    }
}
