import Base
import Columns
import Testing

@testable import Landing

/// Random work on an index and on a dictionary, which must agree throughout.
@Suite("Key index against a model")
struct KeyIndexModelTests {
    @Test("the index does what a dictionary does", arguments: 0..<24 as Range<UInt64>)
    func model(seed: UInt64) throws {
        var run = try ModelRun(seed: seed)
        for _ in 0..<120 { try run.step() }
        try run.compareAll()
    }
}

private struct ModelRun {
    private let folder: ScratchFolder
    private let entropy: SeededEntropy
    private var index: KeyIndex?
    private var committed: [Int: RowLocation] = [:]
    private var current: [Int: RowLocation] = [:]
    private var isOpen = false
    private var version: Int64?
    private let keySpace: Int

    init(seed: UInt64) throws {
        folder = try ScratchFolder()
        entropy = SeededEntropy(seed: seed)
        keySpace = [10, 300, 20_000][Int(seed % 3)]
        index = try KeyIndex.open(folder: folder.path, mapSize: 64 << 20)
    }

    mutating func step() throws {
        let choice = random(20)
        guard choice != 19 else { return try reopen() }
        let index = try #require(self.index)
        switch choice {
        case 0..<7: try put(index)
        case 7..<10: try remove(index)
        case 14..<17 where isOpen: try commit(index)
        case 17 where isOpen: abort(index)
        case 18 where isOpen && random(3) == 0: try clear(index)
        default: try lookup(index)
        }
    }

    mutating func compareAll() throws {
        let index = try #require(self.index)
        #expect(try index.count == current.count)
        #expect(index.version == version)
        let numbers = Array(0..<keySpace)
        #expect(try index.lookup(keys(numbers)) == numbers.map { current[$0] })
    }

    private mutating func put(_ index: KeyIndex) throws {
        try open(index)
        let numbers = randomNumbers()
        let places = numbers.map { _ in RowLocation(file: UInt32(random(9)), position: Int64(random(1 << 40))) }
        let previous = try index.put(keys(numbers), places)
        for (row, number) in numbers.enumerated() {
            #expect(previous[row] == current.updateValue(places[row], forKey: number))
        }
    }

    private mutating func remove(_ index: KeyIndex) throws {
        try open(index)
        let numbers = randomNumbers()
        let previous = try index.remove(keys(numbers))
        for (row, number) in numbers.enumerated() { #expect(previous[row] == current.removeValue(forKey: number)) }
    }

    private func lookup(_ index: KeyIndex) throws {
        let numbers = randomNumbers()
        #expect(try index.lookup(keys(numbers)) == numbers.map { current[$0] })
        #expect(try index.count == current.count)
    }

    private mutating func commit(_ index: KeyIndex) throws {
        version = (version ?? 0) + 1
        try index.commit(version: version ?? 0)
        committed = current
        isOpen = false
    }

    private mutating func abort(_ index: KeyIndex) {
        index.abort()
        current = committed
        isOpen = false
    }

    private mutating func clear(_ index: KeyIndex) throws {
        try index.clear()
        current = [:]
    }

    private mutating func reopen() throws {
        index = nil
        index = try KeyIndex.open(folder: folder.path, mapSize: 64 << 20)
        current = committed
        isOpen = false
        #expect(index?.version == version)
    }

    private mutating func open(_ index: KeyIndex) throws {
        guard !isOpen else { return }
        try index.begin()
        isOpen = true
    }

    private func random(_ bound: Int) -> Int { Int(entropy.next() % UInt64(bound)) }

    private func randomNumbers() -> [Int] {
        let count = random(8) == 0 ? random(12_000) : random(40)
        let start = random(keySpace)
        let isScattered = random(2) == 0
        return (0..<count).map { isScattered ? random(keySpace) : (start + $0) % keySpace }
    }

    /// Texts of many lengths, some beyond LMDB's limit.
    private func keys(_ numbers: [Int]) throws -> KeyBatch {
        try textKeys(numbers.map { String(repeating: "k", count: $0 % 7 == 0 ? 520 : $0 % 5) + String($0) })
    }
}
