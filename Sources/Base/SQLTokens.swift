/// One word, sign, text or number of a SQL text.
package struct SQLToken: Sendable, Equatable {
    /// What the token is for the engine.
    package enum Kind: Sendable, Equatable {
        case word
        case quotedName
        case text
        case number
        case sign
    }

    package let kind: Kind
    /// As written; texts and quoted names without their quotes.
    package let text: String
    /// In Unicode scalars from the start, as the engine counts.
    package let offset: Int

    package func isWord(_ word: String) -> Bool { kind == .word && text.lowercased() == word }
    package func isSign(_ sign: String) -> Bool { kind == .sign && text == sign }

    package func isName(_ name: String) -> Bool {
        (kind == .word || kind == .quotedName) && text.lowercased() == name.lowercased()
    }
}

/// Cuts a SQL text into tokens as the engine would: comments and spaces fall away. Never traps.
package struct SQLTokens {
    /// Why a text is not whole, and where: something is not closed, or cannot be in a text of SQL at all.
    package struct Fault: Error, Sendable, Equatable {
        package let message: String
        package let offset: Int
    }

    private let scalars: [Unicode.Scalar]
    private var offset = 0
    private var fault: Fault?

    /// The tokens of a text that the engine itself will judge: what is not closed ends with the text.
    package static func of(_ sql: String) -> [SQLToken] { read(sql).tokens }

    /// The tokens of a text that has to be whole, because something will stand behind it.
    package static func whole(_ sql: String) throws(Fault) -> [SQLToken] {
        let (tokens, fault) = read(sql)
        if let zero = sql.unicodeScalars.firstIndex(of: "\0") {
            let offset = sql.unicodeScalars.distance(from: sql.startIndex, to: zero)
            throw Fault(message: "The text holds a character of value zero.", offset: offset)
        }
        if let fault { throw fault }
        return tokens
    }

    private static func read(_ sql: String) -> (tokens: [SQLToken], fault: Fault?) {
        var lexer = SQLTokens(scalars: Array(sql.unicodeScalars))
        var tokens: [SQLToken] = []
        while let token = lexer.next() { tokens.append(token) }
        return (tokens, lexer.fault)
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        offset + ahead < scalars.count ? scalars[offset + ahead] : nil
    }

    /// The first fault is the one that is told.
    private mutating func fail(_ message: String, at offset: Int) {
        if fault == nil { fault = Fault(message: message, offset: offset) }
    }

    private mutating func next() -> SQLToken? {
        skipBlank()
        guard let first = peek() else { return nil }
        let start = offset
        switch first {
        case "'": return quoted(by: "'", as: .text)
        case "\"": return quoted(by: "\"", as: .quotedName)
        case "e" where peek(1) == "'", "E" where peek(1) == "'":
            offset += 1
            return quoted(by: "'", as: .text, hasEscapes: true)
        case "$" where dollarTag() != nil: return dollarQuoted()
        case _ where Self.isDigit(first): return number()
        case _ where Self.isWordScalar(first):
            while let scalar = peek(), Self.isWordScalar(scalar) || scalar == "$" { offset += 1 }
            return token(.word, start..<offset, at: start)
        default: return sign()
        }
    }

    private mutating func skipBlank() {
        while let scalar = peek() {
            if scalar.properties.isWhitespace {
                offset += 1
            } else if scalar == "-", peek(1) == "-" {
                while let next = peek(), next != "\n", next != "\r" { offset += 1 }
            } else if scalar == "/", peek(1) == "*" {
                skipBlockComment()
            } else {
                return
            }
        }
    }

    private mutating func skipBlockComment() {
        let start = offset
        var depth = 0
        repeat {
            guard offset < scalars.count else { return fail("A comment is not closed.", at: start) }
            if peek() == "/", peek(1) == "*" {
                depth += 1
                offset += 2
            } else if peek() == "*", peek(1) == "/" {
                depth -= 1
                offset += 2
            } else {
                offset += 1
            }
        } while depth > 0
    }

    /// `12`, `12.5`; a unit that follows is a word of its own.
    private mutating func number() -> SQLToken {
        let start = offset
        while let scalar = peek(), Self.isDigit(scalar) || scalar == "_" { offset += 1 }
        if peek() == ".", let next = peek(1), Self.isDigit(next) {
            offset += 1
            while let scalar = peek(), Self.isDigit(scalar) { offset += 1 }
        }
        return token(.number, start..<offset, at: start)
    }

    private mutating func sign() -> SQLToken {
        let start = offset
        let pair = String(String.UnicodeScalarView(scalars[offset..<min(offset + 2, scalars.count)]))
        offset += ["<=", ">=", "!=", "<>", "=="].contains(pair) ? 2 : 1
        return token(.sign, start..<offset, at: start)
    }

    private mutating func quoted(
        by quote: Unicode.Scalar,
        as kind: SQLToken.Kind,
        hasEscapes: Bool = false
    ) -> SQLToken {
        let start = offset
        var content = String.UnicodeScalarView()
        offset += 1
        while let scalar = peek() {
            offset += 1
            if hasEscapes, scalar == "\\", let next = peek() {
                offset += 1
                content.append(next)
                continue
            }
            if scalar == quote {
                guard peek() == quote else { return SQLToken(kind: kind, text: String(content), offset: start) }
                offset += 1
            }
            content.append(scalar)
        }
        fail("A quote is not closed.", at: start)
        return SQLToken(kind: kind, text: String(content), offset: start)
    }

    /// The length of `$tag$` here; nil where there is none.
    private func dollarTag() -> Int? {
        var length = 1
        while let scalar = peek(length), scalar != "$" {
            guard Self.isWordScalar(scalar), length > 1 || !Self.isDigit(scalar) else { return nil }
            length += 1
        }
        return peek(length) == nil ? nil : length + 1
    }

    private mutating func dollarQuoted() -> SQLToken {
        let start = offset
        let tag = Array(scalars[start..<start + (dollarTag() ?? 1)])
        offset += tag.count
        let inner = offset
        while offset < scalars.count, !isHere(tag) { offset += 1 }
        if offset == scalars.count { fail("A text between dollars is not closed.", at: start) }
        let text = token(.text, inner..<offset, at: start)
        offset = min(offset + tag.count, scalars.count)
        return text
    }

    private func isHere(_ tag: [Unicode.Scalar]) -> Bool {
        scalars[offset] == "$" && scalars[offset...].prefix(tag.count).elementsEqual(tag)
    }

    private func token(_ kind: SQLToken.Kind, _ range: Range<Int>, at start: Int) -> SQLToken {
        SQLToken(kind: kind, text: String(String.UnicodeScalarView(scalars[range])), offset: start)
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
