#if canImport(Glibc)
    import Glibc
#endif

#if FAILPOINTS
    import Synchronization

    /// How often each named failpoint was passed by this process.
    private let passes = Mutex<[String: Int]>([:])

    /// `TARN_FAILPOINT=name:n` ends the process as `kill -9` would, at the n-th passing of the failpoint.
    private let armed: (name: String, count: Int)? = {
        guard let raw = unsafe getenv("TARN_FAILPOINT") else { return nil }
        let parts = unsafe String(cString: raw).split(separator: ":")
        guard let name = parts.first else { return nil }
        return (String(name), parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()
#endif

/// A named place where tests end the process at once. Compiled out of release builds.
@inline(__always)
package func failpoint(_ name: StaticString) {
    #if FAILPOINTS
        guard let armed, armed.name == name.description else { return }
        let count = passes.withLock {
            $0[armed.name, default: 0] += 1
            return $0[armed.name, default: 0]
        }
        if count == armed.count { kill(getpid(), SIGKILL) }
    #endif
}
