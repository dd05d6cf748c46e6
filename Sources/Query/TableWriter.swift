import Columns

/// Rows in aligned columns, as psql shows them, with their number below.
///
/// The first rows are held back to measure them; later ones keep those widths and may stick out.
struct TableWriter: RowWriter {
    private static let measuredRowsMax = 2000

    private var names: [String] = []
    private var isNumeric: [Bool] = []
    private var widths: [Int] = []
    private var held: [[String]]? = []
    private var rowCount = 0

    mutating func begin(_ schema: Schema) -> [UInt8] {
        names = schema.fields.map { TextWidth.printable($0.name) }
        isNumeric = schema.fields.map(\.type.isNumeric)
        widths = names.map(TextWidth.of)
        return []
    }

    mutating func rows(_ batch: ColumnBatch) -> [UInt8] {
        var bytes: [UInt8] = []
        for row in 0..<batch.rowCount {
            let cells = batch.columns.map { TextWidth.printable(ValueText.text($0, row) ?? "") }
            rowCount += 1
            if held == nil {
                bytes += line(cells)
            } else {
                held?.append(cells)
                for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], TextWidth.of(cell)) }
                if rowCount == Self.measuredRowsMax { bytes += release() }
            }
        }
        return bytes
    }

    mutating func end(isCut: Bool) -> [UInt8] {
        let count = rowCount == 1 ? "1 row" : "\(rowCount) rows"
        return release() + Array((isCut ? "(first \(count), there are more)\n" : "(\(count))\n").utf8)
    }

    private mutating func release() -> [UInt8] {
        guard let rows = held else { return [] }
        held = nil
        let rule = widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+")
        return line(names) + Array("\(rule)\n".utf8) + rows.flatMap(line)
    }

    private func line(_ cells: [String]) -> [UInt8] {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let gap = String(repeating: " ", count: max(0, widths[index] - TextWidth.of(cell)))
            text += index > 0 ? " | " : " "
            text += isNumeric[index] ? gap + cell : index == cells.count - 1 ? cell : cell + gap
        }
        return Array("\(text)\n".utf8)
    }
}

/// How much room text takes in a terminal.
enum TextWidth {
    /// Columns of a terminal with fixed-width letters: wide letters and pictures take two, marks none.
    static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    private static func width(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        if scalars.contains("\u{FE0F}") { return 2 }
        return scalars.map(width).max() ?? 0
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        if scalar.properties.isEmojiPresentation { return 2 }
        return wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// The blocks that Unicode's East Asian Width lists as wide or full.
    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
        0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x1_F300...0x1_F64F, 0x1_F900...0x1_F9FF, 0x2_0000...0x3_FFFD,
    ]

    /// Control characters written out, so that a value can neither break the table nor steer the terminal.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isControl(scalar):
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// C0, DEL, C1, and the marks that turn the direction of writing.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
