package import Base

#if canImport(Glibc)
    import Glibc
#endif

/// A program that runs beside the test. It is killed at the latest when this object goes.
package final class ChildProcess {
    package enum End: Equatable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    private let pid: pid_t
    private var end: End?

    /// - Parameters:
    ///   - environment: set on top of this process's own.
    ///   - output: a file to which everything that the program writes is appended.
    package init(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        output: String
    ) throws(TarnError) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        var settings = unsafe Self.environment(with: environment).map { unsafe strdup($0) } + [nil]
        defer { unsafe (words + settings).forEach { unsafe free($0) } }
        var started: pid_t = 0
        guard unsafe posix_spawn(&started, path, &actions, nil, &words, &settings) == 0 else {
            throw TarnError(.storeFailed, "Could not start \(path).")
        }
        pid = started
    }

    deinit {
        guard end == nil else { return }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// How the program ended; nil while it runs.
    package func poll() -> End? { look(WNOHANG) }

    /// Ends the program as a power cut of this one process would, and waits until it is gone.
    @discardableResult
    package func killNow() -> End? {
        if end == nil { kill(pid, SIGKILL) }
        return look(0)
    }

    /// Waits until the program has ended by itself.
    package func wait() -> End? { look(0) }

    /// Asks the program to end.
    package func terminate() {
        if end == nil { kill(pid, SIGTERM) }
    }

    private func look(_ options: Int32) -> End? {
        if let end { return end }
        var status: Int32 = 0
        guard unsafe waitpid(pid, &status, options) == pid else { return nil }
        let signal = status & 0x7F
        end = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
        return end
    }

    private static func environment(with more: [String: String]) -> [String] {
        var lines: [String] = []
        var place = unsafe environ
        while let entry = unsafe place.pointee {
            let line = unsafe String(cString: entry)
            if more[String(line.prefix { $0 != "=" })] == nil { lines.append(line) }
            unsafe place += 1
        }
        return lines + more.map { "\($0.key)=\($0.value)" }
    }
}
