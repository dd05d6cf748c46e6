package import Base

#if canImport(Glibc)
    import Glibc
#endif

/// Makes sure that one process alone captures the sources of a project. Held until released or until the process ends.
package struct ProjectLock: ~Copyable {
    private let descriptor: Int32

    /// - Throws: `configuration.invalid` naming the process that holds it.
    package init(stateFolder: String) throws(TarnError) {
        try Files.makeFolder(stateFolder)
        let path = "\(stateFolder)/up.lock"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Files.failure("open the file", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let holder = try Files.read(path).map { String(decoding: $0, as: UTF8.self) } ?? ""
            close(descriptor)
            throw TarnError(
                .configurationInvalid,
                "Another process runs this project's sources.",
                detail: ["state": stateFolder, "process": holder.isEmpty ? "unknown" : holder],
                remedy: "Stop that `tarn up` first, or use `tarn status` to see what it does."
            )
        }
        ftruncate(descriptor, 0)
        Files.writeAll(Array(String(getpid()).utf8), to: descriptor)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Whether some process holds the lock now.
    package static func isHeld(stateFolder: String) -> Bool {
        let descriptor = unsafe open("\(stateFolder)/up.lock", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }
}
