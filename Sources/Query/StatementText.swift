import Base

/// The text of one statement as a person wrote it: what stands before the query, and where things are in it.
struct StatementText: Sendable {
    /// What EXPLAIN was written before the query.
    enum Explanation: Sendable {
        case plan
        case analysis

        var sql: String { self == .plan ? "EXPLAIN" : "EXPLAIN ANALYZE" }
    }

    let whole: String
    let explanation: Explanation?
    /// The query alone, as the engine's parser takes it.
    let query: String
    /// Where the query begins, in Unicode scalars.
    private let queryOffset: Int
    private let tokens: [SQLToken]
    private let growths: [ReferenceClause.Growth]

    init(_ sql: String) throws(TarnError) {
        whole = sql
        // The engine takes it for the end of the text.
        guard !sql.utf8.contains(0) else {
            throw TarnError(.queryInvalid, "The statement holds a zero byte.")
        }
        tokens = SQLTokens.of(sql)
        guard tokens.first?.isWord("explain") == true else {
            explanation = nil
            queryOffset = 0
            (query, growths) = try ReferenceClause.replaced(in: sql, tokens, from: 0)
            return
        }
        let isAnalysis = tokens.count > 1 && tokens[1].isWord("analyze")
        let inner = tokens.dropFirst(isAnalysis ? 2 : 1)
        explanation = isAnalysis ? .analysis : .plan
        queryOffset = inner.first?.offset ?? sql.unicodeScalars.count
        (query, growths) = try ReferenceClause.replaced(in: sql, tokens, from: queryOffset)
        let options = ["analyze", "format", "verbose", "costs"]
        if inner.first?.text == "(", let option = inner.dropFirst().first, options.contains(where: option.isWord) {
            throw TarnError(
                .queryForbidden,
                "EXPLAIN takes no options here.",
                remedy: "Write EXPLAIN or EXPLAIN ANALYZE before the query."
            )
        }
    }

    var isEmpty: Bool { tokens.allSatisfy { $0.offset < queryOffset || $0.text == ";" } }

    /// The first word, in capitals: `INSERT`.
    var command: String { tokens.first { $0.kind == .word && $0.offset >= queryOffset }?.text.uppercased() ?? "" }

    func contains(word: String) -> Bool { tokens.contains { $0.isWord(word) } }

    /// Line and column, both from 1, of a place in the query counted in scalars.
    func place(of offset: Int) -> [(key: String, value: String)] {
        place(ofWritten: growths.reduce(offset) { $1.offset <= offset ? $0 - $1.scalars : $0 })
    }

    /// The same for a place counted in what was written.
    private func place(ofWritten offset: Int) -> [(key: String, value: String)] {
        var line = 1
        var column = 1
        for scalar in whole.unicodeScalars.prefix(queryOffset + max(0, offset)) {
            column += 1
            if scalar == "\n" {
                line += 1
                column = 1
            }
        }
        return [("line", String(line)), ("column", String(column))]
    }

    /// As above, for a place counted in bytes of UTF-8, as the syntax tree does.
    func place(ofByte offset: Int) -> [(key: String, value: String)] {
        place(of: String(decoding: query.utf8.prefix(max(0, offset)), as: UTF8.self).unicodeScalars.count)
    }

    /// Where a name stands for the first time; nothing where it does not.
    func place(ofName name: String) -> [(key: String, value: String)] {
        position(ofName: name).map { place(ofWritten: $0 - queryOffset) } ?? []
    }

    /// In Unicode scalars of the whole text.
    func position(ofName name: String) -> Int? {
        tokens.first { $0.isName(name) && $0.offset >= queryOffset }?.offset
    }

    /// Where the first word is, in Unicode scalars.
    var start: Int { tokens.first?.offset ?? 0 }
}

extension TarnError {
    /// The same error with where in the statement it is.
    func at(_ place: [(key: String, value: String)]) -> TarnError {
        place.reduce(self) { $0.adding($1.key, $1.value) }
    }
}
