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

    static func tokens(_ lines: [String]) -> [Token] {
        var tokens: [Token] = []
        for (number, line) in lines.enumerated() {
            var isFirst = true
            var word = ""
            func add(_ text: String) {
                tokens.append(Token(text: text, line: number + 1, beginsLine: isFirst))
                isFirst = false
            }
            for scalar in line.unicodeScalars {
                if isWordScalar(scalar) {
                    word.unicodeScalars.append(scalar)
                    continue
                }
                if !word.isEmpty { add(word) }
                word = ""
                if scalar != " ", scalar != "\t" { add(String(scalar)) }
            }
            if !word.isEmpty { add(word) }
        }
        return tokens
    }

    static func isWordScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "`": true
        default: scalar.value > 127
        }
    }

    private static let slash = UInt8(ascii: "/")
    private static let star = UInt8(ascii: "*")
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let hash = UInt8(ascii: "#")
    private static let open = UInt8(ascii: "(")
    private static let close = UInt8(ascii: ")")
    private static let newline = UInt8(ascii: "\n")

    struct Token {
        let text: String
        let line: Int
        let beginsLine: Bool
    }

    private init(_ text: String) {
        source = Array(text.utf8)
        code = source.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
    }

    private func isNext(_ first: UInt8, _ second: UInt8? = nil, at distance: Int = 0) -> Bool {
        let start = offset + distance
        guard start < source.count, source[start] == first else { return false }
        guard let second else { return true }
        return start + 1 < source.count && source[start + 1] == second
    }

    private func quotesFollow(_ count: Int) -> Bool {
        (0..<count).allSatisfy { isNext(Self.quote, at: $0) }
    }

    private mutating func keep() {
        if interpolationDepth == 0 { code[offset] = source[offset] }
        offset += 1
    }

    private mutating func scanCode(untilParenthesis: Bool) {
        var depth = 0
        while offset < source.count {
            let hashes = hashCount()
            if isNext(Self.slash, Self.slash) {
                while offset < source.count, source[offset] != Self.newline { offset += 1 }
            } else if isNext(Self.slash, Self.star) {
                skipBlockComment()
            } else if isNext(Self.quote, at: hashes) {
                offset += hashes
                scanString(hashes: hashes)
            } else {
                if isNext(Self.open) { depth += 1 }
                if isNext(Self.close) { depth -= 1 }
                keep()
                if untilParenthesis, depth < 0 { return }
            }
        }
    }

    private func hashCount() -> Int {
        var count = 0
        while isNext(Self.hash, at: count) { count += 1 }
        return count
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if isNext(Self.slash, Self.star) {
                depth += 1
                offset += 2
            } else if isNext(Self.star, Self.slash) {
                depth -= 1
                offset += 2
            } else {
                offset += 1
            }
        } while depth > 0 && offset < source.count
    }

    private mutating func scanString(hashes: Int) {
        let isMultiline = quotesFollow(3)
        let quotes = isMultiline ? 3 : 1
        for _ in 0..<quotes { keep() }
        while offset < source.count {
            if isNext(Self.backslash), hashesFollow(hashes, at: 1) {
                offset += 1 + hashes
                if isNext(Self.open) {
                    offset += 1
                    interpolationDepth += 1
                    scanCode(untilParenthesis: true)
                    interpolationDepth -= 1
                } else {
                    offset += 1
                }
            } else if quotesFollow(quotes), hashesFollow(hashes, at: quotes) {
                for _ in 0..<quotes { keep() }
                offset += hashes
                return
            } else if !isMultiline, isNext(Self.newline) {
                return
            } else {
                offset += 1
            }
        }
    }

    private func hashesFollow(_ count: Int, at distance: Int) -> Bool {
        (0..<count).allSatisfy { isNext(Self.hash, at: distance + $0) }
    }
}
