import Base
import Lake
import Store

/// The hidden branches on which runs work.
struct RunBranches {
    private let lake: Lake
    private let history: RunHistory
    private let time: any TimeSource
    /// A branch of another machine's run that is older than this belongs to nobody any more.
    private static let foreignMicrosecondsMax: Int64 = 7 * 86_400_000_000
    private static let prefix = "_run/"

    init(_ lake: Lake, history: RunHistory, time: any TimeSource) {
        self.lake = lake
        self.history = history
        self.time = time
    }

    static func name(of run: String) -> String { prefix + run }

    /// - Returns: the version of main that the branch begins with.
    func create(for run: String) async throws(TarnError) -> Int64 {
        let name = Self.name(of: run)
        try await lake.createBranch(name, as: .assets)
        guard let branch = lake.knownState.branches[name] else {
            throw TarnError(.referenceMissing, "The run's branch is gone.", detail: ["branch": name])
        }
        return branch.base
    }

    /// Drops what earlier runs of this machine left: nobody goes on with them. Another machine's may be at work.
    func sweep(keeping run: String?) async throws(TarnError) {
        let oldest = time.now().microseconds - Self.foreignMicrosecondsMax
        for (name, branch) in try await lake.refresh().branches.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix(Self.prefix) else { continue }
            let id = String(name.dropFirst(Self.prefix.count))
            let isOwn = try history.run(id) != nil
            guard id != run, isOwn || branch.time.microseconds < oldest else { continue }
            do throws(TarnError) {
                try await lake.dropBranch(name, as: .assets)
            } catch {
                // Somebody else was faster.
                guard error.code == .referenceMissing else { throw error }
            }
        }
    }
}

/// Names of runs sort by the time at which they began.
enum RunID {
    static func make(_ time: Timestamp, _ entropy: any Entropy) -> String {
        let digits = time.description.prefix(19).filter { $0 != "-" && $0 != ":" }
        return "\(digits)-\(hexadecimal(entropy.next()).prefix(8))"
    }
}
