import Base

#if canImport(Glibc)
    import Glibc
#endif

/// Runs a program to its end. Its output goes where the tests' goes.
package func runTool(_ path: String, _ arguments: [String]) throws {
    var pid: pid_t = 0
    let words = [path] + arguments
    var pointers = unsafe words.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    guard unsafe posix_spawn(&pid, path, nil, nil, pointers, environ) == 0 else {
        throw TarnError(.storeFailed, "Could not start \(path).")
    }
    var status: Int32 = 0
    guard unsafe waitpid(pid, &status, 0) == pid, status == 0 else {
        throw TarnError(.storeFailed, "\(path) failed.", detail: ["status": String(status)])
    }
}
