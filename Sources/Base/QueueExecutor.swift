import Dispatch

/// Runs an actor on a dispatch queue of its own, so that a call that blocks (on a disk, a database, a library) never
/// holds one of the few threads on which all other Swift tasks run.
package final class QueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
    }
}
