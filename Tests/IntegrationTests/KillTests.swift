import Base
import Glibc
import TestKit
import Testing

@testable import PostgresSource

/// `tarn up`, the real program, is killed again and again while a bank's database goes on working. Whatever the moment,
/// the lake must end as the database did, have every change once, and have shown nothing in between that never was.
@Suite(
    .serialized,
    .enabled(if: Road.isAvailable, "TARN_TEST_POSTGRES names no server"),
    .enabled(if: KillRig.program != nil, "the program is not beside the tests, and TARN_BIN does not name it")
)
struct KillTests {
    private static let isLong = TestProgram.isLong

    /// Each is passed at least once in every commit.
    private static let places = [
        "landing.afterDataFiles", "lake.afterMetadata", "lake.afterLogRecord", "keyIndex.beforeCommit",
        "landing.afterIndex", "landing.beforeAcknowledge", "landing.afterAcknowledge",
    ]
    /// Each is passed once in a snapshot.
    private static let snapshotPlaces = [
        "landing.afterDataFiles", "lake.afterMetadata", "lake.afterLogRecord", "landing.afterIndex",
    ]

    @Test("killed at any moment, it goes on without gap, double or torn version")
    func anyMoment() async throws {
        try await KillRig.with("moment") { rig in
            try await rig.takeSnapshot()
            let count = Self.isLong ? 100 : 10
            let withoutState = rig.number(in: 0..<count)
            try await rig.working {
                for round in 0..<count {
                    if round == withoutState { rig.removeState() }
                    if round == count / 2 { try await rig.addColumn() }
                    try await rig.killAfterTransactions(waitingForCommit: round % 2 == 0)
                }
                try rig.start()
                try await rig.waitForCommit()
            }
            try await rig.finish()
            try await rig.verify()
        }
    }

    @Test("killed at each place of a commit, it goes on without gap, double or torn version")
    func eachPlace() async throws {
        try await KillRig.with("place") { rig in
            try await rig.takeSnapshot()
            let places = Array(repeating: Self.places, count: Self.isLong ? 14 : 10).joined()
            let order = rig.shuffled(places.map { ($0, rig.number(in: 1..<5)) })
            let withoutState = rig.number(in: 0..<order.count)
            try await rig.working {
                for (round, (place, passing)) in order.enumerated() {
                    if round == withoutState { rig.removeState() }
                    try await rig.killAtPlace(place, passing: passing)
                }
                try rig.start()
                try await rig.waitForCommit()
            }
            try await rig.finish()
            try await rig.verify()
        }
    }

    @Test("killed during its snapshot, it starts again with nothing half visible")
    func snapshot() async throws {
        for round in 0..<(Self.isLong ? 4 : 1) {
            for place in Self.snapshotPlaces {
                try await KillRig.with("snapshot") { rig in
                    try await rig.working {
                        try await rig.killInSnapshot(files: rig.number(in: 0..<6))
                        try await rig.killAtPlace(place, passing: 1)
                        let isDone = ["lake.afterLogRecord", "landing.afterIndex"].contains(place)
                        #expect(try await rig.tableCount() == (isDone ? 9 : 0), "\(rig)")
                        if round % 2 == 1 { rig.removeState() }
                        try rig.start()
                        try await rig.waitForCommit()
                    }
                    try await rig.finish()
                    try await rig.verify()
                }
            }
        }
    }

    @Test("cut off from its database, the same process goes on without gap, double or torn version")
    func cutOff() async throws {
        try await KillRig.with("cut") { rig in
            try rig.start()
            try await rig.waitForCommit()
            try await rig.working {
                for _ in 0..<2 {
                    try await rig.waitForCommit()
                    try await rig.cutConnection()
                }
                try await rig.waitForCommit()
            }
            try await rig.finish()
            try await rig.verify()
        }
    }

    @Test("a slot that another process still holds is waited for, before a snapshot and before streaming")
    func heldSlot() async throws {
        try await KillRig.with("held") { rig in
            // The server makes a slot only when all transactions of before have ended; until then it does not notice
            // that nobody waits for it any more.
            try await rig.database.execute("BEGIN; INSERT INTO public.audit (id) VALUES (-1)")
            try rig.start()
            try await rig.waitForSlot()
            rig.killNow()
            try await rig.startWhileSlotIsHeld()
            try await rig.database.execute("COMMIT")
            try await rig.waitForCommit()
            rig.killNow()
            let holder = try await rig.holdSlot()
            try await rig.startWhileSlotIsHeld()
            try await rig.working {
                await holder.close()
                try await rig.waitForCommit()
            }
            try await rig.finish()
            try await rig.verify()
        }
    }
}
