import Base
import Synchronization

/// The lake at older versions and on branches, so that reading there costs what reading the newest version does.
/// Versions never change; a view is kept for the branch as it was when the view was made.
final class StateCache: Sendable {
    private struct Contents {
        var versions: [Int64: LakeState] = [:]
        var views: [String: (branch: BranchState, state: LakeState)] = [:]
    }

    private let contents = Mutex(Contents())
    /// Of each kind; beyond, all are forgotten.
    private static let entriesMax = 16

    func version(_ version: Int64) -> LakeState? { contents.withLock { $0.versions[version] } }

    func insert(_ state: LakeState) {
        contents.withLock { contents in
            if contents.versions.count >= Self.entriesMax { contents.versions.removeAll() }
            contents.versions[state.version] = state
        }
    }

    func view(_ name: String, _ branch: BranchState) -> LakeState? {
        contents.withLock { contents in
            guard let known = contents.views[name], known.branch.made == branch.made,
                known.branch.version == branch.version
            else { return nil }
            return known.state
        }
    }

    func insert(_ view: LakeState, _ name: String, _ branch: BranchState) {
        contents.withLock { contents in
            if contents.views.count >= Self.entriesMax { contents.views.removeAll() }
            contents.views[name] = (branch, view)
        }
    }
}
