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

    @Test("a write that fails leaves nothing behind")
    func failedWrite() async throws {
        try await withTemporaryFolder { folder in
            let store = try LocalObjectStore(folder: folder)
            try await store.put("a/folder/object", [1])
            await #expect(throws: TarnError.self) { try await store.put("a/folder", [2]) }
            await #expect(throws: TarnError.self) { try await store.put("a/folder", [2], condition: .ifAbsent) }
            try await store.delete("a/folder/object")
            // Only empty folders can be removed so.
            try runTool("/bin/rmdir", [folder + "/a/folder", folder + "/a"])
        }
    }

    @Test(
        "a folder that was put in the place of the opened one takes no writes, and the old one goes on when it is back"
    )
    func replacedFolder() async throws {
        try await withTemporaryFolder { folder in
            let store = try LocalObjectStore(folder: folder + "/warehouse")
            try await store.put("one", [1])
            try runTool("/bin/mv", [folder + "/warehouse", folder + "/away"])
            try runTool("/bin/mkdir", [folder + "/warehouse"])
            let error = await #expect(throws: TarnError.self) { try await store.put("log/two", [2]) }
            #expect(error?.code == .storeFailed)
            await #expect(throws: TarnError.self) { try await store.stage("data/three") }
            // Only an empty folder can be removed so: nothing was written.
            try runTool("/bin/rmdir", [folder + "/warehouse"])
            try runTool("/bin/mv", [folder + "/away", folder + "/warehouse"])
            try await store.put("two", [2])
            #expect(try await store.get("one") == [1])
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
