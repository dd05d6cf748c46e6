import Base
import Capture
import Columns
import Glibc

@testable import PostgresSource

/// A database of its own on the server that `TARN_TEST_POSTGRES` names (key=value form, a superuser).
struct TestDatabase {
    static let server: String? = unsafe getenv("TARN_TEST_POSTGRES").map { unsafe String(cString: $0) }
    static var isAvailable: Bool { server != nil }

    let name: String
    let connection: String
    let session: Session

    private init(_ name: String) {
        self.name = name
        connection = (Self.server ?? "") + " dbname=" + name
        session = Session(connection)
    }

    func source(_ tables: [String] = ["public.*"], exclude: [String] = [], readers: Int = 2) -> PostgresSource {
        PostgresSource(
            PostgresSourceConfiguration(
                name: name,
                connection: connection,
                tables: tables,
                exclude: exclude,
                readers: readers
            )
        )
    }

    static func with(
        _ name: String,
        _ setup: String,
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        let database = TestDatabase("tarn_test_\(name)_\(getpid())")
        let admin = Session(server ?? "")
        try await admin.execute("CREATE DATABASE \(database.name)")
        let result: Result<Void, any Error>
        do {
            try await database.session.execute("SET search_path = public; " + setup)
            result = .success(try await body(database))
        } catch {
            result = .failure(error)
        }
        await database.session.close()
        try await admin.execute(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = '\(database.name)' AND active"
        )
        for _ in 0..<20_000 {
            let dropped: Void? = try? await admin.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '\(database.name)'"
            )
            if dropped != nil { break }
        }
        try await admin.execute("DROP DATABASE \(database.name) WITH (FORCE)")
        await admin.close()
        try result.get()
    }

    func position() async throws -> LSN {
        let text = try await session.rows("SELECT pg_current_wal_insert_lsn()").first?[0] ?? ""
        guard let position = LSN(text) else { throw TarnError(.corruptData, "no position") }
        return position
    }
}

extension SourceSnapshot {
    /// Every row of every table as text, by table name.
    func allRows(bytesMax: Int = 1 << 20) async throws -> [String: [[String?]]] {
        var result: [String: [[String?]]] = [:]
        for table in tables { result[table.name] = [] }
        for chunk in chunks {
            let rows = Gathered()
            try await read(chunk, bytesMax: bytesMax) { (batch) throws(TarnError) in await rows.add(batch) }
            result[tables[chunk.table].name, default: []] += await rows.rows
        }
        return result
    }
}

private actor Gathered {
    var rows: [[String?]] = []
    func add(_ batch: ColumnBatch) { rows += batch.textRows }
}

extension ChangeStream {
    /// Reads until the log is known to have been read up to `position`.
    func parts(upTo position: LSN, rowsMax: Int = 1000, bytesMax: Int = 1 << 20) async throws -> [StreamPart] {
        var parts: [StreamPart] = []
        while true {
            let limits = StreamLimits(wait: .milliseconds(200), rowsMax: rowsMax, bytesMax: bytesMax)
            let part = try await read(limits: limits)
            parts.append(part)
            if let seen = part.idle ?? part.reached, seen >= position.position { return parts }
        }
    }
}

extension ColumnBatch {
    var textRows: [[String?]] { (0..<rowCount).map { row in columns.map { $0.postgresText(row) } } }
}

extension Column {
    /// A value as PostgreSQL itself writes it (time zone UTC).
    func postgresText(_ row: Int) -> String? {
        guard !isNull(row) else { return nil }
        switch (type, storage) {
        case (.boolean, .bytes1(let values)): return values[row] == 0 ? "f" : "t"
        case (.float, .float(let values)): return floatText(Double(values[row]), values[row].description)
        case (.double, .double(let values)): return floatText(values[row], values[row].description)
        case (.time, .int64(let values)): return trimmed(Timestamp(microseconds: values[row]).description, drop: 11)
        case (.timestamp, .int64(let values)): return trimmed(Timestamp(microseconds: values[row]).description)
        case (.timestamptz, .int64(let values)):
            return trimmed(Timestamp(microseconds: values[row]).description) + "+00"
        case (.string, .slices(let values)): return String(decoding: values[row], as: UTF8.self)
        case (.binary, .slices(let values)):
            return "\\x" + values[row].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        case (.list, .list(let offsets, let child)):
            let parts = (offsets[row]..<offsets[row + 1]).map { child[0].postgresText($0).map(quotedElement) ?? "NULL" }
            return "{" + parts.joined(separator: ",") + "}"
        default: return plainText(row)
        }
    }

    /// Compared by value: Swift and PostgreSQL both write the shortest digits, but not in the same notation.
    private func floatText(_ value: Double, _ text: String) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return "float " + text
    }

    private func trimmed(_ text: String, drop: Int = 0) -> String {
        var text = String(text.dropFirst(drop).dropLast()).split(separator: "T").joined(separator: " ")
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }

    private func quotedElement(_ text: String) -> String {
        let special = text.isEmpty || text.lowercased() == "null" || text.contains { "{}\",\\ \n\t".contains($0) }
        guard special else { return text }
        let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        return "\"\(escaped)\""
    }
}
