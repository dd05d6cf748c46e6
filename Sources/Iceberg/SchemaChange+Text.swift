package import Base
import Columns

extension SchemaChange {
    /// A step as people write it: `add note string`, `drop note`, `rename day to since`, `move note first`,
    /// `move note after id`, `widen id to long`, `make id optional`. Names with blanks stand in double quotes.
    ///
    /// - Throws: `lake.schemaRefused` for what is no step, `data.unsupported` for a type that there is not.
    package init(parsing text: String) throws(TarnError) {
        let words = try Self.words(text)
        switch (words.first?.lowercased(), words.count) {
        case ("add", 3): self = .add(words[1], try SchemaCodec.primitive(words[2].lowercased(), path: words[1]))
        case ("drop", 2): self = .drop(words[1])
        case ("rename", 4) where words[2].lowercased() == "to": self = .rename(words[1], to: words[3])
        case ("move", 3) where words[2].lowercased() == "first": self = .move(words[1], .first)
        case ("move", 4) where words[2].lowercased() == "after": self = .move(words[1], .after(words[3]))
        case ("widen", 4) where words[2].lowercased() == "to":
            self = .widen(words[1], to: try SchemaCodec.primitive(words[3].lowercased(), path: words[1]))
        case ("make", 3) where words[2].lowercased() == "optional": self = .makeOptional(words[1])
        default: throw Self.malformed(text)
        }
    }

    /// Divided at blanks; those in quotes and in parentheses do not divide.
    private static func words(_ text: String) throws(TarnError) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        var depth = 0
        for character in text {
            switch character {
            case "\"":
                isQuoted.toggle()
                word = word ?? ""
            case " " where !isQuoted && depth == 0:
                if let word { words.append(word) }
                word = nil
            case " " where !isQuoted: break
            default:
                if !isQuoted { depth += character == "(" ? 1 : (character == ")" ? -1 : 0) }
                word = (word ?? "") + String(character)
            }
        }
        guard !isQuoted, depth == 0 else { throw malformed(text) }
        return words + (word.map { [$0] } ?? [])
    }

    private static func malformed(_ text: String) -> TarnError {
        TarnError(
            .schemaRefused,
            "A step on a table's columns cannot be read.",
            detail: ["step": text],
            remedy: "Write add note string, drop note, rename day to since, move note first, move note after id, "
                + "widen id to long, or make id optional."
        )
    }
}
