import Columns
import Engine

/// The engine's plan as rows of text, without the rewritten statement and the names of files.
enum PlanText {
    static func batch(_ result: QueryResult, hiding folders: [String]) -> ColumnBatch {
        var batch = ColumnBatch(schema: Schema(fields: [Field(id: 1, name: "plan", type: .string)]))
        for part in result.batches {
            guard let column = part.columns.last else { continue }
            for row in 0..<column.count {
                for line in shown(ValueText.text(column, row) ?? "", hiding: folders) {
                    batch.columns[0].append(string: String(line))
                }
            }
        }
        return batch
    }

    private static func shown(_ text: String, hiding folders: [String]) -> [String] {
        let lines = text.split(separator: "\n")
        // An analysis begins with the statement itself, between two boxes.
        let start = lines.firstIndex { $0.hasPrefix("EXPLAIN ANALYZE") } ?? 0
        var hidden: Set<Int> = []
        let shown = lines[start...].drop { !$0.hasPrefix("┌") }.map { withoutFileNames($0, &hidden) }
        return shown.filter { line in !folders.contains(where: line.contains) }
    }

    /// Boxes stand side by side: each is blanked from the first sign of file names to its next empty line.
    ///
    /// - Parameter hidden: where the boxes begin that are being blanked.
    private static func withoutFileNames(_ line: Substring, _ hidden: inout Set<Int>) -> String {
        var result = ""
        var column = 0
        for (index, part) in line.split(separator: "│", omittingEmptySubsequences: false).enumerated() {
            if index > 0 { result.append("│") }
            if part.contains("Filename(s):") || holdsPath(part) {
                hidden.insert(column)
            } else if part.allSatisfy({ $0 == " " }) {
                hidden.remove(column)
            }
            result += hidden.contains(column) ? String(repeating: " ", count: part.count) : String(part)
            column += part.count + 1
        }
        return result
    }

    /// A slash without spaces around it: those of a division have them.
    private static func holdsPath(_ part: Substring) -> Bool {
        let letters = Array(part)
        return letters.indices.contains { index in
            letters[index] == "/"
                && (index > 0 && letters[index - 1] != " " || index + 1 < letters.count && letters[index + 1] != " ")
        }
    }
}
