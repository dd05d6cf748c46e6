import Dispatch

/// Runs an actor on a dispatch queue of its own, so that a statement that takes seconds never holds one of the few
/// threads on which all other Swift tasks run.
final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
}
