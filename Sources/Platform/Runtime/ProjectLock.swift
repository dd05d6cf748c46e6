package import Base

#if canImport(Glibc)
    import Glibc
#endif

/// Makes sure that one process alone does a piece of a project's work. Held until released or until the process ends.
package struct ProjectLock: ~Copyable {
    /// What is done by one process at a time.
    package enum Work: String, Sendable {
        /// The capture of sources.
        case sources = "up"
        /// Runs of assets.
        case runs
    }

    private let descriptor: Int32

    /// - Throws: `configuration.invalid` naming the process that holds it.
    package init(_ work: Work = .sources, stateFolder: String) throws(TarnError) {
        guard let descriptor = try Self.take(work, stateFolder) else {
            let holder = try Files.read(Self.path(work, stateFolder)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw TarnError(
                .configurationInvalid,
                "Another process runs this project's \(work == .sources ? "sources" : "assets").",
                detail: ["state": stateFolder, "process": holder.isEmpty ? "unknown" : holder],
                remedy: "Stop that `tarn up` first, or use `tarn status` to see what it does."
            )
        }
        self.descriptor = descriptor
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// Nil where another process has it.
    private static func take(_ work: Work, _ stateFolder: String) throws(TarnError) -> Int32? {
        try Files.makeFolder(stateFolder)
        let path = path(work, stateFolder)
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Files.failure("open the file", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        ftruncate(descriptor, 0)
        Files.writeAll(Array(String(getpid()).utf8), to: descriptor)
        return descriptor
    }

    deinit { close(descriptor) }

    /// Waits until the lock is free.
    ///
    /// - Parameters:
    ///   - onWait: told once, where it is not free at first.
    ///   - sleep: waits a moment between two attempts.
    /// - Throws: `interrupted` when the task is cancelled meanwhile.
    package static func waiting(
        for work: Work,
        stateFolder: String,
        onWait: () -> Void,
        sleep: () async -> Void
    ) async throws(TarnError) -> ProjectLock {
        var hasWaited = false
        while true {
            if let descriptor = try take(work, stateFolder) { return ProjectLock(descriptor: descriptor) }
            if !hasWaited { onWait() }
            hasWaited = true
            await sleep()
            if Task.isCancelled { throw TarnError(.interrupted, "It was interrupted while it waited.") }
        }
    }

    /// Whether some process holds the lock now.
    package static func isHeld(_ work: Work = .sources, stateFolder: String) -> Bool {
        let descriptor = unsafe open(path(work, stateFolder), O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    private static func path(_ work: Work, _ stateFolder: String) -> String { "\(stateFolder)/\(work.rawValue).lock" }
}
