/// One word, sign, text or number of a SQL text.
struct SQLToken: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        case word
        case quotedName
        case text
        case number
        case sign
    }

    let kind: Kind
    /// As written; a quoted name without its quotes.
    let text: String
    /// In Unicode scalars from the start, as the engine counts.
    let offset: Int

    func isWord(_ word: String) -> Bool { kind == .word && text.lowercased() == word }

    func isName(_ name: String) -> Bool {
        (kind == .word || kind == .quotedName) && text.lowercased() == name.lowercased()
    }
}

/// Cuts a SQL text into tokens without judging it: comments and spaces fall away, unclosed texts end with the text.
struct SQLTokens {
    private let scalars: [Unicode.Scalar]
    private var offset = 0

    static func of(_ sql: String) -> [SQLToken] {
        var lexer = SQLTokens(scalars: Array(sql.unicodeScalars))
        var tokens: [SQLToken] = []
        while let token = lexer.next() { tokens.append(token) }
        return tokens
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        offset + ahead < scalars.count ? scalars[offset + ahead] : nil
    }

    private mutating func next() -> SQLToken? {
        skipBlank()
        guard let first = peek() else { return nil }
        let start = offset
        switch first {
        case "'": return quoted(by: "'", as: .text)
        case "\"": return quoted(by: "\"", as: .quotedName)
        case "$" where dollarTag() != nil: return dollarQuoted()
        case _ where Self.isWordScalar(first): return run(Self.isNumberStart(first) ? .number : .word, from: start)
        default:
            offset += 1
            return token(.sign, start..<offset, at: start)
        }
    }

    private mutating func skipBlank() {
        while let scalar = peek() {
            if scalar.properties.isWhitespace {
                offset += 1
            } else if scalar == "-", peek(1) == "-" {
                while let next = peek(), next != "\n" { offset += 1 }
            } else if scalar == "/", peek(1) == "*" {
                skipBlockComment()
            } else {
                return
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if peek() == "/", peek(1) == "*" {
                depth += 1
                offset += 2
            } else if peek() == "*", peek(1) == "/" {
                depth -= 1
                offset += 2
            } else {
                offset += 1
            }
        } while depth > 0 && offset < scalars.count
    }

    private mutating func run(_ kind: SQLToken.Kind, from start: Int) -> SQLToken {
        while let scalar = peek(), Self.isWordScalar(scalar) || kind == .number && scalar == "." { offset += 1 }
        return token(kind, start..<offset, at: start)
    }

    private mutating func quoted(by quote: Unicode.Scalar, as kind: SQLToken.Kind) -> SQLToken {
        let start = offset
        var content = String.UnicodeScalarView()
        offset += 1
        while let scalar = peek() {
            offset += 1
            if scalar == quote {
                guard peek() == quote else { break }
                offset += 1
            }
            content.append(scalar)
        }
        return SQLToken(kind: kind, text: String(content), offset: start)
    }

    /// The length of `$tag$` here; nil where there is none.
    private func dollarTag() -> Int? {
        var length = 1
        while let scalar = peek(length), scalar != "$" {
            guard Self.isWordScalar(scalar), length > 1 || !Self.isNumberStart(scalar) else { return nil }
            length += 1
        }
        return peek(length) == nil ? nil : length + 1
    }

    private mutating func dollarQuoted() -> SQLToken {
        let start = offset
        let tag = Array(scalars[start..<start + (dollarTag() ?? 1)])
        offset += tag.count
        let inner = offset
        while offset < scalars.count, Array(scalars[offset...].prefix(tag.count)) != tag { offset += 1 }
        let text = token(.text, inner..<offset, at: start)
        offset = min(offset + tag.count, scalars.count)
        return text
    }

    private func token(_ kind: SQLToken.Kind, _ range: Range<Int>, at start: Int) -> SQLToken {
        SQLToken(kind: kind, text: String(String.UnicodeScalarView(scalars[range])), offset: start)
    }

    private static func isNumberStart(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
