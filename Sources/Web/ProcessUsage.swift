#if canImport(Glibc)
    import Glibc
#endif

/// What the process takes from the machine.
package struct ProcessUsage: Sendable, Equatable {
    package var residentBytes: Int64
    package var cpuMicroseconds: Int64

    package init(residentBytes: Int64, cpuMicroseconds: Int64) {
        self.residentBytes = residentBytes
        self.cpuMicroseconds = cpuMicroseconds
    }

    package static func current() -> ProcessUsage {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return ProcessUsage(
            residentBytes: residentPages() * Int64(sysconf(Int32(_SC_PAGESIZE))),
            cpuMicroseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        )
    }

    /// The second number of `/proc/self/statm`; 0 where that cannot be read.
    private static func residentPages() -> Int64 {
        let descriptor = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        guard count > 0 else { return 0 }
        let fields = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int64(fields[1]) ?? 0 : 0
    }
}
