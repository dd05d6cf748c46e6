import Columns
import Testing

@Suite struct ColumnTests {
    @Test("a null takes a place in every storage", arguments: ColumnTests.types)
    func nulls(type: ColumnType) {
        var column = Column(type)
        for _ in 0..<130 { column.appendNull() }
        #expect(column.count == 130)
        #expect(column.nullCount == 130)
        let copy = column.gathered([0, 129, 64])
        #expect(copy.count == 3)
        #expect(copy.nullCount == 3)
    }

    @Test("gathering keeps nested values with their rows")
    func gatherNested() {
        var column = Column(.list(Field(id: 2, name: "element", type: .string)))
        for row in 0..<5 {
            column.withListChild { child in for entry in 0..<row { child.append(string: "\(row)-\(entry)") } }
            column.closeList()
        }
        let copy = column.gathered([4, 0, 2])
        guard case .list(let offsets, let child) = copy.storage, case .slices(let texts) = child[0].storage else {
            Issue.record("the storage changed its shape")
            return
        }
        #expect(offsets == [0, 4, 4, 6])
        #expect(
            (0..<6).map { String(decoding: texts[$0], as: UTF8.self) } == ["4-0", "4-1", "4-2", "4-3", "2-0", "2-1"]
        )
    }

    @Test("a bitmap counts its zeros through appends and changes")
    func bitmap() {
        var bitmap = Bitmap(repeating: true, count: 100)
        bitmap.append(false)
        bitmap.set(3, false)
        bitmap.set(3, false)
        bitmap.set(100, true)
        #expect(bitmap.zeroCount == 1)
        #expect(!bitmap[3] && bitmap[100] && bitmap[99])
    }

    static let types: [ColumnType] = [
        .boolean, .int, .long, .float, .double, .decimal(precision: 10, scale: 2), .decimal(precision: 38, scale: 0),
        .date, .time, .timestamp, .timestamptz, .string, .uuid, .fixed(4), .binary,
        .structure([Field(id: 1, name: "a", type: .int)]), .list(Field(id: 1, name: "element", type: .long)),
        .map(key: Field(id: 1, name: "key", type: .string), value: Field(id: 2, name: "value", type: .int)),
    ]
}
