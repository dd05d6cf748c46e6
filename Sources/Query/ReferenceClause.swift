import Base
import Engine
import Lake

/// `AT (BRANCH => 'x')` and `AT (TAG => 'x')`: the engine's parser knows only versions and moments, so a name goes
/// through it as the text of a version that nobody writes.
enum ReferenceClause {
    private static let mark: Character = "\u{1F}"

    /// From a place of the query on, it is so many scalars longer than what was written.
    struct Growth: Sendable {
        let offset: Int
        let scalars: Int
    }

    /// What a version's text stands for; nil for a text of another kind.
    static func reference(_ text: String) -> VersionReference? {
        let parts = text.split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return nil }
        return parts[0] == "branch" ? .branch(parts[1]) : .tag(parts[1])
    }

    /// The statement from an offset on, with all such clauses exchanged.
    /// - Throws: `query.invalid` for one without a name.
    static func replaced(
        in sql: String,
        _ tokens: [SQLToken],
        from start: Int
    ) throws(TarnError) -> (query: String, growths: [Growth]) {
        let scalars = Array(sql.unicodeScalars)
        var query = String.UnicodeScalarView()
        var growths: [Growth] = []
        var copied = start
        for index in tokens.indices where tokens[index].offset >= start {
            guard let clause = clause(at: index, tokens) else { continue }
            guard let name = clause.name else {
                throw VersionClause.invalid("AT (BRANCH => …) and AT (TAG => …) need a name in quotes.")
            }
            let text = "VERSION => \(sqlLiteral("\(clause.kind)\(mark)\(name)"))"
            query.append(contentsOf: scalars[copied..<clause.range.lowerBound])
            query.append(contentsOf: text.unicodeScalars)
            copied = clause.range.upperBound
            growths.append(Growth(offset: query.count, scalars: text.unicodeScalars.count - clause.range.count))
        }
        query.append(contentsOf: scalars[copied...])
        return (String(query), growths)
    }

    /// - Returns: nil where no such clause begins at the token.
    private static func clause(
        at index: Int,
        _ tokens: [SQLToken]
    ) -> (kind: String, name: String?, range: Range<Int>)? {
        let part = tokens[index...].prefix(7).map { $0 }
        guard part.count >= 6, part[0].isWord("at"), part[1].text == "(",
            let kind = ["branch", "tag"].first(where: part[2].isWord), part[3].text == "=", part[4].text == ">"
        else { return nil }
        let isWhole = part.count == 7 && part[5].kind == .text && part[6].text == ")"
        let end = isWhole ? part[6].offset : part[5].offset
        return (kind, isWhole ? part[5].text : nil, part[2].offset..<end)
    }
}
