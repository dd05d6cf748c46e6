import Base
import Lake

/// A statement that changes the lake, or that asks for its branches. Only its head is read here; the query in it goes
/// the way of every query.
enum WriteStatement: Sendable {
    case createBranch(String, at: VersionReference)
    case dropBranch(String)
    /// - Parameter tables: nil for all that the branch changed.
    case publish(String, tables: [TableName]?)
    case createTag(String, at: VersionReference)
    case dropTag(String)
    case showBranches
    case showTags
    case createTable(WriteTarget, query: String)
    /// - Parameter columns: nil for all, in their order.
    case insert(WriteTarget, columns: [String]?, query: String)
    /// - Parameter query: the rows that go, as `FROM table WHERE …`.
    case delete(WriteTarget, query: String)
    case dropTable(WriteTarget)

    /// It changes nothing.
    var isReading: Bool {
        switch self {
        case .showBranches, .showTags: true
        default: false
        }
    }
}

/// The table that a statement writes.
struct WriteTarget: Sendable {
    let name: TableName
    /// What AT says; nil for where the session writes.
    let branch: String?
}

/// Reads the heads of writing statements. Text behind a head is handed on with blanks in the head's place, so that
/// places in it stay true.
struct WriteParser {
    private let sql: String
    private let tokens: [SQLToken]
    private var index = 0

    /// Nil where the statement begins like none of ours.
    /// - Throws: `query.invalid` where it goes on in a way that cannot be understood.
    static func parse(_ sql: String) throws(TarnError) -> WriteStatement? {
        var tokens = SQLTokens.of(sql)
        while tokens.last?.text == ";", tokens.last?.kind == .sign { tokens.removeLast() }
        var parser = WriteParser(sql: sql, tokens: tokens)
        return try parser.statement()
    }

    private init(sql: String, tokens: [SQLToken]) {
        self.sql = sql
        self.tokens = tokens
    }

    private mutating func statement() throws(TarnError) -> WriteStatement? {
        if accept("show", "branches") { return try ended(.showBranches) }
        if accept("show", "tags") { return try ended(.showTags) }
        if accept("create", "branch") { return try ended(.createBranch(try name(), at: try origin())) }
        if accept("create", "tag") { return try ended(.createTag(try name(), at: try origin())) }
        if accept("drop", "branch") { return try ended(.dropBranch(try name())) }
        if accept("drop", "tag") { return try ended(.dropTag(try name())) }
        if accept("publish", "branch") { return try ended(.publish(try name(), tables: try published())) }
        if accept("drop", "table") { return try ended(.dropTable(try target())) }
        if accept("create", "table") {
            let target = try target()
            guard accept("as") else { throw unexpected("AS and a query") }
            return .createTable(target, query: try rest())
        }
        if accept("insert", "into") {
            let target = try target()
            return .insert(target, columns: try columns(), query: try rest())
        }
        if accept("delete", "from") {
            index -= 1
            let query = try rest()
            index += 1
            let target = try target()
            if index < tokens.count, !accept("where") { throw unexpected("WHERE") }
            return .delete(target, query: query)
        }
        return nil
    }
}

extension WriteParser {
    private var next: SQLToken? { index < tokens.count ? tokens[index] : nil }

    private mutating func accept(_ words: String...) -> Bool {
        guard index + words.count <= tokens.count,
            zip(words, tokens[index...]).allSatisfy({ $0.1.isWord($0.0) })
        else { return false }
        index += words.count
        return true
    }

    private mutating func acceptSign(_ sign: String) -> Bool {
        guard let token = next, token.kind == .sign, token.text == sign else { return false }
        index += 1
        return true
    }

    private mutating func ended(_ statement: WriteStatement) throws(TarnError) -> WriteStatement {
        guard next == nil else { throw unexpected("the end of the statement") }
        return statement
    }

    /// Of a branch or tag; one with other signs than letters, digits and `_` stands in quotes.
    private mutating func name() throws(TarnError) -> String {
        guard let token = next, [.word, .quotedName, .text].contains(token.kind) else { throw unexpected("a name") }
        index += 1
        return token.text
    }

    private mutating func tableName() throws(TarnError) -> TableName {
        let namespace = try name()
        guard acceptSign(".") else { throw unexpected("the table as namespace.table") }
        let table = try name()
        guard let name = TableName("\(namespace).\(table)") else { throw unexpected("the table as namespace.table") }
        return name
    }

    private mutating func target() throws(TarnError) -> WriteTarget {
        let table = try tableName()
        guard let reference = try clause() else { return WriteTarget(name: table, branch: nil) }
        guard case .branch(let branch) = reference else {
            throw TarnError(
                .queryInvalid,
                "Only the newest state of the lake and branches can be written.",
                remedy: "Leave AT out, or write AT (BRANCH => 'name')."
            )
        }
        return WriteTarget(name: table, branch: branch)
    }

    private mutating func origin() throws(TarnError) -> VersionReference { try clause() ?? .newest }

    /// `AT (VERSION => 12)` and its like.
    private mutating func clause() throws(TarnError) -> VersionReference? {
        guard accept("at") else { return nil }
        guard acceptSign("("), let unit = next?.text.lowercased() else { throw unexpected("(") }
        index += 1
        guard acceptSign("="), acceptSign(">"), let value = next else { throw unexpected("=>") }
        index += 1
        let reference: VersionReference?
        switch (unit, value.kind) {
        case ("version", .number): reference = Int64(value.text).map { .version($0) }
        case ("timestamp", .text): reference = Timestamp(iso8601: value.text).map { .time($0) }
        case ("branch", .text): reference = .branch(value.text)
        case ("tag", .text): reference = .tag(value.text)
        default: reference = nil
        }
        guard let reference, acceptSign(")") else {
            index -= 1
            throw unexpected("VERSION => 12, TIMESTAMP => '2026-01-31 08:00:00', BRANCH => 'name' or TAG => 'name'")
        }
        return reference
    }

    private mutating func published() throws(TarnError) -> [TableName]? {
        guard accept("table") || accept("tables") else { return nil }
        var tables = [try tableName()]
        while acceptSign(",") { tables.append(try tableName()) }
        return tables
    }

    /// The names in parentheses behind a table, unless a query begins there.
    private mutating func columns() throws(TarnError) -> [String]? {
        let start = index
        guard acceptSign("(") else { return nil }
        if let token = next, ["select", "with", "from", "values"].contains(where: token.isWord) || token.text == "(" {
            index = start
            return nil
        }
        var names = [try name()]
        while acceptSign(",") { names.append(try name()) }
        guard acceptSign(")") else { throw unexpected(")") }
        return names
    }

    /// The text from here on, with blanks before it.
    private func rest() throws(TarnError) -> String {
        guard let token = next else { throw unexpected("a query") }
        let head = sql.unicodeScalars.prefix(token.offset).map { $0 == "\n" ? $0 : " " }
        var text = String.UnicodeScalarView(head)
        text.append(contentsOf: sql.unicodeScalars.dropFirst(token.offset))
        return String(text)
    }

    private func unexpected(_ expected: String) -> TarnError {
        let error = TarnError(.queryInvalid, "The statement cannot be read: \(expected) is missing.")
        let offset = next?.offset ?? sql.unicodeScalars.count
        return (try? StatementText(sql)).map { error.at($0.place(of: offset)) } ?? error
    }
}
