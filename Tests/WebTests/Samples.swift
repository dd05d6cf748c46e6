import Base
import Web

enum Samples {
    static let time = Timestamp(microseconds: 1_700_000_000_000_000)

    static func status() -> ServiceStatus {
        var shop = SourceStatus(name: "shop", kind: "postgres", phase: .streaming)
        shop.position = "00000000016B3748"
        shop.positionTime = Timestamp(microseconds: time.microseconds - 900_000)
        shop.lagMilliseconds = 850
        shop.log = SourceStatus.Log(
            position: "00000000016B4000",
            confirmedPosition: "00000000016B3748",
            retainedBytes: 2232,
            budgetBytes: 10 << 30,
            leftBytes: nil,
            state: "reserved"
        )
        shop.changes = 1200
        shop.transactions = 400
        shop.commits = 12
        shop.changesPerSecond = 50
        shop.lastCommitAt = Timestamp(microseconds: time.microseconds - 1_000_000)
        shop.lastCommitMilliseconds = 42
        shop.tables = [
            SourceStatus.Table(
                source: "public.orders",
                bronze: "bronze.orders",
                silver: "silver.orders",
                changes: 1000
            ),
            SourceStatus.Table(
                source: "public.audit",
                bronze: "bronze.audit",
                silver: nil,
                stopped: "its shape changed",
                changes: 200
            ),
        ]
        var failing = SourceStatus.Check(table: "silver.orders", check: "not_null(\"e-mail\")", outcome: "fail")
        (failing.since, failing.rows, failing.failingRows, failing.failingRowsTotal) = (time, 120, 3, 17)
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
            startedAt: Timestamp(microseconds: time.microseconds - 10_000_000)
        )
        return ServiceStatus(
            tarnVersion: "0.1.0",
            processID: 4711,
            startedAt: Timestamp(microseconds: time.microseconds - 3_600_000_000),
            time: time,
            warehouse: "/data/warehouse",
            lakeVersion: 12,
            lakeTime: Timestamp(microseconds: time.microseconds - 1_000_000),
            sources: [crm, shop]
        )
    }
}
