import Base
import Platform
import TestKit
import Testing
import Web

@Suite struct StatusTextTests {
    private static let time = Timestamp(microseconds: 1_700_000_000_000_000)

    private static func before(seconds: Int64) -> Timestamp {
        Timestamp(microseconds: time.microseconds - seconds * 1_000_000)
    }

    private static func status(_ sources: [SourceStatus]) -> ServiceStatus {
        ServiceStatus(
            tarnVersion: "0.1.0",
            processID: 4711,
            startedAt: before(seconds: 7500),
            time: time,
            warehouse: "/data/warehouse",
            lakeVersion: 12,
            lakeTime: before(seconds: 1),
            sources: sources
        )
    }

    private static var sources: [SourceStatus] {
        var shop = SourceStatus(name: "shop", kind: "postgres", phase: .streaming)
        shop.position = "00000000016B3748"
        shop.positionTime = before(seconds: 1)
        shop.lagMilliseconds = 850
        shop.log = SourceStatus.Log(
            position: "00000000016B4000",
            confirmedPosition: "00000000016B3748",
            retainedBytes: 11 << 30,
            budgetBytes: 10 << 30,
            leftBytes: 5 << 30,
            state: "extended"
        )
        (shop.changes, shop.commits, shop.changesPerSecond, shop.lastCommitMilliseconds) = (1_234_567, 1, 50, 42)
        shop.tables = [
            SourceStatus.Table(source: "public.orders", bronze: "bronze.orders", silver: "silver.orders"),
            SourceStatus.Table(
                source: "public.audit",
                bronze: "bronze.audit",
                silver: nil,
                stopped: "its shape changed"
            ),
        ]
        var failing = SourceStatus.Check(table: "silver.orders", check: "not_null(email)", outcome: "fail")
        (failing.since, failing.rows, failing.failingRows) = (before(seconds: 90), 12_000, 3)
        var broken = SourceStatus.Check(table: "silver.orders", check: "range(amount)", outcome: "error")
        broken.reason = "There is no column `amount`."
        let good = SourceStatus.Check(table: "silver.orders", check: "positive(id)", outcome: "pass")
        shop.checks = [failing, broken, good, SourceStatus.Check(table: "silver.items", check: "not_null(id)")]
        var crm = SourceStatus(name: "crm", kind: "postgres", phase: .snapshot)
        crm.snapshot = SourceStatus.Snapshot(
            rows: 5000,
            estimatedRows: 20_000,
            chunksDone: 1,
            chunkCount: 4,
            startedAt: before(seconds: 10)
        )
        var erp = SourceStatus(name: "erp", kind: "postgres", phase: .retrying)
        erp.failure = "No answer. [source.unavailable]\n  remedy: Check that the database runs."
        erp.nextAttemptAt = Timestamp(microseconds: time.microseconds + 8_000_000)
        return [crm, erp, shop, SourceStatus(name: "old", kind: "postgres", phase: .paused)]
    }

    @Test("the status of a running Tarn is shown to a person")
    func running() {
        expectGolden(
            StatusText.render(Self.status(Self.sources), address: "http://127.0.0.1:7070"),
            "status-running.txt"
        )
    }

    @Test("the status without a running Tarn says so")
    func resting() {
        var idle = SourceStatus(name: "shop", kind: "postgres", phase: .stopped)
        idle.position = "00000000016B3748"
        expectGolden(StatusText.render(Self.status([idle]), address: nil), "status-resting.txt")
        expectGolden(StatusText.render(Self.status([]), address: nil), "status-empty.txt")
    }

    @Test("colours are only there when asked for")
    func colours() {
        let status = Self.status(Self.sources)
        #expect(!StatusText.render(status, address: nil).contains("\u{1B}"))
        #expect(StatusText.render(status, address: nil, style: .coloured).contains("\u{1B}[31m"))
    }

    @Test("a snapshot that reads more than was estimated never says more than all of it")
    func overestimated() {
        var source = SourceStatus(name: "crm", kind: "postgres", phase: .snapshot)
        source.snapshot = SourceStatus.Snapshot(
            rows: 500,
            estimatedRows: 0,
            chunksDone: 0,
            chunkCount: 1,
            startedAt: Self.time
        )
        #expect(StatusText.render(Self.status([source]), address: nil).contains("500 of about 500 rows (100%)"))
    }

    @Test("columns of a table line up, and a line break in a cell stays in its row")
    func table() {
        var table = TextTable([("name", .left), ("rows", .right)])
        table.add(["a", "1,000"])
        table.add(["long\nname", "7"])
        #expect(table.text == "name        rows\na          1,000\nlong name      7\n")
    }
}
