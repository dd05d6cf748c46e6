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
        let stops = snapshot.stopped
        update { status in
            status.phase = .snapshot
            status.snapshot = progress
            status.tables = tables.map(LandingStatus.Table.init)
            for stop in stops {
                guard let index = status.tables.firstIndex(where: { $0.source == stop.table }) else { continue }
                status.tables[index].stopped = stop.error.message
            }
        }
    }

    func snapshotRead(rows: Int) { update { $0.snapshot?.rows += Int64(rows) } }

    func snapshotChunkDone() { update { $0.snapshot?.chunksDone += 1 } }

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
