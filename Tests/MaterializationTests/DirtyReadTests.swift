import Base
import Columns
import Lake
import ObjectStore
import Query
import Store
import TestKit
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Bad data is never visible: the program builds assets again and again, on good rows and on bad ones, and is killed
/// where it hurts, while a reader looks.
@Suite struct DirtyReadTests {
    private static let runCount = TestProgram.isLong ? 1000 : 100

    @Test(
        "a reader sees no bad, half-published or mixed state, whatever becomes of the run that publishes",
        .enabled(if: TestProgram.path != nil)
    )
    func never() async throws {
        try await withTemporaryFolder { folder in
            let rig = try await DirtyReadRig(folder, seed: TestProgram.seed())
            for _ in 0..<Self.runCount { try await rig.run() }
            try await rig.end()
            #expect(rig.kills > Self.runCount / 4 && rig.rejections > Self.runCount / 10 && rig.reads > Self.runCount)
        }
    }
}

extension DirtyReadTests {
    @Test(
        "what a run had built and checked when it died, the next one publishes, without building it again",
        .enabled(if: TestProgram.path != nil),
        arguments: ["run.afterBranch:1", "run.beforePublish:1", "lake.afterLogRecord:5"]
    )
    func resumed(failpoint: String) async throws {
        try await withTemporaryFolder { folder in
            let rig = try await DirtyReadRig(folder, seed: 1)
            try await rig.die(at: failpoint)
            try await rig.resume()
        }
    }
}

/// Rows come in generations, each written at once; a bad one has a row with a negative amount.
private final class DirtyReadRig: CustomStringConvertible {
    private let folder: String
    private let seed: UInt64
    private let entropy: SeededEntropy
    private let lake: Lake
    private let writer: QuerySession
    private let reader: QuerySession
    private var generation = 0
    private var bad: Set<Int> = []
    private var visible = -1
    private var wasKilled = false
    private(set) var kills = 0
    private(set) var rejections = 0
    private(set) var reads = 0

    private static let failpoints = [
        "run.afterBranch", "run.afterFiles", "run.afterBuild", "run.afterChecks", "run.beforePublish",
        "run.afterPublish", "lake.afterMetadata", "lake.afterLogRecord",
    ]
    private static let rowCount = 40

    private static let assets = [
        "first": """
        /* ---
        checks:
          - positive: {column: amount}
          - row_count = \(rowCount)
        --- */
        SELECT * FROM raw.batch WHERE generation = (SELECT max(generation) FROM raw.batch)
        """,
        "second": "SELECT generation, count(*) AS rows, sum(amount) AS total FROM gold.first GROUP BY generation",
        "third": """
        /* ---
        checks:
          - expression: generation % 3 <> 0
        --- */
        SELECT max(generation) AS generation FROM raw.batch
        """,
    ]

    var description: String { "seed \(seed), generation \(generation), \(kills) kills" }

    init(_ folder: String, seed: UInt64) async throws {
        self.folder = folder
        self.seed = seed
        entropy = SeededEntropy(seed: seed)
        let store = try LocalObjectStore(folder: "\(folder)/warehouse")
        try await Lake.create(in: store, entropy: SystemEntropy())
        lake = try await Lake.open(store, state: try StateDatabase(path: "\(folder)/reader.db"))
        writer = try await QuerySession.open(lake, allowsWrites: true)
        reader = try await QuerySession.open(lake)
        for path in ["assets", "assets/gold"] { _ = unsafe mkdir("\(folder)/\(path)", 0o755) }
        try write("tarn.yaml", "warehouse: warehouse\nstate: state\nlimits: {memory: 1GiB, threads: 2}\n")
        for (name, sql) in Self.assets { try write("assets/gold/\(name).sql", sql) }
        _ = try await writer.run(
            "CREATE TABLE raw.batch AS SELECT CAST(-1 AS int) AS generation, CAST(0 AS bigint) AS amount WHERE false",
            as: .user("test")
        )
    }

    private func write(_ path: String, _ text: String) throws {
        let file = unsafe fopen("\(folder)/\(path)", "w")
        unsafe fputs(text, file)
        unsafe fclose(file)
    }

    private func chance(_ number: UInt64, in all: UInt64) -> Bool { entropy.next() % all < number }

    /// A new generation, a run of the program on it, and a look at what readers see meanwhile and afterwards.
    func run() async throws {
        generation += 1
        let isBad = chance(1, in: 3)
        if isBad { bad.insert(generation) }
        let amount = isBad ? "CASE WHEN i = 7 THEN -1 ELSE i + 1 END" : "i + 1"
        _ = try await writer.run(
            "INSERT INTO raw.batch SELECT \(generation), \(amount) FROM range(\(Self.rowCount)) AS r(i)",
            as: .user("test")
        )
        let resumes = wasKilled && chance(1, in: 2)
        let point = chance(3, in: 4) ? Self.failpoints[Int(entropy.next() % UInt64(Self.failpoints.count))] : nil
        let end = try await materialize(resumes ? ["--resume"] : [], failpoint: point)
        wasKilled = end == .signalled(SIGKILL)
        if wasKilled { kills += 1 }
        if end == .exited(1) { rejections += 1 }
        guard !wasKilled, !resumes else { return }
        #expect(end == .exited(isBad || generation % 3 == 0 ? 1 : 0), "\(self)\n\(log)")
        if !isBad { #expect(visible == generation, "\(self)\n\(log)") }
    }

    func die(at failpoint: String) async throws {
        generation += 1
        try await addGood()
        let child = try start([], ["TARN_FAILPOINT": failpoint])
        #expect(child.wait() == .signalled(SIGKILL), "\(log)")
    }

    func resume() async throws {
        #expect(try start(["--resume"], [:]).wait() == .exited(0), "\(log)")
        try await look()
        #expect(visible == generation, "\(log)")
    }

    private func addGood() async throws {
        _ = try await writer.run(
            "INSERT INTO raw.batch SELECT \(generation), i + 1 FROM range(\(Self.rowCount)) AS r(i)",
            as: .user("test")
        )
    }

    private func start(_ arguments: [String], _ environment: [String: String]) throws -> ChildProcess {
        try ChildProcess(
            TestProgram.path ?? "",
            ["materialize", "--project", folder] + arguments,
            environment: environment,
            output: "\(folder)/log"
        )
    }

    /// After all that, a good generation is simply published.
    func end() async throws {
        repeat { generation += 1 } while generation % 3 == 0
        try await addGood()
        #expect(try await materialize([], failpoint: nil) == .exited(0), "\(self)\n\(log)")
        #expect(visible == generation)
        #expect(try await lake.refresh().branches.isEmpty)
    }

    private func materialize(_ arguments: [String], failpoint: String?) async throws -> ChildProcess.End? {
        var environment: [String: String] = [:]
        if let failpoint { environment["TARN_FAILPOINT"] = "\(failpoint):\(1 + entropy.next() % 5)" }
        let child = try start(arguments, environment)
        while true {
            let end = child.poll()
            try await look()
            if let end { return end }
        }
    }

    /// One statement sees one version: everything in it has to belong together, and be good.
    private func look() async throws {
        let tables = try await lake.refresh().tables
        guard tables[TableName(namespace: "gold", name: "first")] != nil else {
            #expect(tables[TableName(namespace: "gold", name: "second")] == nil, "\(self)")
            return
        }
        reads += 1
        let sql = """
            SELECT (SELECT count(*) FROM gold.first WHERE amount <= 0),
                (SELECT min(generation) FROM gold.first), (SELECT max(generation) FROM gold.first),
                (SELECT count(*) FROM gold.first), (SELECT max(generation) FROM gold.second),
                (SELECT max(rows) FROM gold.second), (SELECT CAST(sum(amount) AS bigint) FROM gold.first),
                (SELECT CAST(max(total) AS bigint) FROM gold.second)
            """
        let found = try await numbers(sql)
        #expect(found[0] == 0 && found[3] == Int64(Self.rowCount), "bad rows: \(found), \(self)")
        #expect(found[1] == found[2] && found[2] == found[4], "mixed generations: \(found), \(self)")
        #expect(found[3] == found[5] && found[6] == found[7], "half of a state: \(found), \(self)")
        let seen = Int(found[2])
        #expect(seen >= visible && !bad.contains(seen), "generation \(seen) after \(visible), \(self)")
        visible = max(visible, seen)
        guard tables[TableName(namespace: "gold", name: "third")] != nil else { return }
        let third = try await numbers("SELECT generation FROM gold.third")
        #expect(third[0] % 3 != 0, "\(self)")
    }

    private func numbers(_ sql: String) async throws -> [Int64] {
        try await reader.run(sql, as: .system).batches.flatMap { batch in
            batch.columns.map { column in
                switch column.storage {
                case .int64(let values): values.first ?? -1
                case .int32(let values): values.first.map(Int64.init) ?? -1
                default: -1
                }
            }
        }
    }

    private var log: String {
        guard let file = unsafe fopen("\(folder)/log", "r") else { return "" }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4000)
        unsafe fseek(file, -4000, SEEK_END)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
