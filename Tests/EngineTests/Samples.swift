import Base
import Columns
import Engine
import Testing

func testConnection(threads: Int = 2) throws -> EngineConnection {
    try Engine(EngineConfiguration(memoryLimitBytes: 1 << 30, threads: threads)).connect()
}

/// The rows of a result as SQL would show them: one array a row, nil for null.
func texts(_ result: QueryResult) -> [[String?]] {
    result.batches.flatMap { batch in
        (0..<batch.rowCount).map { row in batch.columns.map { text($0, row) } }
    }
}

func text(_ column: Column, _ row: Int) -> String? {
    guard !column.isNull(row) else { return nil }
    switch column.storage {
    case .bytes1(let values): return values[row] == 0 ? "false" : "true"
    case .int32(let values): return String(values[row])
    case .int64(let values): return String(values[row])
    case .int128(let values): return String(values[row])
    case .float(let values): return String(values[row])
    case .double(let values): return String(values[row])
    case .slices(let values):
        if column.type == .string { return String(decoding: values[row], as: UTF8.self) }
        return values[row].map { String($0, radix: 16) }.joined(separator: " ")
    case .list(let offsets, let child):
        return "[" + (offsets[row]..<offsets[row + 1]).map { text(child[0], $0) ?? "-" }.joined(separator: ", ") + "]"
    case .structure(let children):
        return "{" + children.map { text($0, row) ?? "-" }.joined(separator: ", ") + "}"
    }
}

/// One column of each type of the lake, scalar and nested, with extremes and nulls.
struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let column: Column

    var testDescription: String { name }

    init(_ name: String, _ type: ColumnType, _ fill: (inout Column) -> Void) {
        self.name = name
        var column = Column(type)
        column.appendNull()
        fill(&column)
        column.appendNull()
        self.column = column
    }

    static let all: [Sample] = scalars + decimals + nested

    static let scalars: [Sample] = [
        Sample("boolean", .boolean) { for value in [true, false] { $0.append(bool: value) } },
        Sample("int", .int) { for value in [Int32.min, -1, 0, .max] { $0.append(int32: value) } },
        Sample("long", .long) { for value in [Int64.min, -1, 0, .max] { $0.append(int64: value) } },
        Sample("float", .float) {
            for value in [-Float.infinity, -0.5, 0, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, .nan] {
                $0.append(float: value)
            }
        },
        Sample("double", .double) {
            for value in [-Double.infinity, -0.5, 0, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, .nan]
            {
                $0.append(double: value)
            }
        },
        Sample("date", .date) { for value in [Int32(-719_162), -1, 0, 2_932_896] { $0.append(int32: value) } },
        Sample("time", .time) { for value in [Int64(0), 1, 86_399_999_999] { $0.append(int64: value) } },
        Sample("timestamp", .timestamp) {
            for value in [Int64(-62_135_596_800_000_000), -1, 0, 253_402_300_799_999_999] { $0.append(int64: value) }
        },
        Sample("timestamptz", .timestamptz) {
            for value in [Int64(-62_135_596_800_000_000), -1, 0, 253_402_300_799_999_999] { $0.append(int64: value) }
        },
        Sample("string", .string) {
            for value in [
                "", "a", "twelve bytes", "thirteen byte", "Straße, 東京 🚲", "a\u{0}b",
                String(repeating: "x", count: 70_000),
            ] {
                $0.append(string: value)
            }
        },
        Sample("uuid", .uuid) { for value in [Int128.min, -1, 0, 1, .max] { $0.append(int128: value) } },
        Sample("fixed", .fixed(3)) { $0.append(bytes: [0, 255, 7]) },
        Sample("binary", .binary) {
            for value: [UInt8] in [[], [0], [255, 0, 128], Array(0...255)] { $0.append(bytes: value) }
        },
    ]

    static let decimals: [Sample] = [1, 4, 5, 9, 10, 18, 19, 37, 38].map { precision in
        Sample("decimal \(precision)", .decimal(precision: precision, scale: precision / 2)) { column in
            var limit: Int128 = 1
            for _ in 0..<precision { limit *= 10 }
            for value in [1 - limit, -1, 0, 1, limit - 1] {
                if precision <= 18 { column.append(int64: Int64(value)) } else { column.append(int128: value) }
            }
        }
    }

    private static let pair: [Field] = [
        Field(id: 11, name: "a \"quoted\" name", type: .string),
        Field(id: 12, name: "n", type: .decimal(precision: 5, scale: 2)),
    ]

    static let nested: [Sample] = [
        Sample("struct", .structure(pair)) { column in
            for value in ["x", nil, "a longer text of this child"] {
                column.appendStructure {
                    if let value { $0[0].append(string: value) } else { $0[0].appendNull() }
                    if value == "x" { $0[1].appendNull() } else { $0[1].append(int64: -12_345) }
                }
            }
        },
        Sample("list", .list(Field(id: 21, name: "element", type: .uuid))) { column in
            for count in [0, 3, 1] {
                column.withListChild { child in
                    for value in 0..<count { value == 1 ? child.appendNull() : child.append(int128: Int128(value)) }
                }
                column.closeList()
            }
        },
        Sample("list of struct", .list(Field(id: 31, name: "element", type: .structure(pair)))) { column in
            for count in [2, 0, 1] {
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
        },
        Sample(
            "map",
            .map(
                key: Field(id: 41, name: "key", type: .string, isRequired: true),
                value: Field(id: 42, name: "value", type: .list(Field(id: 43, name: "element", type: .long)))
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
