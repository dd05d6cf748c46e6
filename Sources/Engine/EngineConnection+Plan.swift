package import Base
import Columns

/// Why the engine does not bind a statement, as its binder says it.
package struct BindRefusal: Error, Sendable {
    /// `parser`, `binder`, `catalog` …
    package let kind: String
    /// `COLUMN_NOT_FOUND`, `NO_MATCHING_FUNCTION` …; nil for most.
    package let subtype: String?
    /// The first line of what was said.
    package let message: String
    /// What stands in the catalog under similar names.
    package let candidates: [String]
    /// Where in the text, in bytes of UTF-8 (of Unicode scalars where `kind` is `parser`); nil where it is not told.
    package let position: Int?
}

extension BindRefusal {
    fileprivate init(_ answer: JSONValue) {
        let message = answer["error_message"]?.string ?? "The statement cannot be bound."
        self.init(
            kind: answer["error_type"]?.string ?? "",
            subtype: answer["error_subtype"]?.string,
            message: String(message.prefix { $0 != "\n" }),
            candidates: (answer["candidates"]?.string ?? "").split(separator: ",").map { String($0) },
            position: answer["position"]?.string.flatMap { Int($0) }
        )
    }
}

extension EngineConnection {
    /// The plan of one reading statement as the binder made it, before anything is optimised. Nothing is run.
    /// Members that have their default value (an index of 0) are left out.
    package func plan(of sql: String) async throws(TarnError) -> Result<JSONValue, BindRefusal> {
        let text = try await scalar(
            """
            SELECT CAST(json_serialize_plan(CAST($1 AS VARCHAR), skip_null := true, skip_default := true) AS VARCHAR)
            """,
            sql
        )
        let answer = try JSONParser.parse(Array(text.utf8), subject: "plan")
        guard answer["error"] == .bool(true) else { return .success(answer) }
        return .failure(BindRefusal(answer))
    }

    /// Why one reading statement cannot be bound; nil where it can. Nothing is run.
    package func refusal(of sql: String) async throws(TarnError) -> BindRefusal? {
        let text = try await scalar(
            """
            SELECT CASE WHEN plan->>'error' = 'true' THEN CAST(plan AS VARCHAR) ELSE '' END
            FROM (SELECT json_serialize_plan(CAST($1 AS VARCHAR), skip_null := true, skip_default := true) AS plan)
            """,
            sql
        )
        return text.isEmpty ? nil : BindRefusal(try JSONParser.parse(Array(text.utf8), subject: "plan"))
    }

    /// The SHA-256 of each text, in hexadecimal digits.
    package func sha256(_ texts: [String]) async throws(TarnError) -> [String] {
        let digits = try await scalar(
            "SELECT array_to_string(list_transform(CAST(CAST($1 AS JSON) AS VARCHAR[]), lambda text: sha256(text)), ' ')",
            JSONValue.array(texts.map { .string($0) }).text
        )
        return digits.split(separator: " ").map { String($0) }
    }

    /// The SHA-256 of the syntax trees of reading statements: the same for every way to lay out a text. Many at once,
    /// since asking costs more than the answer.
    package func syntaxHashes(of statements: [String]) async throws(TarnError) -> [String] {
        let digits = try await scalar(
            """
            SELECT array_to_string(list_transform(CAST(CAST($1 AS JSON) AS VARCHAR[]), lambda statement:
                sha256(regexp_replace(CAST(json_serialize_sql(statement) AS VARCHAR),
                    '"query_location":[0-9]+', '', 'g'))
            ), ' ')
            """,
            JSONValue.array(statements.map { .string($0) }).text
        )
        return digits.split(separator: " ").map { String($0) }
    }
}
