import Base
import Columns

/// Writes what the cache keeps: numbers of variable length, and texts of which each is written once.
struct CacheWriter {
    private(set) var bytes: [UInt8] = []
    private var known: [String: Int] = [:]

    mutating func number(_ value: Int) {
        var rest = UInt64(bitPattern: Int64(value))
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func flag(_ value: Bool) { bytes.append(value ? 1 : 0) }

    mutating func text(_ value: String) {
        if let index = known[value] { return number(index + 1) }
        known[value] = known.count
        number(0)
        number(value.utf8.count)
        bytes += value.utf8
    }

    mutating func optional<Value>(_ value: Value?, _ write: (inout CacheWriter, Value) -> Void) {
        flag(value != nil)
        if let value { write(&self, value) }
    }

    mutating func list<Value>(_ values: some Collection<Value>, _ write: (inout CacheWriter, Value) -> Void) {
        number(values.count)
        for value in values { write(&self, value) }
    }

    mutating func block(_ value: [UInt8]) {
        number(value.count)
        bytes += value
    }

    mutating func fingerprint(_ value: Fingerprint) {
        for word in [value.low, value.high] {
            for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
    }
}

/// Reads what `CacheWriter` wrote; anything else is refused.
struct CacheReader {
    private var cursor: ByteCursor
    private var known: [String] = []

    init(_ bytes: [UInt8]) { cursor = ByteCursor(bytes, subject: "cache") }

    var isAtEnd: Bool { cursor.remaining == 0 }

    mutating func number() throws(TarnError) -> Int {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try cursor.byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return Int(Int64(bitPattern: value)) }
        }
        throw Self.damaged
    }

    mutating func flag() throws(TarnError) -> Bool { try cursor.byte() != 0 }

    mutating func text() throws(TarnError) -> String {
        let index = try number()
        guard index == 0 else {
            guard known.indices.contains(index - 1) else { throw Self.damaged }
            return known[index - 1]
        }
        guard let text = String(validating: try cursor.take(try number()), as: UTF8.self) else { throw Self.damaged }
        known.append(text)
        return text
    }

    mutating func optional<Value>(
        _ read: (inout CacheReader) throws(TarnError) -> Value
    ) throws(TarnError) -> Value? {
        try flag() ? try read(&self) : nil
    }

    mutating func list<Value>(
        _ read: (inout CacheReader) throws(TarnError) -> Value
    ) throws(TarnError) -> [Value] {
        let count = try number()
        // Each value takes a byte or more.
        guard (0...cursor.remaining).contains(count) else { throw Self.damaged }
        var values: [Value] = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }

    mutating func block() throws(TarnError) -> [UInt8] { Array(try cursor.take(try number())) }

    mutating func fingerprint() throws(TarnError) -> Fingerprint {
        Fingerprint(
            low: try cursor.littleEndian(UInt64.self),
            high: try cursor.littleEndian(UInt64.self)
        )
    }

    static var damaged: TarnError { TarnError(.corruptData, "The cache is damaged.") }
}

extension CacheWriter {
    mutating func table(_ name: TableName) {
        text(name.namespace)
        text(name.name)
    }

    mutating func schema(_ schema: Schema) {
        number(schema.id)
        list(schema.fields) { $0.field($1) }
        list(schema.identifierFieldIDs) { $0.number($1) }
    }

    private mutating func field(_ field: Field) {
        number(field.id)
        text(field.name)
        type(field.type)
        flag(field.isRequired)
        optional(field.documentation) { $0.text($1) }
    }

    private mutating func type(_ type: ColumnType) {
        if let index = CacheTypes.plain.firstIndex(of: type) { return number(index) }
        switch type {
        case .decimal(let precision, let scale):
            number(CacheTypes.decimal)
            number(precision)
            number(scale)
        case .fixed(let length):
            number(CacheTypes.fixed)
            number(length)
        case .structure(let fields):
            number(CacheTypes.structure)
            list(fields) { $0.field($1) }
        case .list(let element):
            number(CacheTypes.list)
            field(element)
        case .map(let key, let value):
            number(CacheTypes.map)
            field(key)
            field(value)
        default: break
        }
    }

    mutating func lineage(_ lineage: TableLineage) {
        list(lineage.columns) { writer, column in
            writer.text(column.name)
            writer.list(column.lineage.direct.sorted { $0.key < $1.key }) { writer, entry in
                writer.path(entry.key)
                writer.text(entry.value.rawValue)
            }
            writer.influences(column.lineage.indirect)
        }
        influences(lineage.indirect)
    }

    private mutating func path(_ path: ColumnPath) {
        table(path.table)
        list(path.path) { $0.text($1) }
    }

    private mutating func influences(_ influences: Influences) {
        list(influences.sorted { $0.key < $1.key }) { writer, entry in
            writer.path(entry.key)
            writer.list(entry.value.sorted()) { $0.text($1.rawValue) }
        }
    }
}

/// How types are numbered in the cache.
private enum CacheTypes {
    static let plain: [ColumnType] = [
        .boolean, .int, .long, .float, .double, .date, .time, .timestamp, .timestamptz, .string, .uuid, .binary,
    ]
    static let decimal = 100
    static let fixed = 101
    static let structure = 102
    static let list = 103
    static let map = 104
    static let depthMax = 64
}

extension CacheReader {
    mutating func table() throws(TarnError) -> TableName { TableName(namespace: try text(), name: try text()) }

    mutating func schema() throws(TarnError) -> Schema {
        Schema(
            id: try number(),
            fields: try list { (reader) throws(TarnError) in try reader.field(depth: 0) },
            identifierFieldIDs: try list { (reader) throws(TarnError) in try reader.number() }
        )
    }

    private mutating func field(depth: Int) throws(TarnError) -> Field {
        Field(
            id: try number(),
            name: try text(),
            type: try type(depth: depth + 1),
            isRequired: try flag(),
            documentation: try optional { (reader) throws(TarnError) in try reader.text() }
        )
    }

    private mutating func type(depth: Int) throws(TarnError) -> ColumnType {
        guard depth < CacheTypes.depthMax else { throw Self.damaged }
        switch try number() {
        case let index where CacheTypes.plain.indices.contains(index): return CacheTypes.plain[index]
        case CacheTypes.decimal: return .decimal(precision: try number(), scale: try number())
        case CacheTypes.fixed: return .fixed(try number())
        case CacheTypes.structure:
            return .structure(try list { (reader) throws(TarnError) in try reader.field(depth: depth) })
        case CacheTypes.list: return .list(try field(depth: depth))
        case CacheTypes.map: return .map(key: try field(depth: depth), value: try field(depth: depth))
        default: throw Self.damaged
        }
    }

    mutating func lineage() throws(TarnError) -> TableLineage {
        let columns = try list { (reader) throws(TarnError) in
            let name = try reader.text()
            let direct = try reader.list { (reader) throws(TarnError) in
                let path = try reader.path()
                guard let derivation = Derivation(rawValue: try reader.text()) else { throw Self.damaged }
                return (path, derivation)
            }
            let lineage = ColumnLineage(
                direct: Dictionary(direct) { first, _ in first },
                indirect: try reader.influences()
            )
            return TableLineage.Column(name: name, lineage: lineage)
        }
        return TableLineage(columns: columns, indirect: try influences())
    }

    private mutating func path() throws(TarnError) -> ColumnPath {
        ColumnPath(table: try table(), path: try list { (reader) throws(TarnError) in try reader.text() })
    }

    private mutating func influences() throws(TarnError) -> Influences {
        let entries = try list { (reader) throws(TarnError) in
            let path = try reader.path()
            let kinds = try reader.list { (reader) throws(TarnError) in
                guard let kind = Influence(rawValue: try reader.text()) else { throw Self.damaged }
                return kind
            }
            return (path, Set(kinds))
        }
        return Dictionary(entries) { first, _ in first }
    }
}

extension TableLineage {
    /// As the cache keeps it.
    var cached: [UInt8] {
        var writer = CacheWriter()
        writer.lineage(self)
        return writer.bytes
    }

    init(cached bytes: [UInt8]) throws(TarnError) {
        var reader = CacheReader(bytes)
        self = try reader.lineage()
    }
}
