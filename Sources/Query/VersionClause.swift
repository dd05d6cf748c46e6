import Base
import Columns
import Engine
import Lake

/// Works out what an AT clause asks for: a version number, an expression of constants that gives a moment, or the name
/// of a branch or tag.
struct VersionClause {
    let connection: EngineConnection

    /// - Parameter tree: the clause; null where there is none.
    func term(_ tree: JSONValue) async throws(TarnError) -> VersionReference? {
        guard !tree.isNull else { return nil }
        let expression = tree["expr"] ?? .null
        switch tree["unit"]?.string?.uppercased() {
        case "VERSION":
            if let reference = expression["value"]?["value"]?.string.flatMap(ReferenceClause.reference) {
                return reference
            }
            // A decimal number has an integer, too: its digits without the point.
            guard let constant = expression["value"],
                Self.integerTypes.contains(constant["type"]?["id"]?.string ?? ""),
                let version = constant["value"]?.integer
            else {
                throw Self.invalid("AT (VERSION => …) needs the number of a version.")
            }
            return .version(version)
        case "TIMESTAMP":
            guard Self.isConstant(expression) else {
                throw Self.invalid("AT (TIMESTAMP => …) needs a moment that does not depend on rows.")
            }
            return .time(try await moment(expression))
        default: throw Self.invalid("AT takes VERSION, TIMESTAMP, BRANCH or TAG.")
        }
    }

    private func moment(_ expression: JSONValue) async throws(TarnError) -> Timestamp {
        let template = try await connection.serialize("SELECT CAST(NULL AS TIMESTAMP WITH TIME ZONE)")
        var cast = template.selectList?.first?.object ?? JSONObject()
        cast["child"] = expression
        let tree = try template.selecting([.object(cast)])
        let result: QueryResult
        do throws(TarnError) {
            result = try await connection.query(try await connection.deserialize(tree))
        } catch {
            throw Self.invalid("The moment in AT cannot be read as a timestamp.")
        }
        guard let column = result.batches.first?.columns.first, column.count == 1, !column.isNull(0),
            case .int64(let values) = column.storage
        else { throw Self.invalid("The moment in AT is null.") }
        // The engine's two infinities.
        guard values[0].magnitude != UInt64(Int64.max) else {
            throw Self.invalid("The moment in AT is infinitely far.")
        }
        return Timestamp(microseconds: values[0])
    }

    private static func isConstant(_ value: JSONValue) -> Bool {
        switch value {
        case .array(let values): return values.allSatisfy(isConstant)
        case .object(let object):
            switch object["class"]?.string {
            case nil, "CONSTANT", "CAST", "OPERATOR": break
            case "FUNCTION": if !FunctionPolicy.allowsScalar(object["function_name"]?.string ?? "") { return false }
            case "COLUMN_REF":
                let names = object["column_names"]?.array ?? []
                return names.count == 1 && clockWords.contains(names[0].string?.lowercased() ?? "")
            default: return false
            }
            return object.members.allSatisfy { isConstant($0.value) }
        default: return true
        }
    }

    private static let integerTypes: Set<String> = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT"]

    /// Functions of SQL that are written like columns.
    private static let clockWords: Set<String> = ["current_timestamp", "current_date", "localtimestamp"]

    static func invalid(_ message: String) -> TarnError {
        TarnError(
            .queryInvalid,
            message,
            remedy: "Write AT (VERSION => 12), AT (TIMESTAMP => now() - INTERVAL '1 hour'), AT (BRANCH => 'name') or "
                + "AT (TAG => 'name')."
        )
    }
}

extension JSONValue {
    /// What the one query of a syntax tree selects.
    fileprivate var selectList: [JSONValue]? { self["statements"]?.array?.first?["node"]?["select_list"]?.array }

    /// The syntax tree of one query with these expressions selected instead.
    func selecting(_ expressions: [JSONValue]) throws(TarnError) -> JSONValue {
        guard var root = object, case .array(var statements) = root["statements"],
            var statement = statements.first?.object, var node = statement["node"]?.object, node["select_list"] != nil
        else { throw TarnError(.engineFailed, "The engine's syntax tree has an unknown form.") }
        node["select_list"] = .array(expressions)
        statement["node"] = .object(node)
        statements[0] = .object(statement)
        root["statements"] = .array(statements)
        return .object(root)
    }
}
