import Base

#if canImport(Glibc)
    import Glibc
#endif

/// A folder for one test, removed with everything in it when the test ends.
package func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = "/tmp/tarn-test-\(hexadecimal(SystemEntropy().next()))"
    guard unsafe mkdir(path, 0o755) == 0 else { throw TarnError(.storeFailed, "Could not make \(path).") }
    defer { removeTree(path) }
    return try await body(path)
}

/// Deletes a folder and everything below it.
package func removeTree(_ path: String) {
    guard let stream = unsafe opendir(path) else {
        unsafe unlink(path)
        return
    }
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
        if name == "." || name == ".." { continue }
        let child = "\(path)/\(name)"
        var status = stat()
        if unsafe lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            removeTree(child)
        } else {
            unsafe unlink(child)
        }
    }
    unsafe closedir(stream)
    unsafe rmdir(path)
}
