/// Rows that were expected and are not there, and rows that are there and were not expected, side by side.
struct RowDifference {
    let columns: [String]
    let missing: [[String?]]
    let surplus: [[String?]]

    static let rowsShownMax = 20

    /// Rows that are most alike stand together: `-` expected, `+` there.
    var text: String {
        var lines: [(mark: String, cells: [String])] = [(" ", columns)]
        var rest = surplus
        for row in missing.prefix(Self.rowsShownMax) {
            lines.append(("-", row.map(Self.shown)))
            guard let partner = rest.indices.max(by: { alike(rest[$0], row) < alike(rest[$1], row) }),
                alike(rest[partner], row) > 0
            else { continue }
            lines.append(("+", rest.remove(at: partner).map(Self.shown)))
        }
        for row in rest.prefix(Self.rowsShownMax) { lines.append(("+", row.map(Self.shown))) }
        let widths = columns.indices.map { column in lines.map { $0.cells[column].count }.max() ?? 0 }
        var text = ""
        for line in lines {
            var shown = "\(line.mark) "
            for (cell, width) in zip(line.cells, widths) {
                shown += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            while shown.last == " " { shown.removeLast() }
            text += shown + "\n"
        }
        return text + summary
    }

    private var summary: String {
        "\(missing.count) expected and not there (-), \(surplus.count) there and not expected (+)\n"
    }

    private func alike(_ left: [String?], _ right: [String?]) -> Int { zip(left, right).count { $0 == $1 } }

    private static func shown(_ cell: String?) -> String {
        guard let cell else { return "NULL" }
        return cell.isEmpty ? "''" : cell
    }
}
