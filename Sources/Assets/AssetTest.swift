package import Base
import Settings

/// What an asset has to give for rows that are given: one entry of a file below `tests/`.
package struct AssetTest: Sendable {
    package let name: String
    package let asset: TableName
    package let place: SourcePlace
    /// Inputs that are not named have no rows.
    let given: [(table: TableName, rows: TestRows)]
    let expected: TestRows
}

/// Rows as a person wrote them: the texts of some columns, one row a line.
struct TestRows: Sendable {
    enum Value: Sendable, Equatable {
        case null
        case text(String)
        /// A list or a group of YAML, as JSON.
        case nested(String)
    }

    struct Row: Sendable {
        let place: SourcePlace
        let values: [String: Value]
    }

    let place: SourcePlace
    /// The columns that are named, in the order of their first use.
    var columns: [String]
    var rows: [Row]
}

/// Reads the files of tests. Every mistake is reported, not only the first.
///
/// ```
/// tests:
///   - name: a refund lowers the revenue
///     asset: gold.revenue_daily
///     given:
///       silver.orders:
///         - {id: 1, total: 10.00, ordered_at: 2026-01-02}
///       silver.refunds: {file: tests/refunds.csv}
///     expect:
///       - {day: 2026-01-02, revenue: 8.50}
/// ```
package struct AssetTestReader {
    private let files: [String: SourceText]
    package private(set) var tests: [AssetTest] = []
    package private(set) var problems: [Problem] = []

    static let rowsMax = 10_000

    /// - Parameter files: everything below `tests/`; those that end in `.yaml` or `.yml` hold tests.
    package init(_ files: [SourceText]) {
        self.files = Dictionary(files.map { ($0.path, $0) }) { first, _ in first }
        for file in files.sorted(by: { $0.path < $1.path })
        where file.path.hasSuffix(".yaml") || file.path.hasSuffix(".yml") { read(file) }
        problems.sort { $0.place < $1.place }
    }

    private mutating func read(_ file: SourceText) {
        collect(file) { (reader) throws(TarnError) in
            let root = try reader.section(ConfigurationDocument.parse(file.bytes, file: file.path), ["tests"])
            guard let node = root.node(at: "tests"), case .list(let items) = node.content else {
                throw root.node.failure("The file has no list of `tests`.")
            }
            for item in items { reader.collect(file) { (reader) throws(TarnError) in try reader.readTest(item) } }
        }
    }

    private mutating func readTest(_ node: ConfigurationNode) throws(TarnError) {
        let section = try section(node, ["name", "description", "asset", "given", "expect"])
        guard let name = try section.text("name") else { throw node.failure("The test has no `name`.") }
        guard let asset = try section.text("asset").flatMap({ TableName($0) }) else {
            throw section.place("asset").failure("The test names no `asset` as namespace.table.")
        }
        var given: [(table: TableName, rows: TestRows)] = []
        if let inputs = section.node(at: "given") {
            guard case .section(let entries) = inputs.content else {
                throw inputs.failure("`given` has to name tables and their rows.")
            }
            for entry in entries {
                guard let table = TableName(entry.key) else {
                    throw entry.value.failure("`\(entry.key)` is not of the form namespace.table.")
                }
                given.append((table, try rows(entry.value)))
            }
        }
        guard let expected = section.node(at: "expect") else { throw node.failure("The test has no `expect`.") }
        tests.append(
            AssetTest(
                name: name,
                asset: asset,
                place: SourcePlace(node),
                given: given,
                expected: try rows(expected)
            )
        )
    }

    private mutating func rows(_ node: ConfigurationNode) throws(TarnError) -> TestRows {
        var result = TestRows(place: SourcePlace(node), columns: [], rows: [])
        switch node.content {
        case .nothing: break
        case .list(let items):
            guard items.count <= Self.rowsMax else { throw node.failure("There are more rows than a test can have.") }
            for item in items { result.add(try row(item)) }
        case .section:
            let section = try section(node, ["file"])
            guard let path = try section.text("file") else { throw node.failure("The rows are in no `file`.") }
            guard let file = files[path] else {
                throw section.place("file").failure(
                    "There is no such file below tests/.",
                    remedy: "Name it from the project's folder, as in `tests/orders.csv`."
                )
            }
            return try CSVRows.read(file)
        case .text: throw node.failure("Rows are a list, or `file: tests/….csv`.")
        }
        return result
    }

    private func row(_ node: ConfigurationNode) throws(TarnError) -> (columns: [String], row: TestRows.Row) {
        guard case .section(let entries) = node.content else {
            throw node.failure("A row has to be a group of columns.", remedy: "Write `- {id: 1, status: paid}`.")
        }
        var values: [String: TestRows.Value] = [:]
        for entry in entries { values[entry.key] = TestRows.Value(entry.value) }
        return (entries.map(\.key), TestRows.Row(place: SourcePlace(node), values: values))
    }

    private mutating func section(_ node: ConfigurationNode, _ keys: [String]) throws(TarnError) -> ConfigurationSection
    {
        var unknown: [TarnError] = []
        let section = try ConfigurationSection(node, keys: keys, environment: .none) { unknown.append($0) }
        for error in unknown { report(error, node.file) }
        return section
    }

    private mutating func report(_ error: TarnError, _ file: String) {
        problems.append(Problem(error, in: file, fallback: SourcePlace(file: file, line: 1, column: 1)))
    }

    private mutating func collect(
        _ file: SourceText,
        _ body: (inout AssetTestReader) throws(TarnError) -> Void
    ) {
        do throws(TarnError) { try body(&self) } catch { report(error, file.path) }
    }
}

extension TestRows {
    fileprivate mutating func add(_ added: (columns: [String], row: Row)) {
        for column in added.columns where !columns.contains(column) { columns.append(column) }
        rows.append(added.row)
    }
}

extension TestRows.Value {
    init(_ node: ConfigurationNode) {
        switch node.content {
        case .nothing: self = .null
        case .text(let text): self = .text(text)
        default: self = .nested(Self.json(node).text)
        }
    }

    /// Single values stay texts: the cast to the column's type reads them.
    private static func json(_ node: ConfigurationNode) -> JSONValue {
        switch node.content {
        case .nothing: return .null
        case .text(let text): return .string(text)
        case .list(let items): return .array(items.map(json))
        case .section(let entries):
            var object = JSONObject()
            for entry in entries { object[entry.key] = json(entry.value) }
            return .object(object)
        }
    }
}

/// Reads rows from CSV: names first, commas between, quotes around what holds commas; nothing between commas is null.
enum CSVRows {
    static func read(_ file: SourceText) throws(TarnError) -> TestRows {
        var result = TestRows(place: file.start, columns: [], rows: [])
        var offset = 0
        while offset < file.bytes.count {
            let start = offset
            let values = try record(file, &offset)
            if values == [.null] { continue }
            guard !result.columns.isEmpty else {
                result.columns = values.map { if case .text(let name) = $0 { name } else { "" } }
                continue
            }
            guard values.count == result.columns.count else {
                throw failure("The line has another number of values than there are columns.", file, start)
            }
            guard result.rows.count < AssetTestReader.rowsMax else {
                throw failure("There are more rows than a test can have.", file, start)
            }
            let row = Dictionary(zip(result.columns, values)) { first, _ in first }
            result.rows.append(TestRows.Row(place: file.place(ofByte: start), values: row))
        }
        return result
    }

    private static func record(_ file: SourceText, _ offset: inout Int) throws(TarnError) -> [TestRows.Value] {
        var values: [TestRows.Value] = []
        while true {
            values.append(try value(file, &offset))
            guard offset < file.bytes.count else { return values }
            let separator = file.bytes[offset]
            offset += 1
            if separator != UInt8(ascii: ",") { return values }
        }
    }

    private static func value(_ file: SourceText, _ offset: inout Int) throws(TarnError) -> TestRows.Value {
        let bytes = file.bytes
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
            let start = offset
            while offset < bytes.count, bytes[offset] != UInt8(ascii: ","), bytes[offset] != UInt8(ascii: "\n") {
                offset += 1
            }
            var content = bytes[start..<offset]
            if content.last == UInt8(ascii: "\r") { content.removeLast() }
            return content.isEmpty ? .null : .text(String(decoding: content, as: UTF8.self))
        }
        let start = offset
        var content: [UInt8] = []
        offset += 1
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "\"") {
                offset += 1
                guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { break }
            }
            content.append(bytes[offset])
            offset += 1
        }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "\r") { offset += 1 }
        let isClosed = offset > start + 1 && bytes[start + 1..<offset].contains(UInt8(ascii: "\""))
        guard isClosed, offset == bytes.count || [UInt8(ascii: ","), UInt8(ascii: "\n")].contains(bytes[offset]) else {
            throw failure("A value in quotes is not closed, or something follows it.", file, start)
        }
        return .text(String(decoding: content, as: UTF8.self))
    }

    private static func failure(_ message: String, _ file: SourceText, _ byte: Int) -> TarnError {
        TarnError(.assetTest, message, detail: ["at": file.place(ofByte: byte).description])
    }
}
