package import Base

#if canImport(Glibc)
    import Glibc
#endif

/// The file that an answer goes to. A new or regular one is there whole or not at all, keeps its rights, and stays where
/// links lead; a pipe or a device is written to as it is.
package struct OutputFile: Sendable {
    /// As it was given.
    package let path: String
    /// What is written to until `finish`.
    package let writingPath: String
    /// What `writingPath` becomes; nil where it is written in place.
    private let target: String?
    private let descriptor: Int32

    /// Opens it; for a pipe, waits for its reader.
    /// - Throws: `store.failed` where it cannot be written.
    package init(_ path: String) throws(TarnError) {
        self.path = path
        let found = FileStatus(path)
        let isDangling = found == nil && FileStatus(path, followsLinks: false) != nil
        guard !isDangling, found?.isRegular != false else {
            target = nil
            writingPath = path
            descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw Self.failure(path) }
            return
        }
        let target = found != nil ? try Self.resolved(path) : path
        self.target = target
        writingPath = "\(target).\(getpid()).tmp"
        descriptor = unsafe open(writingPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, found != nil ? 0o600 : 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        guard let found else { return }
        // Only root may give a file away; others own what they may replace, or become its owner.
        fchown(descriptor, found.owner, found.group)
        guard fchmod(descriptor, found.rights) == 0 else {
            let error = Self.failure(path)
            close()
            throw error
        }
    }

    /// Where `writingPath` lies.
    package var folder: String { Path.parent(of: writingPath) }

    package func write(_ bytes: [UInt8]) throws(TarnError) {
        guard Files.writeAll(bytes, to: descriptor) else { throw Self.failure(path) }
    }

    /// Makes what was written the file. What a device or a pipe has taken is out already.
    package func finish() throws(TarnError) {
        guard let target else { return }
        guard fsync(descriptor) == 0, unsafe rename(writingPath, target) == 0 else { throw Self.failure(path) }
    }

    /// To be called once, finished or not.
    package func close() {
        Glibc.close(descriptor)
        if target != nil { unsafe unlink(writingPath) }
    }

    private static func resolved(_ path: String) throws(TarnError) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw failure(path) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    private static func failure(_ path: String) -> TarnError {
        let reason = unsafe String(cString: strerror(errno))
        return TarnError(
            .storeFailed,
            "The output file cannot be written: \(reason).",
            detail: ["path": path],
            remedy: "Check the path, its rights and the space left."
        )
    }
}
