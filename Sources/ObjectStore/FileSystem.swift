import Base

#if canImport(Glibc)
    import Glibc
#endif

/// Tells a folder from another one at the same path.
struct FolderIdentity: Sendable, Equatable {
    var device: UInt64
    var number: UInt64
}

/// The few system calls the local store needs, each with its error turned into `store.failed`.
enum FileSystem {
    static func identity(_ folder: String) throws(TarnError) -> FolderIdentity {
        var status = stat()
        guard unsafe stat(folder, &status) == 0 else { throw failure("find the folder", folder) }
        return FolderIdentity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    /// Makes a folder and those above it, each durable before the next.
    static func makeFolder(_ path: String) throws(TarnError) {
        if unsafe mkdir(path, 0o755) != 0 {
            if errno == EEXIST { return }
            guard errno == ENOENT, path.count > 1 else { throw failure("make the folder", path) }
            try makeFolder(parent(of: path))
            guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("make the folder", path) }
        }
        try syncFolder(parent(of: path))
    }

    /// Nil where there is no such file.
    static func read(_ path: String) throws(TarnError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("open the file", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("read the file", path) }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe Glibc.read(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("read the file", path) }
            offset += count
        }
        return bytes
    }

    /// Writes a new file and syncs it.
    static func write(_ bytes: [UInt8], to path: String) throws(TarnError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("create the file", path) }
        defer { close(descriptor) }
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("write the file", path) }
            offset += count
        }
        guard fdatasync(descriptor) == 0 else { throw failure("sync the file", path) }
    }

    /// False where the target exists.
    static func link(_ path: String, _ target: String) throws(TarnError) -> Bool {
        guard unsafe Glibc.link(path, target) != 0 else { return true }
        if errno == EEXIST { return false }
        throw failure("link the file", target)
    }

    static func rename(_ path: String, _ target: String) throws(TarnError) {
        guard unsafe Glibc.rename(path, target) == 0 else { throw failure("rename the file", target) }
    }

    static func remove(_ path: String) throws(TarnError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR else {
            throw failure("remove the file", path)
        }
    }

    static func size(_ path: String) throws(TarnError) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("look at the file", path)
        }
        return Int(status.st_size)
    }

    static func sync(_ path: String) throws(TarnError) { try syncOpened(path, flags: O_RDONLY) }

    static func syncFolder(_ path: String) throws(TarnError) { try syncOpened(path, flags: O_RDONLY | O_DIRECTORY) }

    /// Calls `body` with each regular file below `folder`; temporary files (a leading dot) are left out.
    static func walk(_ folder: String, _ body: (String, Int) -> Void) throws(TarnError) {
        guard let stream = unsafe opendir(folder) else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw failure("list the folder", folder)
        }
        defer { unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard unsafe lstat(path, &status) == 0 else { continue }
            if status.st_mode & S_IFMT == S_IFDIR {
                try walk(path, body)
            } else if status.st_mode & S_IFMT == S_IFREG {
                body(path, Int(status.st_size))
            }
        }
    }

    private static func syncOpened(_ path: String, flags: Int32) throws(TarnError) {
        let descriptor = unsafe open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open the file", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync the file", path) }
    }

    private static func failure(_ action: String, _ path: String) -> TarnError {
        let reason = unsafe String(cString: strerror(errno))
        return TarnError(.storeFailed, "Could not \(action): \(reason).", detail: ["path": path])
    }
}
