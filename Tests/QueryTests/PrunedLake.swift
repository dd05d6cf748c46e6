import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore
import Query
import Store
import TestKit

/// A lake with one table, written in several commits by queries, and the same rows in a table of the engine's own.
struct PrunedLake {
    let folder: String
    let lake: Lake
    let connection: EngineConnection
    let session: QuerySession
    private let writer: DataFileWriter
    static let name = TableName(namespace: "t", name: "x")

    static let schema = Schema(fields: [
        Field(id: 1, name: "id", type: .long, isRequired: true), Field(id: 2, name: "region", type: .string),
        Field(id: 3, name: "amount", type: .decimal(precision: 12, scale: 2)),
        Field(id: 4, name: "weight", type: .double), Field(id: 5, name: "day", type: .date),
        Field(id: 6, name: "at", type: .timestamptz), Field(id: 7, name: "flag", type: .boolean),
        Field(id: 8, name: "small", type: .int), Field(id: 9, name: "key", type: .uuid),
        Field(id: 10, name: "code", type: .binary), Field(id: 11, name: "ratio", type: .float),
        Field(
            id: 12,
            name: "after",
            type: .structure([Field(id: 13, name: "n", type: .int), Field(id: 14, name: "s", type: .string)])
        ),
    ])

    init(_ folder: String, partition: [String]) async throws {
        self.folder = folder
        let store = try LocalObjectStore(folder: "\(folder)/warehouse")
        let entropy = SeededEntropy(seed: 11)
        try await Lake.create(in: store, entropy: entropy)
        lake = try await Lake.open(
            store,
            state: try StateDatabase(path: "\(folder)/state.db"),
            time: ManualTime(step: 1_000_000),
            entropy: entropy
        )
        connection = try Engine(EngineConfiguration(memoryLimitBytes: 300 << 20, threads: 2)).connect()
        writer = DataFileWriter(store: store, connection: connection, entropy: entropy)
        var request = CommitRequest(cause: "test", message: "create")
        var table = NewTable(folder: TableFolder(Self.name, entropy: entropy), owner: .open, schema: Self.schema)
        table.partition = try partition.map { try PartitionTerm(parsing: $0) }
        request.tables[Self.name] = .create(table)
        try await lake.commit(request, as: .system)
        session = try await QuerySession.open(lake)
    }

    var state: TableState {
        get async throws(TarnError) {
            guard let state = try await lake.refresh().tables[Self.name] else {
                throw TarnError(.tableMissing, "There is no such table.")
            }
            return state
        }
    }

    /// Adds the rows of a query as one commit.
    /// - Returns: the files.
    @discardableResult
    func append(_ select: String) async throws -> [DataFile] {
        let state = try await state
        let layout = try FileLayout(try await lake.reader.metadata(state))
        guard let folder = TableFolder(state) else { return [] }
        var change = TableChange(.append)
        change.addedDataFiles = try await writer.writeRows(of: select, as: layout, into: folder)
        try await commit(change)
        return change.addedDataFiles
    }

    /// Deletes the row at a position of a file.
    func delete(_ position: Int64, of file: DataFile) async throws {
        guard let folder = TableFolder(try await state) else { return }
        var change = TableChange(.delete)
        change.addedDeleteFiles = [try await writer.writeDeletes(of: file, positions: [position], into: folder)]
        try await commit(change)
    }

    func commit(_ change: TableChange) async throws {
        var request = CommitRequest(cause: "test", message: "change")
        request.tables[Self.name] = .change(change, base: try await state)
        try await lake.commit(request, as: .system)
    }

    /// Rows with ids from `first` on; `random` and `spread` say where their values lie.
    static func rows(_ count: Int, from first: Int, random: some Entropy, spread: Int) -> String {
        let shift = Int(random.next() % 4000) - 2000
        let number = "(CAST(hash(id + \(random.next() % 1000)) % \(spread) AS BIGINT) + \(shift))"
        let nulls = 3 + random.next() % 20
        func some(_ value: String, _ salt: Int) -> String {
            "CASE WHEN (id + \(salt)) % \(nulls) > 0 THEN \(value) END"
        }
        return """
            SELECT id, \(some("chr(CAST(97 + abs(n) % 4 AS INTEGER)) || repeat('é', 20) || n % 50", 1)),
                \(some("CAST(n AS DECIMAL(12, 2)) / 4", 2)),
                \(some("CASE n % 23 WHEN 0 THEN 'nan'::DOUBLE WHEN 1 THEN -0.0 WHEN 2 THEN 0.0 ELSE n / 8 END", 3)),
                \(some("DATE '1970-01-01' + CAST(n AS INTEGER)", 4)),
                \(some("make_timestamptz(n * 43200000000)", 5)), \(some("n % 2 = 0", 6)),
                \(some("CAST(n AS INTEGER)", 7)), \(some("CAST(md5(CAST(n % 9 AS VARCHAR)) AS UUID)", 8)),
                \(some("unhex(left(md5(CAST(n % 9 AS VARCHAR)), 6))", 9)), \(some("CAST(n AS FLOAT) / 10", 10)),
                \(some("{n: CAST(n AS INTEGER), s: CAST(n % 7 AS VARCHAR)}", 11))
            FROM (SELECT id, \(number) AS n FROM range(\(first), \(first + count)) AS t(id))
            """
    }

    /// Puts the rows of today where the engine finds them without any of our planning.
    func fillOracle() async throws {
        let all = try await lake.reader.snapshot(Self.name, try await state)
        try await connection.execute(
            "CREATE SCHEMA IF NOT EXISTS t; CREATE OR REPLACE TABLE t.x AS \(ScanSQL(all).select)"
        )
    }

    /// The first column of the engine's own answer over all rows.
    func oracle(_ sql: String) async throws(TarnError) -> String {
        let result = try await connection.query(sql)
        return result.batches.flatMap { batch in
            (0..<batch.rowCount).map { ValueText.text(batch.columns[0], $0) ?? "-" }
        }.joined(separator: " ")
    }
}

/// Conditions of every kind that prunes, and of some that must not.
struct ConditionSamples {
    let random: SeededEntropy

    private func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(random.next() % UInt64(range.count))
    }

    private func pick<Element>(_ values: [Element]) -> Element { values[number(0...values.count - 1)] }

    private func constant(_ column: String) -> String {
        let n = number(-2500...2500)
        return switch column {
        case "id", "x.id", "small", "t.x.small", "after.n", "x.after.n":
            pick(["\(n)", "\(n)", "\(n).0", "\(n).5", "'\(n)'", "\(n)e0", "CAST(\(n) AS BIGINT)", "\(n) - 3"])
        case "region", "after.s":
            pick(["'b'", "'c\(String(repeating: "é", count: 20))\(n % 50)'", "'\(n % 7)'", "'a' || 'é'"])
        case "amount": pick(["\(n)", "\(n).25", "\(n).125", "'\(n).5'", "\(n)e0", "CAST(\(n) AS DECIMAL(38, 20))"])
        case "weight", "ratio":
            pick(["\(n)", "\(n).125", "0.0", "-0.0", "0.1", "\(n)e0", "CAST('nan' AS DOUBLE)", "'0.7'"])
        case "day":
            pick([
                "DATE '1970-01-01' + \(n)", "DATE '1971-02-03'", "'1968-05-07'", "TIMESTAMP '1969-01-02 00:00:00'",
                "TIMESTAMP '1969-01-02 12:00:00'", "DATE '1970-03-01' - INTERVAL '3 days'", "CAST(now() AS DATE)",
            ])
        case "at":
            pick([
                "TIMESTAMPTZ '1970-01-01 00:00:00+00' + to_days(\(n))", "DATE '1969-07-20'", "'1970-02-01 00:00:00+00'",
                "TIMESTAMP '1968-01-01 12:00:00'", "now()",
            ])
        case "key": "'\(pick(["cfcd2084-95d5-65ef-66e7-dff9f98764da", "c4ca4238-a0b9-2382-0dcc-509a6f75849b"]))'"
        default: "unhex('\(pick(["CFCD20", "C4CA42", "00", "FFFF"]))')"
        }
    }

    private static let columns = [
        "id", "x.id", "small", "t.x.small", "region", "amount", "weight", "ratio", "day", "at", "key", "code",
        "after.n",
        "x.after.n", "after.s",
    ]

    private func comparison() -> String {
        let column = pick(Self.columns)
        let operation = pick(["=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "=", "<", ">="])
        switch number(0...9) {
        case 0: return "\(column) IS NULL"
        case 1: return "\(column) IS NOT NULL"
        case 2: return "\(column) \(pick(["", "NOT "]))BETWEEN \(constant(column)) AND \(constant(column))"
        case 3:
            let values = (0...number(0...3)).map { _ in constant(column) } + pick([[], [], [], ["NULL"]])
            return "\(column) \(pick(["", "", "NOT "]))IN (\(values.joined(separator: ", ")))"
        case 4:
            return pick(["flag", "NOT flag", "flag = true", "flag IS NOT TRUE", "small + 1 > 7", "length(region) < 3"])
        case 5: return "\(constant(column)) \(pick(["=", "<", ">="])) \(column)"
        default: return "\(column) \(operation) \(constant(column))"
        }
    }

    func condition(_ depth: Int = 0) -> String {
        switch number(0...(depth > 2 ? 0 : 5)) {
        case 0...2: comparison()
        case 3: "(\(condition(depth + 1)) AND \(condition(depth + 1)))"
        case 4: "(\(condition(depth + 1)) OR \(condition(depth + 1)))"
        default: "NOT (\(condition(depth + 1)))"
        }
    }
}
