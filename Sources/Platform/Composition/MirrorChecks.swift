internal import Base
internal import Capture
internal import Checks
internal import Engine
internal import Landing
internal import Query
internal import Settings

/// The checks of rows in a source's file, made ready for landing: the SQL in them is held against the rules for queries
/// before it runs, and it runs where nothing but the warehouse can be reached.
struct MirrorChecks {
    private static let memoryLimitBytes = 256 << 20
    private static let threads = 2

    private let tables: [CheckFile.Table]
    private let engine: Engine

    /// Nil for a source without such checks.
    init?(_ source: SourceConfiguration, warehouse: String) throws(TarnError) {
        tables = source.checks.map { table in
            var table = table
            table.declared.checks.removeAll { !$0.isOfRows }
            return table
        }
        guard tables.contains(where: { !$0.declared.checks.isEmpty }) else { return nil }
        engine = try Engine(
            EngineConfiguration(
                memoryLimitBytes: Self.memoryLimitBytes,
                threads: Self.threads,
                allowedDirectories: [warehouse],
                isLockedDown: true
            )
        )
    }

    /// SQL that is not allowed makes an error of its check alone.
    func ready() async throws(TarnError) -> RowChecks {
        let verdicts = try await verdicts()
        let checks = tables.map { ($0.name, $0.declared.checks) }
        return RowChecks(Dictionary(checks, uniquingKeysWith: +), engine: engine) { (fragment) throws(TarnError) in
            guard let verdict = verdicts[fragment] else {
                throw TarnError(.queryForbidden, "The SQL of a check was not looked at before.")
            }
            return try verdict.get()
        }
    }

    /// What is wrong with the SQL in the checks, in the order of the file.
    func faults() async throws(TarnError) -> [TarnError] {
        try await verdicts().values
            .compactMap { if case .failure(let error) = $0 { error } else { nil } }
            .sorted { $0.description < $1.description }
    }

    private func verdicts() async throws(TarnError) -> [SQLFragment: Result<String, TarnError>] {
        let connection = try engine.connect()
        var verdicts: [SQLFragment: Result<String, TarnError>] = [:]
        for table in tables {
            for fragment in table.declared.checks.flatMap(\.fragments) {
                do throws(TarnError) {
                    try await allow(fragment, of: table.name, connection)
                    verdicts[fragment] = .success(fragment.text)
                } catch {
                    verdicts[fragment] = .failure(error)
                }
            }
        }
        return verdicts
    }

    /// - Throws: for SQL that is no condition over the row alone, or calls what a query may not call.
    private func allow(
        _ fragment: SQLFragment,
        of table: TableName,
        _ connection: EngineConnection
    ) async throws(TarnError) {
        let name = "\(sqlIdentifier(table.namespace)).\(sqlIdentifier(table.name))"
        let sql = "SELECT 1 FROM \(name) WHERE (\(fragment.text)\n)"
        do throws(TarnError) {
            guard Self.holdsQuery(try await connection.serialize(sql)) else {
                _ = try await StatementRewriter(connection: connection).rewrite(sql, tables: []) { references in
                    Dictionary(
                        references.map { ($0, ViewName(catalog: "lake", table: table)) },
                        uniquingKeysWith: { first, _ in first }
                    )
                }
                return
            }
        } catch {
            throw TarnError(error.code, error.message, detail: ["at": fragment.place.description])
        }
        throw TarnError(
            .queryForbidden,
            "A check of rows of a source looks at each row alone: a subquery has no place in it.",
            detail: ["at": fragment.place.description],
            remedy: "Check it in an asset, or as `sql` for the table as a whole."
        )
    }

    private static func holdsQuery(_ tree: JSONValue) -> Bool {
        switch tree {
        case .array(let values): values.contains(where: holdsQuery)
        case .object(let object):
            object["class"]?.string == "SUBQUERY" || object.members.contains { holdsQuery($0.value) }
        default: false
        }
    }
}

extension SourceConfiguration {
    /// Checks that do not fit the tables at the source, which landing could only find out later.
    func checkFaults(_ captured: [CapturedTable], _ options: LandingOptions) -> [TarnError] {
        checks.flatMap { table in
            let mirror = captured.first {
                !$0.key.isEmpty && (try? options.silver($0.namespace, $0.name)) == table.name
            }
            if let mirror { return CheckTypes.faults(of: table.declared.checks, in: LakeSchemas.silver(mirror)) }
            return [
                table.place.failure(
                    "No table of the source becomes \(table.name).",
                    remedy: "Name the silver table of a table that has a key and is not excluded."
                )
            ]
        }
    }
}
