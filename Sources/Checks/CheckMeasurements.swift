import Base
import Columns

/// What the statements of a plan answered, check by check.
struct CheckMeasurements {
    let plan: CheckPlan
    /// Why a check has no answer.
    private(set) var failures: [Int: TarnError] = [:]
    /// Answers of the scan by the text of the aggregate: checks share them.
    private var scanned: [Int: [String: MeasuredValue?]] = [:]
    /// The one answer of a statement of the check's own; an empty optional for null.
    private var answered: [Int: MeasuredValue?] = [:]

    private var sql: CheckSQL { plan.sql }

    init(plan: CheckPlan) { self.plan = plan }

    mutating func take(_ run: CheckPlan.Run) async throws(TarnError) {
        for (index, check) in plan.checks.enumerated() {
            failures[index] = CheckTypes.faults(of: check, in: plan.table.schema).first
        }
        try await scan(run)
        try await countDistinct(run)
        try await askAlone(run)
    }

    private var open: [Int] { plan.checks.indices.filter { failures[$0] == nil } }
}

extension CheckMeasurements {
    private mutating func scan(_ run: CheckPlan.Run) async throws(TarnError) {
        var terms: [Int: [String]] = [:]
        for index in open {
            do throws(TarnError) {
                terms[index] = try aggregates(of: plan.checks[index])
            } catch {
                failures[index] = error
            }
        }
        let asking = open.filter { terms[$0]?.isEmpty == false }
        guard !asking.isEmpty else { return }
        if try await scan(asking, terms, run) == nil { return }
        for index in asking { failures[index] = try await scan([index], terms, run) }
    }

    /// - Returns: why the statement failed; nil when it did not.
    private mutating func scan(
        _ indices: [Int],
        _ terms: [Int: [String]],
        _ run: CheckPlan.Run
    ) async throws(TarnError) -> TarnError? {
        var columns: [String] = []
        var seen: Set<String> = []
        for term in indices.flatMap({ terms[$0] ?? [] }) where seen.insert(term).inserted { columns.append(term) }
        do throws(TarnError) {
            let list = columns.joined(separator: ",\n    ")
            let values = try await row("SELECT\n    \(list)\nFROM \(sql.source)", run)
            guard values.count == columns.count else { throw Self.noRow }
            for index in indices {
                for (term, value) in zip(columns, values) { scanned[index, default: [:]][term] = value }
            }
            return nil
        } catch {
            if error.code == .interrupted { throw error }
            return error
        }
    }

    /// The aggregates that a check needs of the scan over all rows.
    private func aggregates(of check: Check) throws(TarnError) -> [String] {
        let scope = try sql.filtered("count(*)", check.filter)
        switch check.kind {
        case .rows(let rule): return [scope, try failing(rule, check.filter)]
        case .unique(let columns):
            let bounds = try columns.count == 1 ? bounds(columns[0], check.filter) : []
            return [scope, try present(columns, check.filter)] + bounds
        case .metric(.aggregate(.distinct, let column)):
            return [try present([column], check.filter)] + (try bounds(column, check.filter))
        case .metric(let metric): return [try sql.aggregate(metric, check.filter)]
        case .freshness(let column): return [try sql.filtered("max(\(sql.sql(column)))", check.filter)]
        case .rowCountChange, .relationships, .monotonic: return [scope]
        case .deviation(let deviation): return [try sql.aggregate(deviation.metric, check.filter)]
        case .reconciliation(let reconciliation): return [try sql.aggregate(reconciliation.metric, check.filter)]
        case .failingRows, .value, .schema: return []
        }
    }

    /// A column that is not null is counted from the files' statistics, or at least without a test of each row.
    private func failing(_ rule: RowRule, _ filter: SQLFragment?) throws(TarnError) -> String {
        if case .notNull(let column) = rule { return try sql.filtered("count(\(sql.sql(column)))", filter) }
        return try sql.filtered("count(*)", filter, [try sql.fails(rule)])
    }

    private func present(_ columns: [ColumnReference], _ filter: SQLFragment?) throws(TarnError) -> String {
        let nullable = columns.filter { !sql.isRequired($0) }
        guard nullable.count > 1 else {
            return try sql.filtered(nullable.first.map { "count(\(sql.sql($0)))" } ?? "count(*)", filter)
        }
        return try sql.filtered("count(*)", filter, sql.present(nullable))
    }

    private func bounds(_ column: ColumnReference, _ filter: SQLFragment?) throws(TarnError) -> [String] {
        guard DistinctCount.takesBitmap(sql.type(column)) else { return [] }
        return [
            try sql.filtered("min(\(sql.sql(column)))", filter), try sql.filtered("max(\(sql.sql(column)))", filter),
        ]
    }
}

extension CheckMeasurements {
    private mutating func countDistinct(_ run: CheckPlan.Run) async throws(TarnError) {
        var bitmaps: [(index: Int, call: String)] = []
        var bits: Int64 = 0
        for index in open {
            guard let columns = Self.distinctColumns(plan.checks[index]) else { continue }
            do throws(TarnError) {
                if columns.count == 1, let bitmap = try bitmap(index, columns[0], within: DistinctCount.bitsMax - bits)
                {
                    bits += bitmap.bits
                    bitmaps.append((index, bitmap.call))
                }
            } catch {
                failures[index] = error
            }
        }
        guard !bitmaps.isEmpty else { return }
        do throws(TarnError) {
            let list = bitmaps.map(\.call).joined(separator: ",\n    ")
            let values = try await row("SELECT\n    \(list)\nFROM \(sql.source)", run)
            for (bitmap, value) in zip(bitmaps, values) { answered[bitmap.index] = .some(value ?? .zero) }
        } catch {
            // Grouping gives the same answer.
            if error.code == .interrupted { throw error }
        }
    }

    private func bitmap(
        _ index: Int,
        _ column: ColumnReference,
        within bitsMax: Int64
    ) throws(TarnError) -> (call: String, bits: Int64)? {
        let filter = plan.checks[index].filter
        let limits = try bounds(column, filter).compactMap { scanned[index]?[$0] ?? nil }
        guard limits.count == 2, let rows = try value(index, present([column], filter))?.integer,
            let low = limits[0].integer, let high = limits[1].integer,
            let bits = DistinctCount.bits(limits[0], limits[1], rows: rows), bits <= bitsMax
        else { return nil }
        let set = try sql.filtered("bitstring_agg(\(sql.sql(column)), \(low), \(high))", filter)
        return ("bit_count(\(set))", bits)
    }

    static func distinctColumns(_ check: Check) -> [ColumnReference]? {
        switch check.kind {
        case .unique(let columns): columns
        case .metric(.aggregate(.distinct, let column)): [column]
        default: nil
        }
    }

    /// What needs a statement of its own.
    private mutating func askAlone(_ run: CheckPlan.Run) async throws(TarnError) {
        for index in open where answered[index] == nil {
            do throws(TarnError) {
                guard let statement = try statement(plan.checks[index]) else { continue }
                answered[index] = .some(try await single(statement, run))
            } catch {
                if error.code == .interrupted { throw error }
                failures[index] = error
            }
        }
    }

    private func statement(_ check: Check) throws(TarnError) -> String? {
        if let columns = Self.distinctColumns(check) {
            let rows = try sql.from(check.filter, sql.present(columns))
            return "SELECT count(*) FROM (SELECT 1 \(rows) GROUP BY \(sql.list(columns))) AS tarn_values"
        }
        switch check.kind {
        case .relationships, .monotonic, .failingRows: return try sql.countFailing(check)
        case .reconciliation(let reconciliation): return try sql.otherSide(reconciliation)
        case .value(let query): return "SELECT * FROM \(try sql.embedded(query)) AS tarn_rows LIMIT 2"
        default: return nil
        }
    }

    private func single(_ statement: String, _ run: CheckPlan.Run) async throws(TarnError) -> MeasuredValue? {
        let batches = try await run(statement).filter { $0.rowCount > 0 }
        guard batches.count <= 1, batches.allSatisfy({ $0.rowCount == 1 && $0.columns.count == 1 }) else {
            throw TarnError(.queryInvalid, "The query has to give one row with one value.")
        }
        return batches.first.flatMap { EngineValue.measured($0.columns[0]) }
    }

    private func row(_ statement: String, _ run: CheckPlan.Run) async throws(TarnError) -> [MeasuredValue?] {
        guard let batch = try await run(statement).first(where: { $0.rowCount > 0 }) else { throw Self.noRow }
        return batch.columns.map { EngineValue.measured($0) }
    }

    private static let noRow = TarnError(.engineFailed, "The engine gave no row.")
}

extension CheckMeasurements {
    /// A value of the scan; nil for null.
    private func value(_ index: Int, _ term: String) -> MeasuredValue? { scanned[index]?[term] ?? nil }

    /// What the check measured: the number of failing rows and of those that were looked at, or a value.
    func measured(_ index: Int) throws(TarnError) -> Measurement {
        let check = plan.checks[index]
        let terms = try aggregates(of: check)
        let values = terms.map { value(index, $0) }
        let own = answered[index] ?? nil
        switch check.kind {
        case .rows(.notNull):
            return try rows(failing: difference(values[0], values[1]), of: values[0])
        case .rows: return try rows(failing: values[1]?.integer, of: values[0])
        case .unique: return try rows(failing: difference(values[1], own), of: values[0])
        case .relationships, .monotonic: return try rows(failing: own?.integer, of: values[0])
        case .failingRows: return try rows(failing: own?.integer, of: nil)
        case .metric(.aggregate(.distinct, _)), .value: return .value(own)
        case .metric, .freshness, .rowCountChange, .deviation: return .value(values[0])
        case .reconciliation: return .pair(values[0], own)
        case .schema: return .nothing
        }
    }

    private func difference(_ all: MeasuredValue?, _ some: MeasuredValue?) -> Int64? {
        guard let all = all?.integer, let some = some?.integer else { return nil }
        return all - some
    }

    private func rows(failing: Int64?, of all: MeasuredValue?) throws(TarnError) -> Measurement {
        guard let failing else { throw TarnError(.engineFailed, "The engine gave no count.") }
        return .rows(failing: failing, of: all?.integer)
    }
}

/// What one check measured.
enum Measurement {
    case rows(failing: Int64, of: Int64?)
    case value(MeasuredValue?)
    /// Of both sides of a reconciliation.
    case pair(MeasuredValue?, MeasuredValue?)
    case nothing
}

extension MeasuredValue {
    fileprivate static let zero = MeasuredValue.number(CheckNumber(0))
}
