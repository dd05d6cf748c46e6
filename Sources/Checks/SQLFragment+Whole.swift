package import Base

extension CheckPlace {
    private static let scalarsMax = 1 << 16

    /// The tokens of a text that stands here.
    ///
    /// - Throws: for a text that is not whole: it would reach beyond its end.
    func tokens(of text: String) throws(TarnError) -> [SQLToken] {
        guard text.unicodeScalars.count <= Self.scalarsMax else { throw failure("The text is too long.") }
        do throws(SQLTokens.Fault) {
            return try SQLTokens.whole(text)
        } catch {
            throw failure(error.message, character: error.offset)
        }
    }
}

extension SQLFragment {
    /// - Throws: for text that could end what it is embedded in, or go on behind it: quotes, comments and brackets
    ///   that do not match, a semicolon.
    init(_ text: String, _ role: Role, at place: CheckPlace) throws(TarnError) {
        self.init(text: text, role: role, place: place)
        var open: [String] = []
        let tokens = try place.tokens(of: text)
        guard !tokens.isEmpty else {
            throw place.failure("The SQL is empty.", remedy: "Write an expression of SQL.")
        }
        for token in tokens where token.kind == .sign {
            switch token.text {
            case ";": throw place.failure("A semicolon has no place here.", character: token.offset)
            case "(", "[", "{": open.append(token.text)
            case ")", "]", "}":
                guard open.popLast() == [")": "(", "]": "[", "}": "{"][token.text] else {
                    throw place.failure("A bracket is closed that was not opened.", character: token.offset)
                }
            default: break
            }
        }
        guard open.isEmpty else { throw place.failure("A bracket is not closed.") }
    }
}

extension CheckPlace {
    /// An error at this place; `character` counts from 0 in the text that begins there.
    package func failure(_ message: String, character: Int? = nil, remedy: String? = nil) -> TarnError {
        var error = TarnError(.configurationInvalid, message, detail: ["at": description], remedy: remedy)
        if let position = character.map({ $0 + (self.character ?? 1) }) ?? self.character {
            error = error.adding("character", String(position))
        }
        return error
    }
}
