package import Base

/// A reading statement as its author wrote it: its syntax tree, and every place where it names a table.
package struct StatementOutline: Sendable {
    package let tree: JSONValue
    package let tables: [TableUse]
    private let text: StatementText

    init(tree: JSONValue, tables: [TableUse], text: StatementText) {
        self.tree = tree
        self.tables = tables
        self.text = text
    }

    /// Where the statement's first word is, in Unicode scalars.
    package var start: Int { text.start }

    /// Where a name stands for the first time, in Unicode scalars; nil where it does not.
    package func position(ofName name: String) -> Int? { text.position(ofName: name) }
}

/// One place where a statement names a table.
package struct TableUse: Sendable, Hashable {
    /// Nil where the table is named alone.
    package let namespace: String?
    package let name: String
    /// It is asked for at a version of its own.
    package let hasVersion: Bool
    /// Where, in bytes of the statement's UTF-8.
    package let byte: Int

    package init(namespace: String?, name: String, hasVersion: Bool, byte: Int) {
        self.namespace = namespace
        self.name = name
        self.hasVersion = hasVersion
        self.byte = byte
    }

    package var reference: TableReference { TableReference(namespace: namespace, name: name) }
}

extension StatementRewriter {
    /// Reads one statement without looking anything up. Names of common table expressions are no tables.
    ///
    /// - Throws: `query.invalid` and `query.forbidden` with `line` and `column`, as `rewrite` does; EXPLAIN, SHOW and
    ///   parameters are refused too: what is left gives rows of the lake by itself.
    package func outline(_ sql: String) async throws(TarnError) -> StatementOutline {
        let statement = try await parse(sql)
        guard statement.text.explanation == nil else { throw Self.noRows }
        let parameters = statement.tree["statements"]?.array?.first?["named_param_map"]?.array ?? []
        guard parameters.isEmpty else {
            throw TarnError(
                .queryForbidden,
                "The statement waits for values of parameters.",
                remedy: "Write values in place of parameters such as $1."
            ).at(statement.text.place(of: statement.text.start))
        }
        let found = Uses()
        let listing = { (_: String?) -> JSONValue in
            found.hasListing = true
            return .null
        }
        let walk = SyntaxRewriter(text: statement.text, listing: listing, columnName: { _ in nil }) {
            (node, byte) throws(TarnError) in
            found.uses.append(
                TableUse(namespace: node.namespace, name: node.name, hasVersion: node.at != "null", byte: byte)
            )
            return nil
        }
        _ = try walk.rewrite(statement.tree)
        guard !found.hasListing else { throw Self.noRows }
        return StatementOutline(
            tree: statement.tree,
            tables: found.uses.sorted { $0.byte < $1.byte },
            text: statement.text
        )
    }

    private static var noRows: TarnError {
        TarnError(.queryForbidden, "The statement gives no rows of the lake.", remedy: "Write one SELECT.")
    }

    private final class Uses {
        var uses: [TableUse] = []
        var hasListing = false
    }
}
