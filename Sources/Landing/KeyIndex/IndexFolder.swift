import Base

#if canImport(Glibc)
    import Glibc
#endif

/// The folder of one key index, locked for this object alone while it lives.
///
/// ```
/// data.mdb   LMDB's only file
/// lock       held with flock; the system lets go of it when the process ends, however it ends
/// loading    exists while a load writes without syncing: what lies beside it is not to be trusted
/// ```
final class IndexFolder {
    let path: String
    private let descriptor: Int32

    var dataFile: String { "\(path)/data.mdb" }
    private var loadingMark: String { "\(path)/loading" }

    /// Makes the folder where it is missing.
    ///
    /// - Throws: `landing.indexFailed` at once when another process, or another object of this one, holds the folder.
    init(_ path: String) throws(TarnError) {
        self.path = path
        try Self.make(path, for: path)
        let descriptor = unsafe open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .keyIndex("open its lock", errno, path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            guard reason == EWOULDBLOCK else { throw .keyIndex("lock its folder", reason, path) }
            throw TarnError(
                .indexFailed,
                "The key index is open elsewhere.",
                detail: ["folder": path],
                remedy: "Stop the other process that lands into this state folder, then start again."
            )
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    var isMarkedLoading: Bool { unsafe access(loadingMark, F_OK) == 0 }

    /// Durable when it returns.
    func markLoading() throws(TarnError) {
        let mark = unsafe open(loadingMark, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard mark >= 0 else { throw .keyIndex("mark a load", errno, path) }
        close(mark)
        let folder = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .keyIndex("mark a load", errno, path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw .keyIndex("mark a load", errno, path) }
    }

    func unmarkLoading() throws(TarnError) { try remove(loadingMark) }

    func removeData() throws(TarnError) { try remove(dataFile) }

    private func remove(_ file: String) throws(TarnError) {
        guard unsafe unlink(file) == 0 || errno == ENOENT else { throw .keyIndex("remove a file", errno, path) }
    }

    private static func make(_ folder: String, for path: String) throws(TarnError) {
        guard unsafe mkdir(folder, 0o755) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash != folder.startIndex else {
            throw .keyIndex("make its folder", errno, path)
        }
        try make(String(folder[..<slash]), for: path)
        guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw .keyIndex("make its folder", errno, path)
        }
    }
}
