import Columns
import Engine

/// Rows as texts that any reader can give in exactly the same form: the twin of `Scripts/canonical.py`.
struct CanonicalTable: Equatable {
    /// Names and types of the columns.
    var header: String
    /// In the order of their texts.
    var rows: [String]

    init(header: String, rows: [String]) {
        self.header = header
        self.rows = rows
    }

    init(_ result: QueryResult) {
        header = result.schema.fields.map { "\($0.name):\(Self.kind($0.type))" }.joined(separator: " ")
        rows = result.batches.flatMap { batch in
            (0..<batch.rowCount).map { row in
                batch.columns.map { Self.text($0, row) }.joined(separator: " ")
            }
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func kind(_ type: ColumnType) -> String {
        switch type {
        case .decimal(let precision, let scale): "decimal(\(precision) \(scale))"
        case .fixed: "binary"
        case .structure(let fields):
            "struct<\(fields.map { "\($0.name):\(kind($0.type))" }.joined(separator: " "))>"
        case .list(let element): "list<\(kind(element.type))>"
        case .map(let key, let value): "map<\(kind(key.type)) \(kind(value.type))>"
        default: "\(type)"
        }
    }

    private static func text(_ column: Column, _ row: Int) -> String {
        guard !column.isNull(row) else { return "null" }
        switch column.storage {
        case .bytes1(let values): return values[row] == 0 ? "false" : "true"
        case .int32(let values): return String(values[row])
        case .int64(let values): return String(values[row])
        case .int128(let values):
            guard column.type == .uuid else { return String(values[row]) }
            return hexadecimal(UInt128(truncatingIfNeeded: values[row]), bits: 128)
        case .float(let values): return values[row].isNaN ? "nan" : hexadecimal(values[row].bitPattern, bits: 32)
        case .double(let values): return values[row].isNaN ? "nan" : hexadecimal(values[row].bitPattern, bits: 64)
        case .slices(let values): return bytesText(values[row])
        case .list(let offsets, let child): return entries(column.type, offsets[row]..<offsets[row + 1], child[0])
        case .structure(let children):
            let parts = zip(column.type.children, children).map { "\($0.name):\(text($1, row))" }
            return "{\(parts.joined(separator: " "))}"
        }
    }

    private static func entries(_ type: ColumnType, _ range: Range<Int>, _ child: Column) -> String {
        guard case .map = type, case .structure(let pair) = child.storage else {
            return "[\(range.map { text(child, $0) }.joined(separator: " "))]"
        }
        return "{\(range.map { "\(text(pair[0], $0))=\(text(pair[1], $0))" }.joined(separator: " "))}"
    }

    /// In quotes where all of it can be shown and nothing needs an escape, else hexadecimal.
    private static func bytesText(_ bytes: ArraySlice<UInt8>) -> String {
        let isPlain = bytes.allSatisfy { (0x20...0x7E).contains($0) && ![0x22, 0x27, 0x5C].contains($0) }
        if isPlain { return "'\(String(decoding: bytes, as: UTF8.self))'" }
        return "x" + bytes.map { hexadecimal($0, bits: 8) }.joined()
    }

    private static func hexadecimal(_ value: some FixedWidthInteger, bits: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: bits / 4 - digits.count) + digits
    }
}
