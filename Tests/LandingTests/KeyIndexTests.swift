import Base
import Columns
import Testing

@testable import Landing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Key index")
struct KeyIndexTests {
    @Test("locations come back in the order of the keys, nil where there is none")
    func lookupOrder() throws {
        let folder = try ScratchFolder()
        let index = try KeyIndex.open(folder: folder.path)
        try index.begin()
        try index.put(longKeys([5, 1, 3]), locations(3))
        let found = try index.lookup(longKeys([1, 2, 3, 5]))
        #expect(found.map { $0?.position } == [1, nil, 2, 0])
        try index.commit(version: 1)
        #expect(try index.lookup(longKeys([5])) == [RowLocation(file: 0, position: 0)])
    }

    @Test("of equal keys in one batch the last stays, and each sees the one before")
    func repeatedKeys() throws {
        let folder = try ScratchFolder()
        let index = try KeyIndex.open(folder: folder.path)
        try index.begin()
        for _ in 0..<2 {
            try index.clear()
            #expect(try index.put(longKeys([7, 7, 2, 7]), locations(4)).map { $0?.position } == [nil, 0, nil, 1])
            #expect(try index.put(longKeys([9, 2, 9]), locations(3)).map { $0?.position } == [nil, 2, 0])
            #expect(try index.remove(longKeys([7, 7, 8])).map { $0?.position } == [3, nil, nil])
            #expect(try index.count == 2)
        }
    }

    @Test("equal keys at the border between two nested transactions are one key")
    func repeatedKeysAcrossParts() throws {
        let folder = try ScratchFolder()
        let index = try KeyIndex.open(folder: folder.path)
        let numbers = (0..<20_000).map { $0 / 3 }
        try index.begin()
        let previous = try index.put(longKeys(numbers), locations(numbers.count))
        #expect(previous.indices.allSatisfy { previous[$0]?.position == ($0 % 3 == 0 ? nil : Int64($0 - 1)) })
        #expect(try index.count == 6667)
    }

    @Test("clearing drops the keys and keeps the files' numbers")
    func clearing() throws {
        let folder = try ScratchFolder()
        let index = try KeyIndex.open(folder: folder.path)
        try index.begin()
        let file = try index.fileID(for: "data/a.parquet")
        try index.put(longKeys(0..<1000), locations(1000, file: file))
        try index.clear()
        try index.commit(version: 3)
        #expect(try index.count == 0)
        #expect(try index.lookup(longKeys([4])) == [nil])
        #expect(try index.path(of: file) == "data/a.parquet")
    }

    @Test("a file keeps its number, whatever the length of its path, and a forgotten number is not given again")
    func fileNumbers() throws {
        let folder = try ScratchFolder()
        let long = String(repeating: "d/", count: 400)
        let paths = ["a", long + "1", long + "2", ""]
        do {
            let index = try KeyIndex.open(folder: folder.path)
            try index.begin()
            let files = try paths.map { try index.fileID(for: $0) }
            #expect(Set(files).count == paths.count)
            try index.commit(version: 1)
        }
        let index = try KeyIndex.open(folder: folder.path)
        try index.begin()
        let files = try paths.map { try index.fileID(for: $0) }
        #expect(try files.map { try index.path(of: $0) } == paths)
        try index.forget([files[3]])
        #expect(try index.path(of: files[3]) == nil)
        #expect(try index.fileID(for: "") == 4)
        index.abort()
        #expect(try index.path(of: files[3]) == "")
    }

    @Test("a transaction may move between threads")
    func threads() throws {
        let folder = try ScratchFolder()
        let index = try KeyIndex.open(folder: folder.path)
        try onNewThread { try index.begin() }
        try onNewThread { try index.put(longKeys(0..<5000), locations(5000)) }
        try onNewThread { try index.commit(version: 8) }
        try onNewThread { try index.begin() }
        try onNewThread { try index.remove(longKeys([3])) }
        index.abort()
        #expect(try index.count == 5000)
        #expect(index.version == 8)
    }

    @Test("keys too long for LMDB are found again, and told apart")
    func longTexts() throws {
        let folder = try ScratchFolder()
        let index = try KeyIndex.open(folder: folder.path)
        let texts = (0..<300).map { String(repeating: "k", count: 505 + $0 % 10) + String($0) }
        try index.begin()
        try index.put(textKeys(texts), locations(texts.count))
        try index.commit(version: 1)
        #expect(try index.lookup(textKeys(texts)) == locations(texts.count))
        #expect(try index.lookup(textKeys([texts[0] + "0"])) == [nil])
    }

    @Test("a full map fails the group with an error, and the next one has room")
    func mapFull() throws {
        let folder = try ScratchFolder()
        let index = try KeyIndex.open(folder: folder.path, mapSize: 1 << 20)
        try index.begin()
        try index.put(longKeys([1]), locations(1))
        try index.commit(version: 1)
        var attempts = 0
        while index.version == 1, attempts < 8 {
            attempts += 1
            try index.begin()
            let failure = error { try index.put(longKeys(0..<100_000), locations(100_000)) }
            guard failure != nil else {
                try index.commit(version: 2)
                break
            }
            #expect(failure?.code == .storeFailed)
            index.abort()
            #expect(try index.count == 1)
        }
        #expect(attempts > 1)
        #expect(index.version == 2)
        #expect(try index.count == 100_000)
    }

    @Test("a load makes room for itself, in ascending and in scattered order", arguments: [1, 7919])
    func loading(step: Int) throws {
        let folder = try ScratchFolder()
        let count = 200_000
        do {
            let index = try KeyIndex.open(folder: folder.path, mapSize: 1 << 20)
            try index.begin()
            try index.put(textKeys(["left over"]), locations(1))
            try index.commit(version: 4)
            try index.beginLoad(tableUUID: "table", keySignature: "i64")
            #expect(index.version == nil)
            let file = try index.fileID(for: "data/1.parquet")
            for start in stride(from: 0, to: count, by: 50_000) {
                let numbers = (start..<start + 50_000).map { $0 * step % count }
                try index.load(longKeys(numbers), numbers.map { RowLocation(file: file, position: Int64($0)) })
            }
            try index.finishLoad(version: 5)
        }
        let index = try KeyIndex.open(folder: folder.path)
        #expect(index.version == 5)
        #expect(index.tableUUID == "table")
        #expect(index.keySignature == "i64")
        #expect(try index.path(of: 0) == "data/1.parquet")
        #expect(try index.count == count)
        #expect(try index.lookup(longKeys(0..<count)) == locations(count))
        #expect(try index.lookup(textKeys(["left over"])) == [nil])
    }

    @Test("more pages than a nested transaction may hold are written all the same")
    func manyPages() throws {
        let folder = try ScratchFolder()
        let index = try KeyIndex.open(folder: folder.path)
        let count = 700_000
        try index.begin()
        for start in stride(from: 0, to: count, by: 100_000) {
            try index.put(wideKeys((start..<start + 100_000).map { $0 * 7919 % count }), locations(100_000))
        }
        #expect(!index.mayNest)
        #expect(try index.count == count)
        index.abort()
        #expect(try index.count == 0)
    }
}

/// Keys as long as LMDB allows, seven or fewer a page.
private func wideKeys(_ numbers: [Int]) -> KeyBatch {
    var bytes = [UInt8](repeating: 0x77, count: numbers.count * 510)
    for (row, number) in numbers.enumerated() {
        for index in 0..<8 { bytes[row * 510 + index] = UInt8(truncatingIfNeeded: number >> (56 - 8 * index)) }
    }
    return KeyBatch(bytes: bytes, offsets: (0...numbers.count).map { $0 * 510 })
}

/// Runs `body` on a thread of its own and waits for it.
private func onNewThread(_ body: @escaping () throws -> Void) throws {
    let work = ThreadWork(body)
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passUnretained(work).toOpaque()
    let code = unsafe pthread_create(
        &thread,
        nil,
        { argument in
            if let argument = unsafe argument {
                unsafe Unmanaged<ThreadWork>.fromOpaque(argument).takeUnretainedValue().run()
            }
            return nil
        },
        argument
    )
    try #require(code == 0)
    pthread_join(thread, nil)
    try withExtendedLifetime(work) { try work.result?.get() }
}

private final class ThreadWork {
    private let body: () throws -> Void
    private(set) var result: Result<Void, any Error>?

    init(_ body: @escaping () throws -> Void) { self.body = body }

    func run() { result = Result { try body() } }
}
