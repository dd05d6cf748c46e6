import Base
import Checks
import Engine
import Lake
import Landing
import Settings
import TestKit
import Testing

/// Checks of the rows that commits change, against a naive evaluation and in single steps.
@Suite struct RowChecksTests {
    private static let silver = TableName(namespace: "silver", name: "orders")
    private static let shown = "outcome, measured, coalesce(sample_keys, ''), coalesce(reason, '')"

    private static func checks(
        _ yaml: String,
        table: TableName = silver,
        sql: @escaping RowChecks.Allowed = { (fragment) throws(TarnError) in fragment.text },
        sleep: RowChecks.Sleep? = nil
    ) throws -> (Engine) -> RowChecks? {
        let root = try ConfigurationDocument.parse(Array("checks:\n\(yaml)".utf8), file: "shop.yaml")
        let section = try ConfigurationSection(root, keys: ["checks"], environment: Environment([:]))
        let declared = CheckReader.read(columns: nil, checks: section.node(at: "checks"))
        if let fault = declared.faults.first { throw fault }
        return { engine in
            guard let sleep else { return RowChecks([table: declared.checks], engine: engine, sql: sql) }
            return RowChecks([table: declared.checks], engine: engine, sql: sql, sleep: sleep)
        }
    }

    /// What the checks of the model mean, in Swift: whether a row is looked at, and whether it fails.
    private static let model: [(name: String, yaml: String, fails: @Sendable (MemorySource.Row) -> Bool?)] = [
        ("missing(name) = 0", "- missing(name) = 0", { $0.name == nil }),
        (
            "short names", "- {length: {max: 2}, column: name, name: short names}",
            { ($0.name?.count ?? 0) > 2 }
        ),
        ("u alone", "- {pattern: ^u, column: name, name: u alone}", { $0.name.map { !$0.hasPrefix("u") } ?? false }),
        (
            "low ids", "- {expression: id < 40 OR big IS NULL, name: low ids, where: id <> 7}",
            { $0.id == 7 ? nil : !($0.id < 40 || $0.big == nil) }
        ),
        (
            "x is five", "- {accepted_values: [x5, b1], column: big, name: x is five, severity: warn}",
            {
                $0.big.map { $0 != "x5" && $0 != "b1" } ?? false
            }
        ),
    ]

    @Test("counts equal a naive evaluation of the rows that each commit leaves", arguments: 0..<10)
    func counts(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            let random = SeededEntropy(seed: seed)
            let rows = (0..<Int64(random.next() % 60)).map { MemorySource.Row(id: $0, name: "n\($0)", big: "b\($0)") }
            let source = MemorySource(rows: rows, changesPerPart: seed % 2 == 0 ? 3 : .max)
            var changed = [rows]
            for _ in 0..<25 {
                let changes = source.transaction(random)
                source.append(changes)
                changed.append(Self.rowsLeft(by: changes, in: source.rows))
            }
            let declared = try Self.checks(Self.model.map { "  \($0.yaml)" }.joined(separator: "\n"))
            let isSlow = seed % 3 == 0
            let fixture = try await LandingFixture(
                folder,
                entropy: random,
                step: isSlow ? 61_000_000 : 1000,
                checks: declared
            )
            let states = try await fixture.land(source).checks
            #expect(states.map(\.check) == Self.model.map(\.name))
            for (state, check) in zip(states, Self.model) {
                let verdicts = changed.joined().compactMap(check.fails)
                #expect(state.rowsTotal == verdicts.count, "\(check.name), seed \(seed)")
                #expect(state.failingRowsTotal == verdicts.count { $0 }, "\(check.name), seed \(seed)")
                let newest = changed.map { $0.compactMap(check.fails) }.last { !$0.isEmpty }
                #expect(state.outcome.map { $0 != .pass } == newest.map { $0.contains(true) }, "\(check.name)")
                let recorded = try await fixture.recorded(check.name)
                if isSlow {
                    #expect(recorded.failing == state.failingRowsTotal && recorded.rows == state.rowsTotal)
                } else {
                    #expect(recorded.failing <= state.failingRowsTotal && recorded.rows <= state.rowsTotal)
                }
            }
        }
    }

    private static func rowsLeft(
        by changes: [MemorySource.Change],
        in rows: [Int64: MemorySource.Row]
    )
        -> [MemorySource.Row]
    {
        var touched: Set<Int64> = []
        for change in changes {
            switch change {
            case .create(let row): touched.insert(row.id)
            case .update(let old, let row, _):
                touched.remove(old)
                touched.insert(row.id)
            case .delete(let id): touched.remove(id)
            case .truncate: touched = []
            }
        }
        return touched.sorted().compactMap { rows[$0] }
    }

    @Test("a bad row is recorded in its own commit, by its key alone, and a good one after it; good ones make no files")
    func outcomes() async throws {
        try await withTemporaryFolder { folder in
            let source = MemorySource(rows: [Self.row(1, "a"), Self.row(2, "b")])
            let declared = try Self.checks("  - missing(name) = 0")
            let fixture = try await LandingFixture(folder, entropy: SeededEntropy(seed: 1), checks: declared)
            for id: Int64 in 3...6 { source.append([.create(Self.row(id, "c"))]) }
            source.append([.create(Self.row(7, nil)), .create(Self.row(8, "d"))])
            source.append([.create(Self.row(9, "d"))])
            source.append([.update(old: 7, Self.row(7, "e"), keepsBig: false)])
            let status = try await fixture.land(source)
            #expect(
                try await fixture.texts(CheckResults.table, Self.shown) == [
                    "pass|0 of 2 rows||", "pass|0 of 4 rows||", "fail|1 of 2 rows|id=7|", "pass|0 of 1 rows||",
                ]
            )
            #expect(status.checks.map(\.isFailing) == [false] && status.checks[0].failureCount == 1)
            let newest = try await fixture.lake.refresh().version
            var first: Int64 = 1
            while try await fixture.texts(CheckResults.table, "outcome", at: .version(first)).last != "fail" {
                first += 1
            }
            let rows = try await fixture.texts(Self.silver, "id", at: .version(first))
            #expect(rows.contains("7") && newest == first + 2)
            #expect(try await !fixture.texts(Self.silver, "id", at: .version(first - 1)).contains("7"))
            #expect(try await fixture.texts(CheckResults.table, "run_id").last == "landing:shop:\(padded(6, 16))")
        }
    }

    @Test("a check that goes to and fro makes few records; what it counted meanwhile is in the next one")
    func flapping() async throws {
        try await withTemporaryFolder { folder in
            let source = MemorySource(rows: [])
            let declared = try Self.checks("  - missing(name) = 0")
            let fixture = try await LandingFixture(
                folder,
                entropy: SeededEntropy(seed: 2),
                step: 300_000,
                checks: declared
            )
            for id: Int64 in 0..<160 { source.append([.create(Self.row(id, id % 2 == 0 ? nil : "a"))]) }
            let status = try await fixture.land(source)
            let records = Set(try await fixture.texts(CheckResults.table, "run_id")).count
            #expect(status.checks[0].rowsTotal == 160 && status.checks[0].failingRowsTotal == 80)
            let recorded = try await fixture.recorded("missing(name) = 0")
            let seconds = (fixture.time.now().microseconds - 1_700_000_000_000_000) / 1_000_000
            #expect(
                seconds > 120 && records <= 4 + 4 * seconds / 60,
                "\(records) records, \(recorded), in \(seconds) s"
            )
            #expect(recorded.rows > 80 && recorded.failing > 40)
        }
    }

    @Test(
        "a check that cannot be evaluated is an error, said once, and capture goes on; so are SQL that is not allowed"
    )
    func errors() async throws {
        try await withTemporaryFolder { folder in
            let source = MemorySource(rows: [Self.row(1, "secret")])
            let yaml = """
                  - missing(gone) = 0
                  - {expression: CAST(name AS INTEGER) > 0, name: number}
                  - {expression: id > 0, name: forbidden}
                  - missing(name) = 0
                """
            let declared = try Self.checks(yaml) { (fragment) throws(TarnError) in
                guard fragment.text != "id > 0" else { throw TarnError(.queryForbidden, "That is not allowed.") }
                return fragment.text
            }
            let fixture = try await LandingFixture(folder, entropy: SeededEntropy(seed: 3), checks: declared)
            for id: Int64 in 2...5 { source.append([.create(Self.row(id, "secret"))]) }
            let status = try await fixture.land(source)
            #expect(try await fixture.silverRows() == source.rows)
            #expect(status.checks.map { $0.outcome } == [.error, .error, .error, .pass])
            let results = try await fixture.texts(CheckResults.table, "check_name, outcome, reason")
            #expect(results.count == 4 && results.count { $0.contains("|error|") } == 3)
            #expect(results.contains("forbidden|error|That is not allowed."))
            #expect(results.allSatisfy { !$0.contains("secret") })
            // The lake knows them without a new evaluation.
            let restarted = try await LandingFixture(folder, entropy: SeededEntropy(seed: 4), checks: declared)
            #expect(try await restarted.land(source).checks.count(where: \.isFailing) == 3)
        }
    }

    @Test("a mirror that is not there is an error of its checks")
    func missingTable() async throws {
        try await withTemporaryFolder { folder in
            let other = TableName(namespace: "silver", name: "others")
            let declared = try Self.checks("  - missing(name) = 0", table: other)
            let fixture = try await LandingFixture(folder, entropy: SeededEntropy(seed: 5), checks: declared)
            let source = MemorySource(rows: [Self.row(1, "a")])
            #expect(try await fixture.land(source).checks.map(\.outcome) == [.error])
            #expect(
                try await fixture.texts(CheckResults.table, "table_name, outcome, reason") == [
                    "silver.others|error|The source has no silver table of this name."
                ]
            )
        }
    }

    @Test("an evaluation that takes too long is given up, and does not hold up the source again")
    func tooSlow() async throws {
        try await withTemporaryFolder { folder in
            let declared = try Self.checks(
                "  - {expression: id > 0, name: slow}",
                sql: { (_) throws(TarnError) in
                    "(SELECT count(*) FROM range(1000000000000) AS r(i) WHERE i % 7 = id) > 0"
                },
                sleep: { _ in await Task.yield() }
            )
            let fixture = try await LandingFixture(folder, entropy: SeededEntropy(seed: 6), checks: declared)
            let source = MemorySource(rows: [Self.row(1, "a")])
            for id: Int64 in 2...4 { source.append([.create(Self.row(id, "b"))]) }
            let status = try await fixture.land(source)
            #expect(try await fixture.silverRows() == source.rows)
            #expect(status.checks.map(\.outcome) == [.error])
            #expect(status.checks[0].reason?.contains("too long") == true)
        }
    }

    @Test("results that cannot be recorded keep nothing else out of the lake")
    func unrecorded() async throws {
        try await withTemporaryFolder { folder in
            let declared = try Self.checks("  - missing(name) = 0")
            let fixture = try await LandingFixture(folder, entropy: SeededEntropy(seed: 7), checks: declared)
            var request = CommitRequest(cause: "test", message: "somebody's own table")
            let table = TableFolder(CheckResults.table, entropy: SystemEntropy())
            request.tables[CheckResults.table] = .create(
                NewTable(folder: table, owner: .open, schema: CheckResults.schema)
            )
            try await fixture.lake.commit(request, as: .user("eve"))
            let source = MemorySource(rows: [Self.row(1, nil)])
            source.append([.create(Self.row(2, "b"))])
            let status = try await fixture.land(source)
            #expect(try await fixture.silverRows() == source.rows)
            #expect(status.unrecordedChecks?.contains("another") == true)
            #expect(status.checks.map(\.rowsTotal) == [2])
        }
    }

    private static func row(_ id: Int64, _ name: String?) -> MemorySource.Row {
        MemorySource.Row(id: id, name: name, big: "private")
    }
}

extension LandingFixture {
    /// What the table of results adds up to for a check.
    fileprivate func recorded(_ check: String) async throws -> (rows: Int64, failing: Int64) {
        var sum: (rows: Int64, failing: Int64) = (0, 0)
        for text in try await texts(CheckResults.table, "check_name, measured") {
            let parts = text.split(separator: "|")
            guard parts.count == 2, parts[0] == check else { continue }
            let numbers = parts[1].split(separator: " ").compactMap { Int64($0) }
            sum.failing += numbers[0]
            sum.rows += numbers[1]
        }
        return sum
    }
}
