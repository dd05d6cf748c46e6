/// Rows of text in columns, as the commands print them.
package struct TextTable: Sendable {
    package enum Alignment: Sendable {
        case left
        case right
    }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    package init(_ columns: [(title: String, alignment: Alignment)]) { self.columns = columns }

    /// One text a column; line breaks inside become spaces.
    package mutating func add(_ row: [String]) {
        rows.append(row.map { $0.replacing("\n", with: " ") })
    }

    package var text: String {
        let all = [columns.map(\.title)] + rows
        let widths = columns.indices.map { index in all.map { $0[index].count }.max() ?? 0 }
        return all.map { line(of: $0, widths) + "\n" }.joined()
    }

    private func line(of cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for index in columns.indices {
            let space = String(repeating: " ", count: widths[index] - cells[index].count)
            if index > 0 { line += "  " }
            line += columns[index].alignment == .left ? cells[index] + space : space + cells[index]
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
