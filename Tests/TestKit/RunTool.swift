import Base

#if canImport(Glibc)
    import Glibc
#endif

/// Runs a program to its end. Its output goes where the tests' goes, or into the file `output`.
package func runTool(_ path: String, _ arguments: [String], output: String? = nil) throws {
    var pid: pid_t = 0
    let words = [path] + arguments
    var pointers = unsafe words.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    defer { unsafe pointers.forEach { unsafe free($0) } }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let output {
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    }
    guard unsafe posix_spawn(&pid, path, &actions, nil, pointers, environ) == 0 else {
        throw TarnError(.storeFailed, "Could not start \(path).")
    }
    var status: Int32 = 0
    guard unsafe waitpid(pid, &status, 0) == pid, status == 0 else {
        throw TarnError(.storeFailed, "\(path) failed.", detail: ["status": String(status)])
    }
}
