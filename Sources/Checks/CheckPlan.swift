package import Base
package import Columns

/// The checks of one table, made into as few statements as give exact answers.
///
/// 1. One scan measures everything that is an aggregate: counts of failing rows, metrics, and the bounds of whole
///    numbers that have to be unique. If it fails, each check asks alone, so that only the one at fault is an error.
/// 2. One scan with bitmaps counts the different values of dense whole numbers; every other set of unique columns is
///    grouped, every relation joined, and each query of a person run by itself.
/// 3. For checks that do not hold, the keys of a few failing rows are read.
package struct CheckPlan: Sendable {
    /// Runs one statement to its end.
    package typealias Run = (_ sql: String) async throws(TarnError) -> [ColumnBatch]

    static let sampleRowsMax = 5

    package let checks: [Check]
    let table: CheckedTable
    let context: CheckContext
    let sql: CheckSQL
    /// The same for people: tables and SQL as they wrote them.
    private let shown: CheckSQL

    package init(_ checks: [Check], of table: CheckedTable, _ context: CheckContext) {
        self.checks = checks
        self.table = table
        self.context = context
        sql = CheckSQL(
            name: table.name,
            schema: table.schema,
            relation: table.relation,
            other: context.relation,
            fragment: context.sql
        )
        shown = CheckSQL(
            name: table.name,
            schema: table.schema,
            relation: Self.quoted(table.name.description),
            other: { (name) throws(TarnError) in Self.quoted(name) },
            fragment: { (fragment) throws(TarnError) in fragment.text }
        )
    }

    /// The results, in the order of the checks: one for each, whatever happens.
    ///
    /// - Throws: only when a statement was interrupted.
    package func evaluate(_ run: Run) async throws(TarnError) -> [CheckResult] {
        var measurements = CheckMeasurements(plan: self)
        try await measurements.take(run)
        var results: [CheckResult] = []
        for (index, check) in checks.enumerated() {
            var result = measurements.judgement(of: index)
            result.query = shownQuery(of: check)
            if result.outcome == .fail || result.outcome == .warn, result.failingRows != 0 {
                result.sampleKeys = try await sampleKeys(check, run)
            }
            results.append(result)
        }
        return results
    }

    /// SQL over the table's columns that holds for exactly the rows that fail; nil for checks that need other rows,
    /// too. Rows that are tested by it have to go by the table's name, as conditions may use that.
    package func rowPredicate(_ check: Check) throws(TarnError) -> String? {
        guard case .rows(let rule) = check.kind else { return nil }
        if let fault = CheckTypes.faults(of: check, in: table.schema).first { throw fault }
        return try sql.condition(check.filter, [try sql.fails(rule)])
    }

    func shownQuery(of check: Check) -> String? { try? shown.query(check) }

    /// Texts of the keys alone, in the order of the keys.
    func sampleKeys(_ check: Check, _ run: Run) async throws(TarnError) -> [String] {
        let keys = table.keyColumns
        guard !keys.isEmpty, let rows = try? sql.failingRows(check) else { return [] }
        let texts = keys.map { "CAST(\(sqlIdentifier($0.name)) AS VARCHAR)" }.joined(separator: ", ")
        let order = keys.map { sqlIdentifier($0.name) }.joined(separator: ", ")
        let statement = "SELECT \(texts) \(rows) ORDER BY \(order) LIMIT \(Self.sampleRowsMax)"
        do throws(TarnError) {
            return try await run(statement).flatMap { batch in
                (0..<batch.rowCount).map { row in
                    zip(keys, batch.columns)
                        .map { "\($0.name)=\(EngineValue.text($1, row) ?? "NULL")" }
                        .joined(separator: ", ")
                }
            }
        } catch {
            // A query of a person need not give the key; the result says enough without a sample.
            if error.code == .interrupted { throw error }
            return []
        }
    }

    private static func quoted(_ name: String) -> String {
        name.split(separator: ".", maxSplits: 1).map { sqlIdentifier(String($0)) }.joined(separator: ".")
    }
}
