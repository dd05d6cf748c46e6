/// Finds functions and says how many lines each has, from its first word to its closing brace.
enum FunctionLengths {
    struct Function: Equatable {
        let name: String
        let line: Int
        let length: Int
    }

    static func functions(_ code: [String]) -> [Function] {
        let tokens = SwiftCode.tokens(code)
        return tokens.indices.compactMap { index in
            guard beginsFunction(tokens, index), let open = body(tokens, index), let close = end(tokens, open) else {
                return nil
            }
            let token = tokens[index]
            let name = ["func", "var"].contains(token.text) ? tokens[index + 1].text : token.text
            return Function(name: name, line: token.line, length: tokens[close].line - token.line + 1)
        }
    }

    private static func beginsFunction(_ tokens: [SwiftCode.Token], _ index: Int) -> Bool {
        guard index + 2 < tokens.count, index == 0 || tokens[index - 1].text != "." else { return false }
        let next = tokens[index + 1].text
        switch tokens[index].text {
        case "func", "deinit": return true
        case "init": return ["(", "?", "!", "<"].contains(next)
        case "subscript": return ["(", "<"].contains(next)
        case "var": return tokens[index + 2].text == ":"
        default: return false
        }
    }

    /// The brace that opens the body; nil for a requirement of a protocol or a stored property.
    private static func body(_ tokens: [SwiftCode.Token], _ start: Int) -> Int? {
        var depth = 0
        for index in tokens.indices[(start + 1)...] {
            let token = tokens[index]
            switch token.text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return index
            case "}" where depth == 0: return nil
            case "=" where depth == 0 && tokens[start].text == "var": return nil
            default: if depth == 0, token.beginsLine, declarations.contains(token.text) { return nil }
            }
            if depth < 0 { return nil }
        }
        return nil
    }

    private static func end(_ tokens: [SwiftCode.Token], _ open: Int) -> Int? {
        var depth = 0
        for index in tokens.indices[open...] {
            if tokens[index].text == "{" { depth += 1 }
            if tokens[index].text == "}" { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }

    /// What, at the start of a line, belongs to the next declaration.
    private static let declarations: Set<String> = [
        "func", "var", "let", "init", "deinit", "subscript", "case", "struct", "class", "enum", "actor", "extension",
        "protocol", "typealias", "associatedtype", "package", "public", "private", "fileprivate", "internal", "static",
        "mutating", "nonisolated", "override", "final", "@", "#",
    ]
}
