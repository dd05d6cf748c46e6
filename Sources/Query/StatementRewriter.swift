package import Base
package import Engine

/// Turns a reading statement over tables of the lake into one that the engine can run.
///
/// The engine's own parser reads the text; every table in the tree becomes a view of the session, everything that could
/// reach past the lake is refused, and what is left becomes text again.
package struct StatementRewriter: Sendable {
    /// Asks where the rows of the tables are; called once a statement, with every table in it once.
    package typealias Resolver =
        @Sendable (_ references: [TableReference]) async throws(TarnError) -> [TableReference: ViewName]

    private let connection: EngineConnection

    package init(connection: EngineConnection) { self.connection = connection }

    /// - Parameter tables: the tables that SHOW TABLES lists.
    /// - Throws: `query.invalid`, `query.forbidden`, `lake.tableMissing`, and what `resolve` throws.
    package func rewrite(
        _ sql: String,
        tables: [TableName],
        resolve: Resolver
    ) async throws(TarnError) -> RewrittenStatement {
        try await rewrite(try await parse(sql), tables: tables, resolve: resolve)
    }

    func rewrite(
        _ statement: ParsedStatement,
        tables: [TableName],
        resolve: Resolver
    ) async throws(TarnError) -> RewrittenStatement {
        let text = statement.text
        let tree = TableFilter.annotated(statement.tree)
        let found = try found(in: tree, text)
        var references: [TableNode: TableReference] = [:]
        var ordered: [TableReference] = []
        for node in found.nodes {
            let reference = try await reference(node)
            if !ordered.contains(reference) { ordered.append(reference) }
            references[node] = reference
        }
        let views: [TableReference: ViewName]
        do throws(TarnError) {
            views = ordered.isEmpty ? [:] : try await resolve(ordered)
        } catch {
            throw placed(error, text)
        }
        var listings: [String?: JSONValue] = [:]
        for namespace in found.listings { listings[namespace] = try await listing(tables, of: namespace) }
        var names: [String: String] = [:]
        for expression in found.unnamed { names[expression.text] = try await name(of: expression) }
        let walk = SyntaxRewriter(
            text: text,
            listing: { listings[$0] ?? .null },
            columnName: { names[$0.text] },
            replacement: { (node, _) throws(TarnError) in references[node].flatMap { views[$0] } }
        )
        let query = try await connection.deserialize(try walk.rewrite(tree))
        let prefix = text.explanation.map { $0.sql + " " } ?? ""
        return RewrittenStatement(sql: prefix + query, tables: ordered)
    }

    /// The tree of one reading statement; nothing is looked up in it yet.
    func parse(_ sql: String) async throws(TarnError) -> ParsedStatement {
        let text = try StatementText(sql)
        guard !text.isEmpty else { throw TarnError(.queryInvalid, "There is no statement.") }
        let tree: JSONValue
        do throws(TarnError) {
            tree = try await connection.serialize(text.query)
        } catch {
            throw refused(error, text)
        }
        guard tree["statements"]?.array?.count == 1 else {
            throw TarnError(
                .queryForbidden,
                "There is more than one statement.",
                remedy: "Run one statement at a time."
            )
        }
        return ParsedStatement(text: text, tree: tree)
    }

    private func found(in tree: JSONValue, _ text: StatementText) throws(TarnError) -> Found {
        let found = Found()
        let list = { (namespace: String?) -> JSONValue in
            found.listings.insert(namespace)
            return .null
        }
        let name = { (expression: JSONValue) -> String? in
            found.unnamed.append(expression)
            return nil
        }
        let walk = SyntaxRewriter(text: text, listing: list, columnName: name) { (node, _) throws(TarnError) in
            if !found.nodes.contains(node) { found.nodes.append(node) }
            return nil
        }
        _ = try walk.rewrite(tree)
        return found
    }

    /// What SHOW TABLES gives, as a subquery of constants.
    private func listing(_ tables: [TableName], of namespace: String?) async throws(TarnError) -> JSONValue {
        let shown = tables.sorted().filter { namespace == nil || $0.namespace.lowercased() == namespace?.lowercased() }
        let rows = shown.map { "(\(sqlLiteral($0.namespace)), \(sqlLiteral($0.name)))" }
        let sql =
            rows.isEmpty
            ? "SELECT CAST(NULL AS VARCHAR) AS namespace, CAST(NULL AS VARCHAR) AS name WHERE false"
            : "SELECT * FROM (VALUES \(rows.joined(separator: ", "))) AS tables(namespace, name)"
        let tree = try await connection.serialize(sql)
        return [
            "type": "SUBQUERY", "alias": "", "sample": .null, "subquery": tree["statements"]?.array?.first ?? .null,
            "column_name_alias": [],
        ]
    }

    /// How the engine would call a column of this expression.
    private func name(of expression: JSONValue) async throws(TarnError) -> String {
        let tree = try await connection.serialize("SELECT NULL").selecting([expression])
        return String(try await connection.deserialize(tree).dropFirst("SELECT ".count))
    }

    private func reference(_ node: TableNode) async throws(TarnError) -> TableReference {
        let clause = try JSONParser.parse(Array(node.at.utf8), subject: "syntax tree")
        return TableReference(
            namespace: node.namespace,
            name: node.name,
            version: try await VersionClause(connection: connection).term(clause),
            filter: node.filter
        )
    }

    private final class Found {
        var nodes: [TableNode] = []
        /// Expressions with queries in them that are columns without a name.
        var unnamed: [JSONValue] = []
        /// The namespaces whose tables are to be listed; nil for all.
        var listings: Set<String?> = []
    }
}

/// A statement that the engine can run as it is.
package struct RewrittenStatement: Sendable {
    package let sql: String
    /// The tables it reads, in the order of their first use.
    package let tables: [TableReference]
}

struct ParsedStatement: Sendable {
    let text: StatementText
    let tree: JSONValue
}

extension StatementRewriter {
    /// Why the engine's parser refused a text, in our words and with its place.
    private func refused(_ error: TarnError, _ text: StatementText) -> TarnError {
        if error.code == .corruptData { return TarnError(.queryInvalid, "The statement is nested too deep.") }
        guard error.code == .queryInvalid else { return error }
        if error.message.hasPrefix("Only SELECT") { return notReading(text) }
        let refused = TarnError(.queryInvalid, "The statement cannot be read: \(error.message).")
        let position = error.detail.first { $0.key == "position" }.flatMap { Int($0.value) }
        return position.map { refused.at(text.place(of: $0)) } ?? refused
    }

    private func notReading(_ text: StatementText) -> TarnError {
        let reading = ["SELECT", "WITH", "FROM", "VALUES", "PIVOT", "TABLE", "DESCRIBE", "SUMMARIZE", "SHOW"]
        if reading.contains(text.command), text.contains(word: "pivot") {
            return TarnError(
                .queryInvalid,
                "PIVOT needs its values named.",
                detail: [:],
                remedy: "Write the values after the column: PIVOT … ON column IN ('a', 'b')."
            )
        }
        return TarnError(
            .queryForbidden,
            "Only statements that read can be run here.",
            detail: ["statement": text.command]
        )
    }

    private func placed(_ error: TarnError, _ text: StatementText) -> TarnError {
        guard error.code == .tableMissing, let table = error.detail.first(where: { $0.key == "table" })?.value else {
            return error
        }
        return error.at(text.place(ofName: table.split(separator: ".").last.map { String($0) } ?? table))
    }
}
