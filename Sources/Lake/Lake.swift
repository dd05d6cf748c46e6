package import Base
package import ObjectStore
package import Store
import Synchronization

/// The lake: a warehouse and its commit log. Reads pin one version; commits are atomic over all their tables.
package final class Lake: Sendable {
    /// Unlike that of any other lake; a copy of the warehouse keeps it.
    package let id: String
    package let store: any ObjectStore
    package let reader: TableReader
    let log: CommitLog
    let index: LogIndex
    let time: any TimeSource
    package let entropy: any Entropy
    let states = StateCache()
    private let current: Mutex<LakeState>
    private let committer = GroupCommitter<PendingCommit, CommitResult>()

    /// Makes an empty lake in the store; one that is there already stays as it is.
    package static func create(in store: any ObjectStore, entropy: any Entropy) async throws(TarnError) {
        let identity: JSONValue = ["format": 1, "id": .string(entropy.uuid())]
        do throws(TarnError) {
            try await store.put(identityKey, identity.serialized(), condition: .ifAbsent)
        } catch {
            guard error.code == .objectExists else { throw error }
        }
    }

    /// - Throws: `lake.missing` when the store holds no lake.
    package static func open(
        _ store: any ObjectStore,
        state: StateDatabase,
        time: any TimeSource = SystemTime(),
        entropy: any Entropy = SystemEntropy()
    ) async throws(TarnError) -> Lake {
        let bytes: [UInt8]
        do throws(TarnError) {
            bytes = try await store.get(identityKey)
        } catch {
            guard error.code == .objectMissing else { throw error }
            throw TarnError(.lakeMissing, "There is no lake here.", detail: ["warehouse": store.root])
        }
        let id: String
        do throws(TarnError) {
            let identity = RecordReader(json: try JSONParser.parse(bytes, subject: "lake identity"))
            try identity.requireFormat()
            id = try identity.string("id")
        } catch {
            throw error.adding("key", identityKey)
        }
        let lake = Lake(store, id: id, index: try LogIndex(state, lake: id), time: time, entropy: entropy)
        try await lake.load()
        return lake
    }

    private init(
        _ store: any ObjectStore,
        id: String,
        index: LogIndex,
        time: any TimeSource,
        entropy: any Entropy
    ) {
        self.id = id
        self.store = store
        self.index = index
        self.time = time
        self.entropy = entropy
        reader = TableReader(store: store)
        log = CommitLog(store: store)
        current = Mutex(.empty)
    }

    private static let identityKey = "_tarn/lake.json"

    /// The newest version that this process knows, without a look at the log.
    package var knownState: LakeState { current.withLock { $0 } }

    /// Reads what other processes committed and returns the newest version.
    package func refresh() async throws(TarnError) -> LakeState {
        var state = knownState
        while let record = try await log.read(state.version + 1) {
            state.apply(record)
            try adopt(record, state)
        }
        return knownState
    }

    /// Commits everything in `request`, or nothing.
    ///
    /// - Throws: `lake.conflict` when another commit changed what this one builds on, `lake.ownerMismatch`,
    ///   `lake.tableExists`, `lake.referenceMissing`, `lake.referenceExists`.
    @discardableResult
    package func commit(_ request: CommitRequest, as access: AccessContext) async throws(TarnError) -> CommitResult {
        let pending = PendingCommit(id: entropy.uuid(), access: access, request: request)
        return try await committer.run(pending) { waiting in await CommitWriter(lake: self).write(waiting) }
    }

    /// Takes a record into memory and the index; records may arrive twice, in order.
    func adopt(_ record: LogRecord, _ state: LakeState) throws(TarnError) {
        try index.add(record)
        current.withLock { if state.version > $0.version { $0 = state } }
    }

    /// Starts from what the index holds, else from the newest checkpoint, and goes on record by record.
    private func load() async throws(TarnError) {
        if let indexed = try await indexedVersion() {
            let state = try index.state(at: indexed)
            current.withLock { $0 = state }
            _ = try await refresh()
        } else {
            let state = try await log.checkpoint()
            current.withLock { $0 = state }
            try await requireNoGap(after: try await refresh().version)
        }
    }

    /// A record that is missing looks like the end of the log, and the next commit would take its number.
    private func requireNoGap(after version: Int64) async throws(TarnError) {
        guard let newest = try await log.newestVersion(), newest > version else { return }
        throw TarnError(
            .corruptData,
            "The commit log has a gap.",
            detail: ["missing version": String(version + 1), "newest version": String(newest)],
            remedy: "Put the missing record back from a copy of the warehouse; nothing was changed."
        )
    }

    /// The newest version in the index; nil for an empty one. An index that does not agree with the log is emptied: the
    /// warehouse was put back to an older copy, and the next commit would leave a gap in its log.
    private func indexedVersion() async throws(TarnError) -> Int64? {
        let version = try index.lastVersion()
        guard version > 0, let indexed = try index.record(version) else { return nil }
        if let record = try await log.read(version), record.commits.map(\.id) == indexed.commits.map(\.id) {
            return version
        }
        try index.removeAll()
        return nil
    }
}
