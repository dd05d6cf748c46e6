import Columns

/// Columns of every type with their extremes; each is filled up with nulls to the length of the longest.
struct TypeSamples {
    let name: String
    let column: Column
    /// Empty lists in place of nulls.
    let isNeverNull: Bool

    private init(
        _ name: String,
        _ type: ColumnType,
        isNeverNull: Bool = false,
        _ fill: (inout Column) -> Void
    ) {
        self.name = name
        self.isNeverNull = isNeverNull
        var column = Column(type)
        fill(&column)
        if !isNeverNull { column.appendNull() }
        self.column = column
    }

    static func batch(rows: Range<Int>, without name: String? = nil) -> ColumnBatch {
        var next = 0
        let samples = all.filter { $0.name != name }
        let schema = Schema(
            fields: samples.map { Field(id: 0, name: $0.name, type: $0.column.type).reassigned(&next) }
        )
        let columns = zip(schema.fields, samples).map { field, sample in
            var column = Column(field.type)
            for row in rows {
                let isFilled = row >= sample.column.count
                if isFilled && sample.isNeverNull {
                    column.closeList()
                } else if isFilled {
                    column.appendNull()
                } else {
                    column.append(row, of: sample.column)
                }
            }
            return column
        }
        return ColumnBatch(schema: schema, columns: columns)
    }

    static let all: [TypeSamples] = scalars + moments + decimals + nested

    private static let scalars: [TypeSamples] = [
        TypeSamples("boolean", .boolean) { for value in [true, false] { $0.append(bool: value) } },
        TypeSamples("int", .int) { for value in [Int32.min, -1, 0, .max] { $0.append(int32: value) } },
        TypeSamples("long", .long) { for value in [Int64.min, -1, 0, 1 << 53 + 1, .max] { $0.append(int64: value) } },
        TypeSamples("float", .float) {
            for value in [-Float.infinity, -0.0, 0, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, .nan] {
                $0.append(float: value)
            }
        },
        TypeSamples("double", .double) {
            for value in [Double.nan, -.greatestFiniteMagnitude, -0.0, 0, 0.1, .leastNonzeroMagnitude, .infinity] {
                $0.append(double: value)
            }
        },
        TypeSamples("finite", .double) { for value in [-1.5, -0.0, 0, 1e300] { $0.append(double: value) } },
        TypeSamples("string", .string) {
            for value in [
                "", "a", "sixteen letters!", "sixteen letters!\u{10FFFF}", "Straße, 東京 🚲", "a\u{0}b", "\"quoted\"\n",
                "\u{10FFFF}", String(repeating: "\u{10FFFF}", count: 20), String(repeating: "x", count: 70_000),
            ] {
                $0.append(string: value)
            }
        },
        TypeSamples("uuid", .uuid) { for value in [Int128.min, -1, 0, 1, .max] { $0.append(int128: value) } },
        TypeSamples("binary", .binary) {
            for value: [UInt8] in [[], [0], [255, 0, 128], Array(0...255), Array(repeating: 255, count: 17)] {
                $0.append(bytes: value)
            }
        },
    ]

    private static let moments: [TypeSamples] = [
        TypeSamples("date", .date) { for value in [Int32(-719_162), -1, 0, 2_932_896] { $0.append(int32: value) } },
        TypeSamples("time", .time) { for value in [Int64(0), 1, 86_399_999_999] { $0.append(int64: value) } },
        TypeSamples("timestamp", .timestamp) {
            for value in [Int64(-62_135_596_800_000_000), -1, 0, 253_402_300_799_999_999] { $0.append(int64: value) }
        },
        TypeSamples("timestamptz", .timestamptz) {
            for value in [Int64(-62_135_596_800_000_000), -1, 0, 253_402_300_799_999_999] { $0.append(int64: value) }
        },
    ]

    private static let decimals: [TypeSamples] = [4, 9, 10, 18, 19, 38].map { precision in
        TypeSamples("decimal_\(precision)", .decimal(precision: precision, scale: precision / 3)) { column in
            var limit: Int128 = 1
            for _ in 0..<precision { limit *= 10 }
            for value in [1 - limit, -129, -1, 0, 1, 128, limit - 1] {
                if precision <= 18 { column.append(int64: Int64(value)) } else { column.append(int128: value) }
            }
        }
    }

    private static let pair: [Field] = [
        Field(id: 0, name: "a name", type: .string), Field(id: 0, name: "n", type: .decimal(precision: 5, scale: 2)),
    ]

    static let listOfStruct = ColumnType.list(Field(id: 0, name: "element", type: .structure(pair)))

    static func appendList(_ count: Int, to column: inout Column) {
        column.withListChild { child in
            for value in 0..<count {
                child.appendStructure {
                    $0[0].append(string: "entry \(value)")
                    $0[1].append(int64: Int64(value))
                }
            }
            child.appendNull()
        }
        column.closeList()
    }

    private static let nested: [TypeSamples] = [
        TypeSamples("struct", .structure(pair)) { column in
            for value in ["x", nil, "a longer text of this child"] {
                column.appendStructure {
                    if let value { $0[0].append(string: value) } else { $0[0].appendNull() }
                    if value == "x" { $0[1].appendNull() } else { $0[1].append(int64: -12_345) }
                }
            }
        },
        TypeSamples("list", .list(Field(id: 0, name: "element", type: .uuid))) { column in
            for count in [0, 3, 1] {
                column.withListChild { child in
                    for value in 0..<count { value == 1 ? child.appendNull() : child.append(int128: Int128(value)) }
                }
                column.closeList()
            }
        },
        TypeSamples("list_of_struct", listOfStruct, isNeverNull: true) { column in
            for count in [2, 0, 1] { appendList(count, to: &column) }
        },
        TypeSamples(
            "map",
            .map(
                key: Field(id: 0, name: "key", type: .string, isRequired: true),
                value: Field(id: 0, name: "value", type: .list(Field(id: 0, name: "element", type: .long)))
            )
        ) { column in
            for count in [1, 0, 2] {
                column.withListChild { child in
                    for entry in 0..<count {
                        child.appendStructure {
                            $0[0].append(string: "key \(entry)")
                            $0[1].withListChild { $0.append(int64: Int64(entry)) }
                            entry == 1 ? $0[1].appendNull() : $0[1].closeList()
                        }
                    }
                }
                column.closeList()
            }
        },
    ]
}
