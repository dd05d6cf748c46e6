import Base
import Columns
import Testing

@testable import Landing

/// A killed process leaves what the page cache holds, which is what reading the file shows: copies of the file stand
/// for crashes at that moment.
@Suite("Key index after a crash")
struct KeyIndexCrashTests {
    /// An index at version 1 with keys 0..<50000 in file 0.
    private func committed(in folder: ScratchFolder) throws -> KeyIndex {
        let index = try KeyIndex.open(folder: folder.path)
        try index.begin()
        try index.put(longKeys(0..<50_000), locations(50_000))
        try index.commit(version: 1)
        return index
    }

    private func expectVersionOne(_ folder: ScratchFolder) throws {
        let index = try KeyIndex.open(folder: folder.path)
        #expect(index.version == 1)
        #expect(try index.count == 50_000)
        #expect(try index.lookup(longKeys(0..<50_000)) == locations(50_000))
    }

    @Test("a process killed within a transaction leaves the version before")
    func killedWithin() throws {
        let folder = try ScratchFolder()
        let copy = try ScratchFolder()
        let index = try committed(in: folder)
        try index.begin()
        try index.put(longKeys(0..<300_000), locations(300_000, file: 1))
        try copy.write(folder.read("data.mdb"), "data.mdb")
        try expectVersionOne(copy)
        try index.commit(version: 2)
        try copy.write(folder.read("data.mdb"), "data.mdb")
        let after = try KeyIndex.open(folder: copy.path)
        #expect(after.version == 2)
        #expect(try after.lookup(longKeys(0..<300_000)) == locations(300_000, file: 1))
    }

    @Test("a power cut that takes the header of the last commit leaves the version before")
    func headerLost() throws {
        let folder = try ScratchFolder()
        let copy = try ScratchFolder()
        let index = try committed(in: folder)
        let before = try folder.read("data.mdb")
        try index.begin()
        try index.put(longKeys(0..<60_000), locations(60_000, file: 1))
        try index.commit(version: 2)
        let after = try folder.read("data.mdb")
        try copy.write(Array(before[..<8192] + after[8192...]), "data.mdb")
        try expectVersionOne(copy)
    }

    @Test("what an interrupted load left is dropped")
    func loadInterrupted() throws {
        let folder = try ScratchFolder()
        let copy = try ScratchFolder()
        let index = try committed(in: folder)
        try index.beginLoad(tableUUID: "table", keySignature: "i64")
        try index.load(longKeys(0..<1_100_000), locations(1_100_000))
        try copy.write(folder.read("data.mdb"), "data.mdb")
        try copy.write(folder.read("loading"), "loading")
        let after = try KeyIndex.open(folder: copy.path)
        #expect(after.version == nil)
        #expect(try after.count == 0)
        try after.begin()
        try after.put(longKeys([1]), locations(1))
        try after.commit(version: 7)
        #expect(after.version == 7)
    }

    @Test("an unfinished load refuses changes until it is begun anew")
    func loadAborted() throws {
        let folder = try ScratchFolder()
        let index = try committed(in: folder)
        try index.beginLoad(tableUUID: "table", keySignature: "i64")
        index.abort()
        #expect(error { try index.begin() }?.code == .indexFailed)
        try index.beginLoad(tableUUID: "table", keySignature: "i64")
        try index.load(longKeys([2]), locations(1))
        try index.finishLoad(version: 9)
        try index.begin()
        index.abort()
        #expect(try index.count == 1)
    }

    @Test("a second opener is refused and told what to do, until the first is gone")
    func secondOpener() throws {
        let folder = try ScratchFolder()
        do {
            let first = try committed(in: folder)
            let refusal = error { _ = try KeyIndex.open(folder: folder.path) }
            #expect(refusal?.code == .indexFailed)
            #expect(refusal?.message == "The key index is open elsewhere.")
            #expect(refusal?.remedy.contains("Stop the other process") == true)
            #expect(refusal?.detail.first?.value == folder.path)
            #expect(try first.count == 50_000)
        }
        try expectVersionOne(folder)
    }

    @Test("a file cut short is refused before it is read", arguments: [1, 4096, 5000, 8192, 100_000])
    func truncated(length: Int) throws {
        let folder = try ScratchFolder()
        let copy = try ScratchFolder()
        let index = try committed(in: folder)
        try copy.write(Array(folder.read("data.mdb").prefix(length)), "data.mdb")
        let refusal = error { _ = try KeyIndex.open(folder: copy.path) }
        #expect(refusal?.code == .indexFailed)
        #expect(refusal?.detail.first?.value == copy.path)
        #expect(refusal?.remedy.contains("Delete the table's folder") == true)
        #expect(index.version == 1)
    }

    @Test("a file that is no index is refused")
    func foreignFile() throws {
        let copy = try ScratchFolder()
        try copy.write([UInt8](repeating: 0x5A, count: 20_000), "data.mdb")
        #expect(error { _ = try KeyIndex.open(folder: copy.path) }?.code == .indexFailed)
    }

    @Test("an index of another format is dropped")
    func otherFormat() throws {
        let folder = try ScratchFolder()
        do {
            let index = try committed(in: folder)
            try index.begin()
            try index.openTransaction.put(index.environment.meta, MetaKey.format, [99])
            try index.commit(version: 2)
        }
        let index = try KeyIndex.open(folder: folder.path)
        #expect(index.version == nil)
        #expect(try index.count == 0)
    }

    @Test("pages made and freed within one commit do not make the file look cut short")
    func freedTail() throws {
        let folder = try ScratchFolder()
        do {
            let index = try committed(in: folder)
            try index.begin()
            try index.put(longKeys(50_000..<90_000), locations(40_000))
            try index.remove(longKeys(50_000..<90_000))
            try index.commit(version: 1)
        }
        try expectVersionOne(folder)
    }

    @Test("a folder that cannot be made is an error with a remedy")
    func unusableFolder() {
        let refusal = error { _ = try KeyIndex.open(folder: "/proc/none/index") }
        #expect(refusal?.code == .indexFailed)
    }
}
