package import Base
package import ObjectStore

/// The ordered log of the lake, one object a record: `_tarn/log/<20 digits>.json`.
///
/// Writing record *n* under the condition that it does not exist yet is the only moment at which a commit becomes
/// true. Whoever loses reads what came between and tries the next number.
package struct CommitLog: Sendable {
    private let store: any ObjectStore
    private static let folder = "_tarn/log/"
    /// A checkpoint is written with every so many records.
    static let checkpointInterval: Int64 = 100

    package init(store: any ObjectStore) { self.store = store }

    /// Nil where the log does not reach this far yet.
    package func read(_ version: Int64) async throws(TarnError) -> LogRecord? {
        let bytes: [UInt8]
        do throws(TarnError) {
            bytes = try await store.get(Self.key(version))
        } catch {
            if error.code == .objectMissing { return nil }
            throw error
        }
        let record: LogRecord
        do throws(TarnError) {
            record = try LogRecord(parsing: bytes)
        } catch {
            if error.code == .stateNewer { throw error.adding("key", Self.key(version)) }
            throw Self.damaged(version, error)
        }
        guard record.version == version else { throw Self.damaged(version, nil) }
        return record
    }

    /// False where another record took this number first.
    ///
    /// An unclear answer is resolved by reading the record back: only the commits' ids tell whose it is.
    package func append(_ record: LogRecord) async throws(TarnError) -> Bool {
        do throws(TarnError) {
            try await store.put(Self.key(record.version), record.json.serialized(), condition: .ifAbsent)
            return true
        } catch {
            guard let present = try await read(record.version) else { throw error }
            guard present.commits.map(\.id) == record.commits.map(\.id) else { return false }
            // It is there, but what failed may have been what makes it last.
            try await store.seal(Self.key(record.version))
            return true
        }
    }

    /// The newest whole checkpoint at or before `version`; the empty lake where there is none. All that a damaged one
    /// says is in the records, too.
    package func checkpoint(atMost version: Int64 = .max) async throws(TarnError) -> LakeState {
        let names = try await store.list(prefix: Self.folder).map(\.key).filter { $0.hasSuffix(Self.checkpointSuffix) }
        for name in names.reversed() {
            guard let number = Int64(name.dropFirst(Self.folder.count).prefix(20)), number <= version else { continue }
            let bytes = try await store.get(name)
            do throws(TarnError) {
                let state = try LakeState(parsingCheckpoint: bytes)
                if state.version == number { return state }
            } catch {
                guard error.code == .corruptData else { throw error.adding("key", name) }
            }
        }
        return .empty
    }

    /// The highest number that a record has; nil for an empty log.
    func newestVersion() async throws(TarnError) -> Int64? {
        try await store.list(prefix: Self.folder).compactMap { object in
            object.key.hasSuffix(Self.checkpointSuffix)
                ? nil : Int64(object.key.dropFirst(Self.folder.count).prefix(20))
        }.max()
    }

    package func writeCheckpoint(_ state: LakeState) async throws(TarnError) {
        let key = Self.folder + padded(state.version, 20) + Self.checkpointSuffix
        try await store.put(key, state.json.serialized())
    }

    private static let checkpointSuffix = ".checkpoint.json"

    private static func key(_ version: Int64) -> String { "\(folder)\(padded(version, 20)).json" }

    private static func damaged(_ version: Int64, _ cause: TarnError?) -> TarnError {
        TarnError(.corruptData, "A record of the commit log is damaged.", detail: ["key": key(version)], cause: cause)
    }
}
