import Base
import Engine

extension BindRefusal {
    /// Whether it is about a column that stands at `position`.
    var isOfColumn: Bool {
        guard kind == "binder" else { return false }
        return subtype == "COLUMN_NOT_FOUND" || message.contains("does not have a column named")
            || message.hasPrefix("Ambiguous reference to column") || message.hasPrefix("Referenced table ")
    }

    /// What stands in quotes, the last first: messages go from the whole to the part.
    var names: [String] {
        let parts = message.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }.reversed()
    }

    /// The refusal in our words; its place is left to whoever knows the text.
    ///
    /// - Parameter columns: those of the tables that the statement reads.
    func error(columns: [String]) -> TarnError {
        var text = message
        var remedy: String?
        if let hint = text.firstRange(of: " (use: ") {
            let names = text[hint.upperBound...].split(separator: ")").first.map { String($0) } ?? ""
            remedy = "Write \(names)."
            text = String(text[..<hint.lowerBound])
        }
        if text.hasSuffix("!") { text.removeLast() }
        if !text.hasSuffix(".") { text += "." }
        let error = TarnError(.queryInvalid, text, remedy: remedy)
        guard remedy == nil, let near = nearest(columns) else { return error }
        return error.adding("did you mean", near)
    }

    private func nearest(_ columns: [String]) -> String? {
        if subtype == "MISSING_ENTRY" { return candidates.first }
        guard isOfColumn, !message.hasPrefix("Referenced table"), let name = names.first else { return nil }
        let near = Spelling.nearest(to: name, among: Array(Set(columns)).sorted(), by: { $0 })
        return near.isEmpty ? nil : near.joined(separator: ", ")
    }
}
