/// Collects lines until statements are whole: a semicolon outside quotes and comments ends one.
package struct StatementBuffer: Sendable {
    private enum Mode: Equatable {
        case plain
        /// Inside `'…'` or `"…"`; a doubled quote ends and begins again, which comes to the same.
        case quoted(Character)
        case lineComment
        case blockComment
        case dollarQuoted(String)
    }

    private var text = ""

    package init() {}

    /// Nothing but space so far.
    package var isEmpty: Bool { text.allSatisfy(\.isWhitespace) }

    /// Adds a line; returns the statements that it completed, without their semicolons.
    package mutating func add(_ line: String) -> [String] {
        text += (text.isEmpty ? "" : "\n") + line
        var whole: [String] = []
        while let end = Self.firstEnd(in: text) {
            let statement = Self.trimmed(text[..<end])
            if !statement.isEmpty { whole.append(statement) }
            text = String(text[text.index(after: end)...])
        }
        if isEmpty { text = "" }
        return whole
    }

    /// What is left without a semicolon; nil when there is nothing.
    package mutating func takeRest() -> String? {
        let rest = Self.trimmed(Substring(text))
        text = ""
        return rest.isEmpty ? nil : rest
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    private static func firstEnd(in text: String) -> String.Index? {
        var mode = Mode.plain
        var index = text.startIndex
        while index < text.endIndex {
            let rest = text[index...]
            var width = 1
            switch mode {
            case .plain:
                if rest.first == ";" { return index }
                (mode, width) = opening(rest)
            case .quoted(let quote):
                if rest.first == quote { mode = .plain }
            case .lineComment:
                if rest.first?.isNewline == true { mode = .plain }
            case .blockComment:
                if rest.hasPrefix("*/") { (mode, width) = (.plain, 2) }
            case .dollarQuoted(let tag):
                if rest.hasPrefix(tag) { (mode, width) = (.plain, tag.count) }
            }
            index = text.index(index, offsetBy: width, limitedBy: text.endIndex) ?? text.endIndex
        }
        return nil
    }

    /// The mode that begins at `rest`, and how many characters its opening takes.
    private static func opening(_ rest: Substring) -> (Mode, Int) {
        if rest.hasPrefix("--") { return (.lineComment, 2) }
        if rest.hasPrefix("/*") { return (.blockComment, 2) }
        switch rest.first {
        case "'", "\"": return (.quoted(rest.first ?? "'"), 1)
        case "$":
            let name = rest.dropFirst().prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            let isTag = rest[name.endIndex...].first == "$" && name.first?.isNumber != true
            return isTag ? (.dollarQuoted("$\(name)$"), name.count + 2) : (.plain, 1)
        default: return (.plain, 1)
        }
    }
}
