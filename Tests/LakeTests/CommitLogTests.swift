import Base
import ObjectStore
import Store
import Synchronization
import TestKit
import Testing

@testable import Lake

@Suite struct CommitLogTests {
    private func record(_ version: Int64, commit: String) -> LogRecord {
        let commit = Commit(id: commit, author: "system", cause: "test", message: "", tables: [], sources: [])
        return LogRecord(version: version, time: Timestamp(microseconds: version), commits: [commit])
    }

    private func state(_ version: Int64) -> LakeState {
        LakeState(version: version, time: Timestamp(microseconds: version), tables: [:], sources: [:])
    }

    private func key(_ version: Int64) -> String { "_tarn/log/\(padded(version, 20)).checkpoint.json" }

    /// Checkpoints that say something else than their name, or nothing whole.
    static let damaged = [
        "", "{\"format\":1,\"version\":20", "{}", "{\"format\":1}",
        "{\"format\":0,\"version\":200,\"time\":\"2026-01-01\",\"tables\":{},\"sources\":{}}",
        "{\"format\":1,\"version\":9223372036854775807,\"time\":\"2026-01-01\",\"tables\":{},\"sources\":{}}",
        "{\"format\":1,\"version\":500,\"time\":\"2026-01-01\",\"tables\":{},\"sources\":{}}",
        "{\"format\":1,\"version\":-5,\"time\":\"2026-01-01\",\"tables\":{},\"sources\":{}}",
    ]

    @Test("a damaged checkpoint is passed over for the one before it", arguments: damaged)
    func damagedCheckpoint(text: String) async throws {
        let store = MemoryObjectStore()
        let log = CommitLog(store: store)
        try await store.put(key(200), Array(text.utf8))
        #expect(try await log.checkpoint() == .empty)
        try await log.writeCheckpoint(state(100))
        #expect(try await log.checkpoint() == state(100))
        try await log.writeCheckpoint(state(200))
        #expect(try await log.checkpoint() == state(200))
        #expect(try await log.checkpoint(atMost: 199) == state(100))
    }

    @Test("a checkpoint or record of a newer form is refused by its name")
    func newerForm() async throws {
        let store = MemoryObjectStore()
        let log = CommitLog(store: store)
        let text = "{\"format\":99,\"version\":1,\"time\":\"2026-01-01\",\"tables\":{},\"sources\":{},\"commits\":[]}"
        try await store.put(key(1), Array(text.utf8))
        try await store.put("_tarn/log/\(padded(1, 20)).json", Array(text.utf8))
        let checkpoint = await #expect(throws: TarnError.self) { try await log.checkpoint() }
        #expect(checkpoint?.code == .stateNewer && checkpoint?.detail.map(\.value) == [key(1)])
        let record = await #expect(throws: TarnError.self) { try await log.read(1) }
        #expect(record?.code == .stateNewer)
        #expect(record?.detail.map(\.value) == ["_tarn/log/\(padded(1, 20)).json"])
    }

    @Test("a damaged or newer identity of the lake is refused by its name")
    func identity() async throws {
        let expected: [(text: String, code: ErrorCode)] = [
            ("{\"format\":99,\"id\":\"x\"}", .stateNewer), ("{\"format\":1,\"id\":\"", .corruptData),
            ("{\"format\":1}", .corruptData), ("{\"id\":\"x\"}", .corruptData),
        ]
        for (text, code) in expected {
            let store = MemoryObjectStore()
            try await store.put("_tarn/lake.json", Array(text.utf8))
            let error = await #expect(throws: TarnError.self) {
                try await withTemporaryFolder { folder in
                    _ = try await Lake.open(store, state: try StateDatabase(path: "\(folder)/state.db"))
                }
            }
            #expect(error?.code == code, "\(text)")
            #expect(error?.detail.last?.value == "_tarn/lake.json")
        }
    }

    @Test("a record that was written although the store failed counts once it is durable")
    func unclearAppend() async throws {
        let store = FailingStore()
        let log = CommitLog(store: store)
        store.failure.withLock { $0 = .afterPut }
        #expect(try await log.append(record(1, commit: "mine")))
        #expect(store.sealed.withLock { $0 } == ["_tarn/log/\(padded(1, 20)).json"])
        #expect(try await log.append(record(1, commit: "other")) == false)
        store.failure.withLock { $0 = .afterPutAndSeal }
        await #expect(throws: TarnError.self) { try await log.append(record(2, commit: "mine")) }
    }
}

/// A store that writes, and then fails to make sure of it.
private final class FailingStore: ObjectStore {
    enum Failure {
        case none
        case afterPut
        case afterPutAndSeal
    }

    let failure = Mutex(Failure.none)
    let sealed = Mutex<[String]>([])
    private let objects = MemoryObjectStore()

    var root: String { objects.root }

    func put(_ key: String, _ bytes: [UInt8], condition: PutCondition) async throws(TarnError) {
        try await objects.put(key, bytes, condition: condition)
        if failure.withLock({ $0 != .none }) { throw TarnError(.storeFailed, "The folder could not be synced.") }
    }

    func seal(_ key: String) async throws(TarnError) {
        if failure.withLock({ $0 == .afterPutAndSeal }) {
            throw TarnError(.storeFailed, "The folder could not be synced.")
        }
        sealed.withLock { $0.append(key) }
    }

    func get(_ key: String) async throws(TarnError) -> [UInt8] { try await objects.get(key) }

    func list(prefix: String, startAfter: String?) async throws(TarnError) -> [ObjectInfo] {
        try await objects.list(prefix: prefix, startAfter: startAfter)
    }

    func head(_ key: String) async throws(TarnError) -> ObjectInfo? { try await objects.head(key) }

    func delete(_ key: String) async throws(TarnError) { try await objects.delete(key) }

    func stage(_ key: String) async throws(TarnError) -> String { try await objects.stage(key) }
}
