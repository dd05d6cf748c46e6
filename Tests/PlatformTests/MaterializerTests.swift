import Assets
import Base
import Checks
import Lake
import Logging
import Materialization
import Query
import Settings
import Synchronization
import TestKit
import Testing
import Web

@testable import Platform

/// Runs of assets, from the files of a project to what its commands show.
@Suite struct MaterializerTests {
    private static let sales = """
        /* ---
        checks:
          - positive: {column: amount}
          - unique: id
        --- */
        SELECT id, amount FROM raw.orders
        """
    private static let total = "SELECT sum(amount) AS revenue FROM gold.sales"

    /// A project with a table of orders, and two assets.
    private func withProject(_ body: (Composition) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            try Files.write("warehouse: warehouse\nstate: state\n", to: "\(folder)/tarn.yaml")
            for path in ["assets/gold", "checks", "warehouse"] { try Files.makeFolder("\(folder)/\(path)") }
            try Files.write(Self.sales, to: "\(folder)/assets/gold/sales.sql")
            try Files.write(Self.total, to: "\(folder)/assets/gold/total.sql")
            try Files.write("table: raw.orders\nchecks: [row_count > 1]\n", to: "\(folder)/checks/orders.yaml")
            let project = try Project.open(folder, environment: .init([:]))
            try await Composition.createLake(project)
            let composition = try await Composition.open(project)
            try await sql("CREATE TABLE raw.orders AS SELECT 1 AS id, 10 AS amount", in: composition)
            try await body(composition)
        }
    }

    private func sql(_ statement: String, in composition: Composition) async throws {
        let session = try await composition.querySession(allowsWrites: true)
        _ = try await session.run(statement, as: .user("test"))
    }

    private func materialize(_ composition: Composition) async throws -> (report: RunReport, lines: [String]) {
        let project = try await ProjectAssets(composition.project).compile()
        #expect(project.problems.map(\.text) == [])
        let lines = Mutex<[String]>([])
        let text = RunText(.plain)
        let built = try await Materializer(composition).run(trigger: .manual) {
            $0.graph.order
        } progress: { event in
            lines.withLock { $0 += text.lines(event) ?? [] }
        }
        let found = try #require(built?.report)
        return (found, lines.withLock { $0 } + text.summary(found))
    }

    /// What differs from run to run, by what stands for it.
    private func settled(_ lines: [String], _ report: RunReport) -> String {
        lines.map { line in
            let words = line.replacing(report.run, with: "RUN").split(separator: " ", omittingEmptySubsequences: false)
            return words.enumerated().map { index, word in
                index + 1 < words.count && words[index + 1] == "s" ? "0.00" : String(word)
            }.joined(separator: " ")
        }.joined(separator: "\n") + "\n"
    }

    @Test("a run is shown while it goes on, and what became of it afterwards")
    func shown() async throws {
        try await withProject { composition in
            let good = try await materialize(composition)
            try await sql("INSERT INTO raw.orders VALUES (2, -1), (2, 7)", in: composition)
            let bad = try await materialize(composition)
            expectGolden(settled(good.lines, good.report) + "\n" + settled(bad.lines, bad.report), "run.txt")

            let origin = try await AssetOrigin.find(TableName(namespace: "gold", name: "sales"), in: composition)
            #expect(origin.json["run"]?.string == good.report.run && origin.json["rows"]?.integer == 1)
            #expect(origin.json["plan_is_current"]?.bool == true)
            #expect(origin.text.contains("because a person asked for it"))
            #expect(origin.text.contains("check     pass  unique(id): 0 of 1 rows, expected no failing rows"))

            let runs = try RunListing.newest(in: composition, limit: 10).json.array ?? []
            #expect(runs.map { $0["status"]?.string } == ["failed", "succeeded"])
            let steps = try RunListing.run(bad.report.run, in: composition)
            #expect(steps.json["assets"]?.array?.map { $0["status"]?.string } == ["failed", "skipped"])
            #expect(steps.text.contains("positive(amount), unique(id)"))

            let listing = try await CheckListing.newest([], onlyBad: true, in: composition)
            #expect(listing.hasBad)
            #expect(listing.json.array?.map { $0["check_name"]?.string } == ["positive(amount)", "unique(id)"])
            #expect(listing.json.array?.first?["sample_keys"] == "id=2")
        }
    }

    @Test("checks are evaluated on what readers see, and recorded")
    func evaluated() async throws {
        try await withProject { composition in
            _ = try await materialize(composition)
            let orders = TableName(namespace: "raw", name: "orders")
            let all = try await CheckEvaluation.run([], in: composition, style: .plain)
            #expect(all.map { "\($0.name) \($0.isGood)" } == ["gold.sales true", "raw.orders false"])
            try await sql("INSERT INTO raw.orders VALUES (3, 1)", in: composition)
            #expect(try await CheckEvaluation.run([orders], in: composition, style: .plain).map(\.isGood) == [true])
            let results = try await CheckListing.newest([orders], onlyBad: false, in: composition).json.array
            #expect(results?.map { $0["outcome"]?.string } == ["pass"])
            await #expect(throws: TarnError.self) {
                try await CheckEvaluation.run([TableName(namespace: "raw", name: "no")], in: composition, style: .plain)
            }
        }
    }

    @Test("a run waits for the end of another one")
    func waits() async throws {
        try await withProject { composition in
            let state = composition.project.configuration.state
            let lock = Mutex<ProjectLock?>(try ProjectLock(.runs, stateFolder: state))
            let waits = Mutex(0)
            let materializer = Materializer(composition) {
                waits.withLock { $0 += 1 }
            } sleep: {
                lock.withLock { $0 = nil }
            }
            let built = try await materializer.run(trigger: .manual) {
                $0.graph.order
            } progress: { _ in
            }
            #expect(built?.report.isSuccess == true)
            #expect(waits.withLock { $0 } == 1)
        }
    }

    @Test("the supervisor builds what changed, leaves what has problems, and says what is not published")
    func supervised() async throws {
        try await withProject { composition in
            let looks = Mutex(0)
            let supervisor = Mutex<AssetSupervisor?>(nil)
            var rhythm = AssetSupervisor.Rhythm()
            let time = ManualTime(SystemTime().now())
            rhythm.time = time
            let states = Mutex<[String]>([])
            let folder = composition.project.folder
            rhythm.sleep = { _ in
                let statuses = supervisor.withLock { $0?.statuses ?? [] }
                states.withLock { $0.append(statuses.map(\.state).joined(separator: ", ")) }
                let look = looks.withLock {
                    $0 += 1
                    return $0
                }
                time.advance(microseconds: 60_000_000)
                switch look {
                case 1: try await self.sql("INSERT INTO raw.orders VALUES (2, -1)", in: composition)
                case 2: try await self.sql("DELETE FROM raw.orders WHERE id = 2", in: composition)
                case 3: try Files.write(Self.total + " WHERE nothing", to: "\(folder)/assets/gold/total.sql")
                default: throw CancellationError()
                }
            }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let made = AssetSupervisor(composition, rhythm: rhythm, logger: logger)
            supervisor.withLock { $0 = made }
            try await made.run()
            #expect(
                states.withLock { $0 } == [
                    "published, published", "not published, not published", "published, published",
                    "published, problems",
                ]
            )
        }
    }
}
