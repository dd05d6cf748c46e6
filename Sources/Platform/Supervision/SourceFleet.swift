internal import ServiceLifecycle
internal import Web

/// All sources of a project. They run, fail and stop independently of each other.
struct SourceFleet: Service {
    private let supervisors: [SourceSupervisor]

    init(_ supervisors: [SourceSupervisor]) { self.supervisors = supervisors }

    var statuses: [SourceStatus] { supervisors.map(\.status) }

    func run() async throws {
        let supervisors = supervisors
        try await cancelWhenGracefulShutdown {
            try await withThrowingDiscardingTaskGroup { group in
                for supervisor in supervisors { group.addTask { try await supervisor.run() } }
            }
        }
    }
}
