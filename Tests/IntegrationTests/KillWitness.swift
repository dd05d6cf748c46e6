import Base

@testable import PostgresSource

/// What happened in the database as another decoder tells it, through a slot that has nothing to do with Tarn.
final class KillWitness {
    /// A change of one row, every value as PostgreSQL's text.
    struct Change: Equatable {
        var transaction: String
        var operation: String
        /// The key before, where the change names it.
        var before: [String: String?] = [:]
        var after: [String: String?] = [:]
    }

    private let database: Session
    /// The notes of all accounts as they were when the witness began.
    private var notes: [String: String?] = [:]

    init(_ database: Session) { self.database = database }

    /// To be called while nobody works.
    func begin() async throws {
        _ = try await database.rows(
            "SELECT pg_create_logical_replication_slot($1, 'test_decoding')",
            ["witness_\(try await databaseNumber())"]
        )
        for row in try await database.rows("SELECT id, note FROM public.accounts") { notes[row[0] ?? ""] = row[1] }
    }

    /// The changes of each table, of all transactions that ended after `position`, in the order of the log.
    func changes(after position: LSN) async throws -> [String: [Change]] {
        let rows = try await database.rows(
            "SELECT lsn, xid, data FROM pg_logical_slot_get_changes($1, NULL, NULL)",
            ["witness_\(try await databaseNumber())"]
        )
        var result: [String: [Change]] = [:]
        var open: [(table: String, change: Change)] = []
        for row in rows {
            guard let text = row[2] else { continue }
            if text.hasPrefix("BEGIN") {
                open = []
            } else if text.hasPrefix("COMMIT") {
                guard let end = row[0].flatMap({ LSN($0) }), end > position else { continue }
                for (table, change) in open { result[table, default: []].append(change) }
            } else if let (table, change) = parse(text, transaction: row[1] ?? "") {
                open.append((table, table == "accounts" ? withNote(change) : change))
            }
        }
        return result
    }

    /// Slots' names are the server's, not the database's.
    private func databaseNumber() async throws -> String {
        try await database.rows("SELECT oid FROM pg_database WHERE datname = current_database()")[0][0] ?? ""
    }

    /// The decoder leaves out an unchanged note, as the log does: it is what it was.
    private func withNote(_ change: Change) -> Change {
        var change = change
        if let key = (change.before["id"] ?? change.after["id"]) ?? nil {
            let note = notes.removeValue(forKey: key) ?? nil
            if change.after["note"] == .some(Self.unchanged) { change.after["note"] = note }
        }
        if let key = change.after["id"] ?? nil { notes[key] = change.after["note"] ?? nil }
        return change
    }

    private static let unchanged = "unchanged-toast-datum"

    /// `table public.audit: UPDATE: old-key: id[bigint]:1 new-tuple: id[bigint]:2 what[text]:'it''s'`
    private func parse(_ text: String, transaction: String) -> (String, Change)? {
        var scanner = Scanner(text)
        guard scanner.skip("table public."), let table = scanner.take(until: ":"), scanner.skip(" "),
            let verb = scanner.take(until: ":")
        else { return nil }
        let operations = ["INSERT": "c", "UPDATE": "u", "DELETE": "d", "TRUNCATE": "t"]
        var change = Change(transaction: transaction, operation: operations[verb] ?? verb)
        if verb == "TRUNCATE" { return (table, change) }
        if scanner.skip(" old-key:") {
            change.before = scanner.columns(until: " new-tuple:")
            _ = scanner.skip(" new-tuple:")
        }
        if verb == "DELETE" {
            change.before = scanner.columns(until: nil)
        } else {
            change.after = scanner.columns(until: nil)
        }
        return (table, change)
    }
}

private struct Scanner {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    mutating func skip(_ prefix: String) -> Bool {
        guard rest.hasPrefix(prefix) else { return false }
        rest = rest.dropFirst(prefix.count)
        return true
    }

    mutating func take(until end: Character) -> String? {
        guard let index = rest.firstIndex(of: end) else { return nil }
        defer { rest = rest[rest.index(after: index)...] }
        return String(rest[..<index])
    }

    /// ` name[type]:value name[type]:'value'` …
    mutating func columns(until end: String?) -> [String: String?] {
        var columns: [String: String?] = [:]
        while end.map({ !rest.hasPrefix($0) }) ?? true, skip(" "), let name = take(until: "["),
            take(until: "]") != nil, skip(":")
        {
            columns[name] = .some(value())
        }
        return columns
    }

    private mutating func value() -> String? {
        guard skip("'") else {
            let text = rest.prefix { $0 != " " }
            rest = rest[text.endIndex...]
            return text == "null" ? nil : String(text)
        }
        var text = ""
        while let part = take(until: "'") {
            text += part
            guard skip("'") else { break }
            text += "'"
        }
        return text
    }
}
