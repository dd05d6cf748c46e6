/// The code of a Swift file alone: comments and what stands in string literals are blanks, line for line.
struct SwiftCode {
    private let source: [UInt8]
    private var code: [UInt8]
    private var offset = 0
    /// Above zero inside of an interpolation, whose code is blanked with the literal around it.
    private var interpolationDepth = 0

    static func lines(_ text: String) -> [String] {
        var scanner = SwiftCode(text)
        scanner.scanCode(untilParenthesis: false)
        return scanner.code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
    }

    static func tokens(_ text: String) -> [Token] {
        var tokens: [Token] = []
        for (number, line) in lines(text).enumerated() {
            var isFirst = true
            var rest = line[...]
            while let first = rest.first {
                let word = rest.prefix(while: isWordCharacter)
                let part = word.isEmpty ? rest.prefix(1) : word
                rest = rest.dropFirst(part.count)
                if first == " " || first == "\t" { continue }
                tokens.append(Token(text: String(part), line: number + 1, beginsLine: isFirst))
                isFirst = false
            }
        }
        return tokens
    }

    static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_" || character == "`"
    }

    struct Token {
        let text: String
        let line: Int
        let beginsLine: Bool
    }

    private init(_ text: String) {
        source = Array(text.utf8)
        code = source.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
    }

    private func isNext(_ text: StaticString, at distance: Int = 0) -> Bool {
        let expected = Array(text.description.utf8)
        let start = offset + distance
        return start + expected.count <= source.count && source[start..<start + expected.count].elementsEqual(expected)
    }

    private mutating func keep() {
        if interpolationDepth == 0 { code[offset] = source[offset] }
        offset += 1
    }

    private mutating func scanCode(untilParenthesis: Bool) {
        var depth = 0
        while offset < source.count {
            let hashes = hashCount()
            if isNext("//") {
                while offset < source.count, source[offset] != UInt8(ascii: "\n") { offset += 1 }
            } else if isNext("/*") {
                skipBlockComment()
            } else if isNext("\"", at: hashes) {
                offset += hashes
                scanString(hashes: hashes)
            } else {
                if isNext("(") { depth += 1 }
                if isNext(")") { depth -= 1 }
                keep()
                if untilParenthesis, depth < 0 { return }
            }
        }
    }

    private func hashCount() -> Int {
        source[offset...].prefix { $0 == UInt8(ascii: "#") }.count
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                offset += 2
            } else if isNext("*/") {
                depth -= 1
                offset += 2
            } else {
                offset += 1
            }
        } while depth > 0 && offset < source.count
    }

    private mutating func scanString(hashes: Int) {
        let isMultiline = isNext("\"\"\"")
        let quotes = isMultiline ? 3 : 1
        for _ in 0..<quotes { keep() }
        while offset < source.count {
            if isNext("\\"), hashesFollow(hashes, at: 1) {
                offset += 1 + hashes
                if isNext("(") {
                    offset += 1
                    interpolationDepth += 1
                    scanCode(untilParenthesis: true)
                    interpolationDepth -= 1
                } else {
                    offset += 1
                }
            } else if isMultiline ? isNext("\"\"\"") : isNext("\""), hashesFollow(hashes, at: quotes) {
                for _ in 0..<quotes { keep() }
                offset += hashes
                return
            } else if !isMultiline, isNext("\n") {
                return
            } else {
                offset += 1
            }
        }
    }

    private func hashesFollow(_ count: Int, at distance: Int) -> Bool {
        (0..<count).allSatisfy { isNext("#", at: distance + $0) }
    }
}
