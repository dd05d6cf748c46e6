package import Base

#if canImport(Glibc)
    import Glibc
#endif

/// The small files of a project. What is data goes through the object store instead.
package enum Files {
    package static let bytesMax = 16 << 20

    /// Nil where there is no such file.
    package static func read(_ path: String, bytesMax: Int = Files.bytesMax) throws(TarnError) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw failure("open the file", path)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe part.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure("read the file", path) }
            guard count > 0 else { return bytes }
            bytes += part[..<count]
            guard bytes.count <= bytesMax else {
                throw TarnError(.configurationInvalid, "A file is larger than it can be.", detail: ["path": path])
            }
        }
    }

    /// Writes beside the target and swaps it in, so that readers see the old file or the new one, whole.
    /// - Parameter isSecret: only its owner may read it.
    package static func write(_ text: String, to path: String, isSecret: Bool = false) throws(TarnError) {
        try write(Array(text.utf8), to: path, isSecret: isSecret)
    }

    /// - Parameter isDurable: the bytes are on the disk when this returns.
    package static func write(
        _ bytes: [UInt8],
        to path: String,
        isSecret: Bool = false,
        isDurable: Bool = true
    ) throws(TarnError) {
        let draft = "\(path).\(getpid()).tmp"
        unsafe unlink(draft)
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, isSecret ? 0o600 : 0o644)
        guard descriptor >= 0 else { throw failure("create the file", path) }
        let isWritten = writeAll(bytes, to: descriptor) && (!isDurable || fsync(descriptor) == 0)
        close(descriptor)
        guard isWritten, unsafe rename(draft, path) == 0 else {
            let error = failure("write the file", path)
            unsafe unlink(draft)
            throw error
        }
    }

    /// False when the descriptor takes no more.
    @discardableResult
    package static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            offset += count
        }
        return true
    }

    package static func remove(_ path: String) throws(TarnError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure("remove the file", path) }
    }

    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    package static func makeFolder(_ path: String) throws(TarnError) {
        guard unsafe mkdir(path, 0o755) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, path.count > 1 else { throw failure("make the folder", path) }
        try makeFolder(Path.parent(of: path))
        guard unsafe mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure("make the folder", path) }
    }

    /// The names in a folder, sorted; empty where there is no folder.
    package static func names(in folder: String) throws(TarnError) -> [String] {
        guard let stream = unsafe opendir(folder) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw failure("list the folder", folder)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package static func currentFolder() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard unsafe getcwd(&buffer, buffer.count) != nil else { return "/" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func failure(_ action: String, _ path: String) -> TarnError {
        let reason = unsafe String(cString: strerror(errno))
        return TarnError(
            .configurationInvalid,
            "Could not \(action): \(reason).",
            detail: ["path": path],
            remedy: "Check the path, its rights and the space left."
        )
    }
}
