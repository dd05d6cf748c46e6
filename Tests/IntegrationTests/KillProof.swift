import Base
import Capture
import Checks
import Columns
import Engine
import Iceberg
import Lake
import Testing

@testable import PostgresSource

// MARK: What must be true in the end

extension KillRig {
    func verify() async throws {
        let records = try await lake.records(limit: .max).reversed()
        let versions = records.map(\.version)
        #expect(versions == Array(1...Int64(max(1, versions.count))), "\(self)")
        let positions = records.flatMap { $0.commits.flatMap { $0.sources.compactMap { $0.state?.position } } }
        #expect(positions == positions.sorted(), "\(self)")
        for table in KillBank.tables { try await expectSilverEqual(table) }
        try await expectEveryChangeOnce(after: positions.first.flatMap { LSN(Position(text: $0)) })
        try await expectNothingTorn(versions)
        try await expectResultsOnce(positions)
    }

    /// Results of checks are in the lake once, each with a commit of the source.
    private func expectResultsOnce(_ positions: [String]) async throws {
        let select = try await select(CheckResults.table, lake.refresh())
        let rows = try await query("SELECT run_id, check_name, table_name, outcome FROM (\(select))")
        let outcomes = Set(rows.compactMap { $0[3] })
        #expect(outcomes == ["pass", "fail"], "\(outcomes), \(self)")
        #expect(Set(rows).count == rows.count, "\(self)")
        let runs = Set(rows.compactMap { $0[0] })
        #expect(runs.isSubset(of: positions.map { "landing:bank:\($0)" }), "\(self)")
    }

    private func expectSilverEqual(_ table: String) async throws {
        let columns = try await columns(of: table)
        let texts = columns.map { "\($0.quoted)::text" }.joined(separator: ", ")
        let wanted = try await database.rows("SELECT \(texts) FROM public.\(table)").sorted(by: Self.precedes)
        let select = try await select(TableName(namespace: "silver", name: table), lake.refresh())
        let casts = columns.map { "CAST(\($0.quoted) AS VARCHAR)" }.joined(separator: ", ")
        let found = try await query("SELECT \(casts) FROM (\(select))").sorted(by: Self.precedes)
        #expect(found.count == wanted.count, "silver.\(table), \(self)")
        let difference = zip(found, wanted).first { $0 != $1 }
        #expect(difference == nil, "silver.\(table), \(self)")
    }

    /// Bronze against what the witness saw: each change once, in order, with all values.
    private func expectEveryChangeOnce(after position: LSN?) async throws {
        guard let position else { return }
        let changes = try await witness.changes(after: position)
        for table in KillBank.tables {
            let wanted = changes[table, default: []]
            let columns = try await columns(of: table)
            let found = try await bronze(table, columns)
            #expect(!wanted.isEmpty && found.count == wanted.count, "bronze.\(table), \(self)")
            for (row, change) in zip(found, wanted) {
                let before = columns.map { change.before[$0] ?? nil }
                let after = columns.map { change.after[$0] ?? nil }
                let text = [change.transaction, change.operation] + before + after
                guard row == text else {
                    Issue.record("bronze.\(table) has \(row), the log has \(text); \(self)")
                    break
                }
            }
        }
    }

    private func bronze(_ table: String, _ columns: [String]) async throws -> [[String?]] {
        let state = try await lake.refresh()
        let select = try await select(TableName(namespace: "bronze", name: table), state)
        let values = ["before", "after"].flatMap { side in columns.map { "CAST(\(side).\($0.quoted) AS VARCHAR)" } }
        return try await query(
            """
            SELECT transaction_id, op, \(values.joined(separator: ", ")) FROM (\(select))
            WHERE op <> 'r' ORDER BY position, sequence
            """
        )
    }

    /// In every version of the lake, money and ledger agree over all tables.
    private func expectNothingTorn(_ versions: [Int64]) async throws {
        let names = ["accounts", "transfers", "ledger"].map { TableName(namespace: "silver", name: $0) }
        let total = "\(KillBank.accountCount * KillBank.opening).00"
        var earlier: [TableState?] = []
        for version in versions {
            let state = try await lake.state(at: .version(version))
            let states = names.map { state.tables[$0] }
            guard states != earlier, !states.contains(nil) else { continue }
            earlier = states
            let accounts = try await select(names[0], state)
            let sums = try await query(
                "SELECT CAST(sum(balance) AS VARCHAR), CAST(sum(moves) AS VARCHAR) FROM (\(accounts))"
            )
            let transfers = try await rowCount(names[1], state)
            let ledger = try await rowCount(names[2], state)
            let isWhole = sums == [[total, String(ledger)]] && ledger == 2 * transfers
            #expect(isWhole, "version \(version): \(sums), \(transfers) transfers, \(ledger) ledger rows; \(self)")
            if version == versions.last || number(in: 0..<10) == 0 { try await expectPaired(version, state, names) }
        }
        #expect(!earlier.isEmpty, "\(self)")
    }

    /// Each transfer has its two ledger rows and no other.
    private func expectPaired(_ version: Int64, _ state: LakeState, _ names: [TableName]) async throws {
        let odd = try await query(
            """
            SELECT CAST(count(*) AS VARCHAR) FROM (\(try await select(names[1], state))) AS t FULL JOIN
            (SELECT transfer, count(*) AS rows, sum(amount) AS amount FROM (\(try await select(names[2], state)))
            GROUP BY transfer) AS l ON t.id = l.transfer
            WHERE l.rows IS DISTINCT FROM 2 OR l.amount <> 0 OR t.id IS NULL
            """
        )
        #expect(odd == [["0"]], "version \(version); \(self)")
    }

    private func rowCount(_ name: TableName, _ state: LakeState) async throws -> Int64 {
        guard let table = state.tables[name] else { return 0 }
        let snapshot = try await lake.reader.snapshot(name, table)
        if let count = snapshot.exactRowCount { return count }
        let rows = try await query("SELECT CAST(count(*) AS VARCHAR) FROM (\(ScanSQL(snapshot).select))")
        return rows[0][0].flatMap { Int64($0) } ?? -1
    }

    private func select(_ name: TableName, _ state: LakeState) async throws -> String {
        guard let table = state.tables[name] else { throw TarnError(.tableMissing, "No table \(name).") }
        return ScanSQL(try await lake.reader.snapshot(name, table)).select
    }

    private func columns(of table: String) async throws -> [String] {
        try await database.rows(
            """
            SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1
            ORDER BY ordinal_position
            """,
            [table]
        ).compactMap { $0[0] }
    }

    private func query(_ sql: String) async throws -> [[String?]] {
        let result = try await engine.connect().query(sql)
        return result.batches.flatMap { batch in
            (0..<batch.rowCount).map { row in batch.columns.map { Self.text($0, row) } }
        }
    }

    private static func text(_ column: Column, _ row: Int) -> String? {
        guard !column.isNull(row), case .slices(let texts) = column.storage else { return nil }
        return String(decoding: texts[row], as: UTF8.self)
    }

    private static func precedes(_ left: [String?], _ right: [String?]) -> Bool {
        left.map { $0 ?? "" }.lexicographicallyPrecedes(right.map { $0 ?? "" })
    }
}
