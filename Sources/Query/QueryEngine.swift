package import Base
import Engine
import Iceberg
package import Lake
import ObjectStore
import Synchronization

/// The locked-down engine that serves queries on one lake. Sessions share its memory and its threads.
package final class QueryEngine: Sendable {
    let lake: Lake
    let limits: QueryLimits
    /// Local folders that the engine may touch; their names stay out of what people see.
    let folders: [String]
    private let engine: Engine
    private let sessionCount = Mutex(0)

    /// Opens the engine for the warehouse and the tables registered now; one registered later from outside the
    /// warehouse needs a new engine.
    ///
    /// - Parameter outputFolders: where query results may be written.
    package init(
        _ lake: Lake,
        limits: QueryLimits = QueryLimits(),
        outputFolders: [String] = []
    ) async throws(TarnError) {
        self.lake = lake
        self.limits = limits
        guard let warehouse = Self.localPath(lake.store.root) else {
            throw TarnError(.unsupported, "Only a warehouse in a local folder can be queried.")
        }
        var folders = [warehouse] + outputFolders
        if let temporary = limits.temporaryFolder { folders.append(temporary) }
        let state = try await lake.refresh()
        let branched = state.branches.values.flatMap { $0.tables.values.compactMap(\.state) }
        for table in (state.tables.values + branched).sorted(by: { $0.metadata < $1.metadata }) {
            folders += await lake.reader.outsideFolders(of: table)
        }
        self.folders = folders
        engine = try Engine(
            EngineConfiguration(
                memoryLimitBytes: limits.memoryBytes,
                threads: limits.threads,
                temporaryDirectory: limits.temporaryFolder,
                temporaryBytesMax: limits.temporaryBytesMax,
                allowedDirectories: folders,
                isLockedDown: true
            )
        )
    }

    /// A session of its own: statements of different sessions run side by side.
    ///
    /// - Parameters:
    ///   - allowsWrites: statements may change the lake; else they only read.
    ///   - sleep: waits for the timeout of a query; tests let it end at once.
    package func session(
        allowsWrites: Bool = false,
        sleep: @escaping QuerySession.Sleep = { try? await Task.sleep(for: $0) }
    ) throws(TarnError) -> QuerySession {
        let number = sessionCount.withLock {
            $0 += 1
            return $0
        }
        return QuerySession(self, try engine.connect(), number: number, allowsWrites: allowsWrites, sleep: sleep)
    }

    static func localPath(_ uri: String) -> String? {
        if uri.hasPrefix("/") { return uri }
        guard uri.hasPrefix("file:/") else { return nil }
        return "/" + uri.dropFirst(6).drop { $0 == "/" }
    }
}
