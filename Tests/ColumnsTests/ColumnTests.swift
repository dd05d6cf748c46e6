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

    @Test("bits appended together equal bits appended one by one", arguments: [0, 1, 63, 64, 65, 127, 128, 200])
    func bitsTogether(start: Int) {
        for count in [0, 1, 62, 63, 64, 65, 130] {
            for value in [true, false] {
                var (together, single) = (Bitmap(), Bitmap())
                for index in 0..<start {
                    together.append(index % 3 == 0)
                    single.append(index % 3 == 0)
                }
                together.append(value, count: count)
                for _ in 0..<count { single.append(value) }
                together.append(true)
                single.append(true)
                #expect(together == single)
            }
        }
    }

    @Test("nulls appended together equal nulls appended one by one", arguments: ColumnTests.types)
    func nullsTogether(type: ColumnType) {
        var (together, single) = (Column(type), Column(type))
        for count in [1, 70] {
            together.appendNulls(count)
            for _ in 0..<count { single.appendNull() }
        }
        #expect(together.validity == single.validity)
        #expect(together.byteCount == single.byteCount)
        #expect(together.gathered([70, 0]).nullCount == 2)
    }

    @Test("a value appended many times stands in each row")
    func repeated() {
        var text = Column(.string)
        text.append(string: "shop", count: 3)
        text.append(singleBytes: Array("cu".utf8))
        text.append(string: "", count: 1)
        guard case .slices(let texts) = text.storage else { return #expect(Bool(false), "the storage changed") }
        #expect((0..<6).map { String(decoding: texts[$0], as: UTF8.self) } == ["shop", "shop", "shop", "c", "u", ""])
        var number = Column(.long)
        number.append(int64: 7, count: 2)
        number.append(int64s: [1, 2])
        guard case .int64(let numbers) = number.storage else { return #expect(Bool(false), "the storage changed") }
        #expect(numbers == [7, 7, 1, 2])
        var list = Column(.list(Field(id: 2, name: "element", type: .int)))
        list.withListChild { $0.append(int32: 1, count: 2) }
        list.closeList()
        list.appendEmptyLists(2)
        guard case .list(let offsets, _) = list.storage else { return #expect(Bool(false), "the storage changed") }
        #expect(offsets == [0, 2, 2, 2])
        #expect([text, number, list].allSatisfy { $0.nullCount == 0 })
        #expect([text, number, list].map(\.count) == [6, 4, 3])
    }

    static let types: [ColumnType] = [
        .boolean, .int, .long, .float, .double, .decimal(precision: 10, scale: 2), .decimal(precision: 38, scale: 0),
        .date, .time, .timestamp, .timestamptz, .string, .uuid, .fixed(4), .binary,
        .structure([Field(id: 1, name: "a", type: .int)]), .list(Field(id: 1, name: "element", type: .long)),
        .map(key: Field(id: 1, name: "key", type: .string), value: Field(id: 2, name: "value", type: .int)),
    ]
}
