internal import Assets
package import Base
internal import Checks
internal import Columns
internal import Lake
internal import Materialization
internal import Quality
internal import Query

/// The last result of each check, from the table of results.
package struct CheckListing: Sendable {
    private struct Entry: Sendable {
        var cells: [String: String] = [:]
    }

    private let entries: [Entry]
    private static let columns = [
        "table_name", "check_name", "outcome", "measured", "expected", "failing_rows", "sample_keys", "time", "run_id",
        "published", "reason", "query",
    ]

    /// - Parameters:
    ///   - tables: none for all.
    ///   - onlyBad: leaves out those that passed.
    package static func newest(
        _ tables: [TableName],
        onlyBad: Bool,
        in composition: Composition
    ) async throws(TarnError) -> CheckListing {
        let session = try await composition.querySession()
        let columns = columns.map { "coalesce(CAST(\(sqlIdentifier($0)) AS VARCHAR), '')" }.joined(separator: ", ")
        let names = tables.map { sqlLiteral($0.description) }.joined(separator: ", ")
        let wanted = tables.isEmpty ? "true" : "table_name IN (\(names))"
        let sql = """
            SELECT \(columns) FROM (
                SELECT * FROM tarn.check_results WHERE \(wanted)
                QUALIFY row_number() OVER (PARTITION BY table_name, check_name ORDER BY "time" DESC) = 1
            ) \(onlyBad ? "WHERE outcome <> 'pass'" : "") ORDER BY table_name, check_name
            """
        do throws(TarnError) {
            return CheckListing(entries: try await session.run(sql, as: .system).batches.flatMap(entries))
        } catch {
            if error.code == .tableMissing { return CheckListing(entries: []) }
            throw error
        }
    }

    private static func entries(_ batch: ColumnBatch) -> [Entry] {
        var entries = [Entry](repeating: Entry(), count: batch.rowCount)
        for (name, column) in zip(columns, batch.columns) {
            guard case .slices(let texts) = column.storage else { continue }
            for row in 0..<batch.rowCount { entries[row].cells[name] = String(decoding: texts[row], as: UTF8.self) }
        }
        return entries
    }

    package var hasBad: Bool { entries.contains { ["fail", "error"].contains($0.cells["outcome"]) } }

    package var text: String {
        guard !entries.isEmpty else { return "No results.\n" }
        var table = TextTable([
            ("table", .left), ("check", .left), ("outcome", .left), ("measured", .left), ("expected", .left),
            ("keys", .left), ("time", .left),
        ])
        for entry in entries {
            let reason = entry.cells["reason"] ?? ""
            table.add([
                entry.cells["table_name"] ?? "", entry.cells["check_name"] ?? "", entry.cells["outcome"] ?? "",
                reason.isEmpty ? entry.cells["measured"] ?? "" : reason, entry.cells["expected"] ?? "",
                (entry.cells["sample_keys"] ?? "").replacing("\n", with: "; "), entry.cells["time"] ?? "",
            ])
        }
        return table.text
    }

    package var json: JSONValue {
        .array(
            entries.map { entry in
                var object = JSONObject()
                for column in Self.columns {
                    let text = entry.cells[column] ?? ""
                    object.append(column, text.isEmpty ? .null : .string(text))
                }
                return .object(object)
            }
        )
    }
}

/// Evaluates checks of tables as readers see them.
package struct CheckEvaluation: Sendable {
    /// What one table's checks came to.
    package struct Table: Sendable {
        package let name: TableName
        package let lines: [String]
        package let rows: JSONValue
        package let isGood: Bool
    }

    /// - Parameter tables: none for all that have checks and are in the lake.
    /// - Throws: `configuration.invalid` for a table without checks.
    package static func run(
        _ tables: [TableName],
        in composition: Composition,
        style: TextStyle
    ) async throws(TarnError) -> [Table] {
        let project = try await ProjectAssets(composition.project).compile()
        let state = try await composition.lake.refresh()
        var declared = project.tableChecks
        for table in try composition.project.sources().flatMap(\.checks) {
            var joined = DeclaredChecks()
            joined.checks = declared[table.name] ?? []
            joined.append(table.declared)
            declared[table.name] = joined.checks
        }
        for (name, asset) in project.assets where !asset.checks.isEmpty { declared[name] = asset.checks }
        for table in tables where declared[table] == nil {
            throw TarnError(
                .configurationInvalid,
                "The table has no checks.",
                detail: ["table": table.description],
                remedy: "Write them into the asset's header, or into a file below checks/."
            )
        }
        let wanted = tables.isEmpty ? declared.keys.filter { state.tables[$0] != nil }.sorted() : tables
        let session = try await composition.workEngine().session()
        let run = CheckRun(session, on: composition.lake, time: SystemTime())
        let text = RunText(style)
        return try await run.run(wanted.map { ($0, declared[$0] ?? []) }).map { name, results in
            let form = CheckResults(run: "", table: name, version: nil, time: SystemTime().now(), isPublished: true)
            return Table(
                name: name,
                lines: text.lines(name, results),
                rows: form.json(results),
                isGood: !results.contains(where: \.isBlocking)
            )
        }
    }
}
