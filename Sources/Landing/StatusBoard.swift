import Base
import Capture
import Lake
import Synchronization

/// Where a landing writes down what it does, and others read it.
final class StatusBoard: Sendable {
    private let contents: Mutex<LandingStatus>

    init(source: String) { contents = Mutex(LandingStatus(source: source)) }

    var current: LandingStatus { contents.withLock { $0 } }

    func update(_ body: (inout LandingStatus) -> Void) { contents.withLock { body(&$0) } }

    func beginSnapshot(_ snapshot: any SourceSnapshot, tables: [LandedTable], at time: Timestamp) {
        var progress = LandingStatus.SnapshotProgress(startedAt: time)
        progress.chunkCount = snapshot.chunks.count
        progress.estimatedRows = snapshot.chunks.reduce(0) { $0 + $1.estimatedRows }
        let landed = Set(tables.map(\.captured.qualifiedName))
        let found = Set(snapshot.tables.map(\.qualifiedName) + snapshot.stopped.map(\.table))
        update { status in
            status.phase = .snapshot
            status.snapshot = progress
            status.tables = tables.map(LandingStatus.Table.init)
            status.unfollowed = found.subtracting(landed).sorted()
        }
    }

    func snapshotRead(rows: Int) { update { $0.snapshot?.rows += Int64(rows) } }

    func snapshotChunkDone() { update { $0.snapshot?.chunksDone += 1 } }

    func checked(_ ledger: CheckLedger, unrecorded: TarnError? = nil) {
        update {
            $0.checks = ledger.states
            $0.unrecordedChecks = unrecorded?.message
        }
    }

    func committed(_ result: CommitResult, position: String, positionTime: Timestamp?) {
        update { status in
            status.version = result.version
            status.position = position
            if let positionTime { status.positionTime = positionTime }
            status.lastCommitAt = result.time
            status.commits += 1
        }
    }
}

extension LandingStatus.Table {
    init(_ table: LandedTable) {
        self.init(
            source: table.captured.qualifiedName,
            bronze: table.bronze,
            silver: table.silver,
            stopped: table.stopped
        )
    }
}
