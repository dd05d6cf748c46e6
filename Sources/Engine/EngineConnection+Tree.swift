package import Base
import Columns

extension EngineConnection {
    /// The syntax tree of a text of reading statements, as DuckDB's own parser sees it. Nothing is looked up or run.
    ///
    /// - Throws: `query.invalid` for text that does not parse, and for any statement that is not a SELECT.
    package func serialize(_ sql: String) async throws(TarnError) -> JSONValue {
        let text = try await scalar("SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR)) AS VARCHAR)", sql)
        let tree = try JSONParser.parse(Array(text.utf8), subject: "syntax tree")
        guard tree["error"] != .bool(true) else { throw syntaxError(tree) }
        return tree
    }

    /// The SQL text of a syntax tree.
    package func deserialize(_ tree: JSONValue) async throws(TarnError) -> String {
        try await scalar("SELECT json_deserialize_sql(CAST($1 AS JSON))", tree.text)
    }

    func scalar(_ sql: String, _ parameter: String) async throws(TarnError) -> String {
        let result = try await query(sql, parameters: [.text(parameter)])
        guard let column = result.batches.first?.columns.first, !column.isNull(0),
            case .slices(let slices) = column.storage
        else { throw TarnError(.engineFailed, "The engine gave no text.") }
        return String(decoding: slices[0], as: UTF8.self)
    }
}

private func syntaxError(_ tree: JSONValue) -> TarnError {
    let message = tree["error_message"]?.string ?? "The statement cannot be read."
    let line = String(message.prefix { $0 != "\n" })
    guard let position = tree["position"]?.string else { return TarnError(.queryInvalid, line) }
    return TarnError(.queryInvalid, line, detail: ["position": position])
}
