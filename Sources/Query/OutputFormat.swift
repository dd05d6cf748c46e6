package import Base
package import Columns
import Synchronization

/// How rows are written for people and programs.
package enum OutputFormat: String, Sendable, CaseIterable {
    case table
    case csv
    case json
    case jsonl
    case markdown
    /// Through the engine, to a file.
    case parquet
}

/// Writes the rows of one answer to a byte sink, as they come.
package final class OutputWriter: Sendable {
    package typealias Sink = @Sendable (_ bytes: [UInt8]) throws(TarnError) -> Void

    private struct State {
        var writer: any RowWriter
        var hasBegun = false
    }

    private let state: Mutex<State>
    private let sink: Sink

    /// - Throws: `query.invalid` for `parquet`, which is a file and no stream.
    package init(_ format: OutputFormat, to sink: @escaping Sink) throws(TarnError) {
        let writer: any RowWriter
        switch format {
        case .table: writer = TableWriter()
        case .csv: writer = CSVWriter()
        case .json: writer = JSONRowWriter(isArray: true)
        case .jsonl: writer = JSONRowWriter(isArray: false)
        case .markdown: writer = MarkdownWriter()
        case .parquet:
            throw TarnError(
                .queryInvalid,
                "Parquet is written to a file, not to the terminal.",
                remedy: "Name a file for the output."
            )
        }
        self.sink = sink
        state = Mutex(State(writer: writer))
    }

    package func write(_ batch: ColumnBatch) throws(TarnError) {
        let bytes = state.withLock { state in
            begin(batch.schema, &state) + state.writer.rows(batch)
        }
        if !bytes.isEmpty { try sink(bytes) }
    }

    /// - Parameter isCut: there were more rows than were wanted.
    package func finish(schema: Schema, isCut: Bool) throws(TarnError) {
        let bytes = state.withLock { state in
            begin(schema, &state) + state.writer.end(isCut: isCut)
        }
        if !bytes.isEmpty { try sink(bytes) }
    }

    private func begin(_ schema: Schema, _ state: inout State) -> [UInt8] {
        guard !state.hasBegun else { return [] }
        state.hasBegun = true
        return state.writer.begin(schema)
    }
}

/// One textual form of rows: called with the columns, then with batches, then once more.
protocol RowWriter: Sendable {
    mutating func begin(_ schema: Schema) -> [UInt8]
    mutating func rows(_ batch: ColumnBatch) -> [UInt8]
    mutating func end(isCut: Bool) -> [UInt8]
}

/// RFC 4180 with a header. Null is nothing, an empty text is `""`.
struct CSVWriter: RowWriter {
    mutating func begin(_ schema: Schema) -> [UInt8] { Self.line(schema.fields.map { $0.name }) }

    mutating func rows(_ batch: ColumnBatch) -> [UInt8] {
        var bytes: [UInt8] = []
        for row in 0..<batch.rowCount { bytes += Self.line(batch.columns.map { ValueText.text($0, row) }) }
        return bytes
    }

    mutating func end(isCut: Bool) -> [UInt8] { [] }

    private static func line(_ cells: [String?]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, cell) in cells.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            if let cell { append(cell, to: &bytes) }
        }
        return bytes + [0x0D, 0x0A]
    }

    private static func append(_ cell: String, to bytes: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let needsQuotes = cell.isEmpty || cell.utf8.contains { [quote, UInt8(ascii: ","), 0x0D, 0x0A].contains($0) }
        guard needsQuotes else { return bytes.append(contentsOf: cell.utf8) }
        bytes.append(quote)
        for byte in cell.utf8 {
            if byte == quote { bytes.append(quote) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }
}

/// One object a row: on lines of their own, or as one array.
struct JSONRowWriter: RowWriter {
    private let isArray: Bool
    private var keys: [String] = []
    private var isFirst = true

    init(isArray: Bool) { self.isArray = isArray }

    /// Columns of the same name get numbers, so that no key repeats.
    mutating func begin(_ schema: Schema) -> [UInt8] {
        var used: Set<String> = []
        for field in schema.fields {
            var key = field.name
            var number = 1
            while !used.insert(key).inserted {
                key = "\(field.name)_\(number)"
                number += 1
            }
            keys.append(key)
        }
        return isArray ? Array("[".utf8) : []
    }

    mutating func rows(_ batch: ColumnBatch) -> [UInt8] {
        var writer = JSONWriter()
        var bytes: [UInt8] = []
        for row in 0..<batch.rowCount {
            var object = JSONObject()
            for (key, column) in zip(keys, batch.columns) { object.append(key, ValueText.json(column, row)) }
            writer = JSONWriter()
            writer.write(.object(object))
            if isArray { bytes += (isFirst ? "\n" : ",\n").utf8 }
            isFirst = false
            bytes += writer.bytes
            if !isArray { bytes.append(0x0A) }
        }
        return bytes
    }

    mutating func end(isCut: Bool) -> [UInt8] { isArray ? Array((isFirst ? "]\n" : "\n]\n").utf8) : [] }
}

/// A table of GitHub's Markdown.
struct MarkdownWriter: RowWriter {
    mutating func begin(_ schema: Schema) -> [UInt8] {
        let marks = schema.fields.map { $0.type.isNumeric ? "---:" : "---" }
        return Self.line(schema.fields.map { Self.escaped($0.name) }) + Self.line(marks)
    }

    mutating func rows(_ batch: ColumnBatch) -> [UInt8] {
        (0..<batch.rowCount).flatMap { row in
            Self.line(batch.columns.map { Self.escaped(ValueText.text($0, row) ?? "") })
        }
    }

    mutating func end(isCut: Bool) -> [UInt8] { [] }

    private static func line(_ cells: [String]) -> [UInt8] {
        Array("|".utf8) + cells.flatMap { Array(" \($0) |".utf8) } + [0x0A]
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "|": result += "\\|"
            case "\\": result += "\\\\"
            case "\n": result += "<br>"
            case "\r": break
            case "<": result += "&lt;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
