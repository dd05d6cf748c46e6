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
            return present.commits.map(\.id) == record.commits.map(\.id)
        }
    }

    /// The newest checkpoint at or before `version`; the empty lake where there is none.
    package func checkpoint(atMost version: Int64 = .max) async throws(TarnError) -> LakeState {
        let names = try await store.list(prefix: Self.folder).map(\.key).filter { $0.hasSuffix(Self.checkpointSuffix) }
        let newest = names.last { name in
            Int64(name.dropFirst(Self.folder.count).prefix(20)).map { $0 <= version } ?? false
        }
        guard let newest else { return .empty }
        return try LakeState(parsingCheckpoint: try await store.get(newest))
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
