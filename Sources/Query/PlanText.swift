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

    private static func shown(_ text: String, hiding folders: [String]) -> [Substring] {
        let lines = text.split(separator: "\n")
        // An analysis begins with the statement itself, between two boxes.
        let start = lines.firstIndex { $0.hasPrefix("EXPLAIN ANALYZE") } ?? 0
        var result: [Substring] = []
        var isFileNames = false
        for line in lines[start...].drop(while: { !$0.hasPrefix("┌") }) {
            if line.contains("Filename(s):") { isFileNames = true }
            let isBlank = line.allSatisfy { $0 == " " || $0 == "│" }
            if isFileNames, !isBlank, line.hasPrefix("│") { continue }
            isFileNames = false
            if !folders.contains(where: line.contains) { result.append(line) }
        }
        return result
    }
}
