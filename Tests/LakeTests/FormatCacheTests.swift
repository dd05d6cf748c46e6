import Base
import Columns
import Iceberg
import Testing

@testable import Lake

@Suite struct FormatCacheTests {
    private let metadata = TableMetadata.create(
        uuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1",
        location: "file:///lake/t",
        schema: Schema(fields: [Field(id: 1, name: "id", type: .long)]),
        properties: [],
        now: Timestamp(microseconds: 0)
    )

    private func kept(_ cache: FormatCache, _ names: ClosedRange<Int>) -> [Int] {
        names.filter { cache["\($0)"] != nil }
    }

    @Test("large metadata pushes out more than small does")
    func sizes() {
        let small = FormatCache(costMax: 1 << 20)
        let large = FormatCache(costMax: 1 << 20)
        for number in 1...20 {
            small.insert(.metadata(metadata, byteCount: 1000), for: "\(number)")
            large.insert(.metadata(metadata, byteCount: 40_000), for: "\(number)")
        }
        #expect(kept(small, 1...20).count == 20)
        #expect(kept(large, 1...20).count <= 3)
        #expect(kept(large, 20...20) == [20])
    }

    @Test("bounds of long values count with their length")
    func bounds() {
        var file = DataFile(content: .data, path: "x", format: .parquet, recordCount: 1, fileSizeInBytes: 1)
        file.upperBounds[1] = [UInt8](repeating: 0, count: 1 << 20)
        let entry = ManifestEntry(status: .added, snapshotID: 1, sequenceNumber: 1, fileSequenceNumber: 1, file: file)
        let cache = FormatCache(costMax: 3 << 20)
        for number in 1...4 { cache.insert(.manifest([entry]), for: "\(number)") }
        #expect(kept(cache, 1...4) == [3, 4])
    }

    @Test("what is removed or exchanged does not count any more")
    func removal() {
        let cache = FormatCache(costMax: 100_000)
        for number in 1...100 {
            cache.insert(.metadata(metadata, byteCount: 5000), for: "\(number)")
            cache.insert(.metadata(metadata, byteCount: 5000), for: "\(number)")
            if number > 1 { cache.remove("\(number)") }
        }
        #expect(kept(cache, 1...100) == [1])
    }
}
