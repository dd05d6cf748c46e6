import Base
import Lake

/// The hidden branches on which runs work.
struct RunBranches {
    private let lake: Lake
    private let time: any TimeSource
    private static let prefix = "_run/"

    init(_ lake: Lake, time: any TimeSource) {
        self.lake = lake
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

    /// Drops what earlier runs left: nobody goes on with them.
    func sweep(keeping run: String?) async throws(TarnError) {
        let kept = run.map(Self.name)
        for name in try await lake.refresh().branches.keys.sorted() where name.hasPrefix(Self.prefix) && name != kept {
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
