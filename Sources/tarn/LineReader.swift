import CEdit
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Reads lines from a terminal with editing and history, or plainly from a pipe. One line at a time,
/// off Swift's threads.
final class LineReader: Sendable {
    enum Line: Sendable {
        case text(String)
        /// Ctrl-C: what was typed is given up.
        case interrupted
        case end
    }

    let isTerminal: Bool
    private let historyPath: String
    private let queue = DispatchQueue(label: "tarn.lines")
    private static let historyMax: Int32 = 5000

    init(historyPath: String) {
        self.historyPath = historyPath
        isTerminal = isatty(0) == 1 && isatty(1) == 1
        guard isTerminal else { return }
        Wake.prepare()
        unsafe tarn_edit_prepare("tarn", readByte)
        using_history()
        stifle_history(Self.historyMax)
        unsafe read_history(historyPath)
    }

    func next(prompt: String) async -> Line {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.read(prompt)) }
        }
    }

    /// Keeps a whole statement, on one line, for the arrow keys and for the next time.
    func remember(_ statement: String) {
        guard isTerminal else { return }
        let line = statement.replacing("\n", with: " ")
        queue.sync {
            unsafe add_history(line)
            unsafe write_history(historyPath)
        }
    }

    /// Called from the signal's handler, on any thread.
    static func interrupt() { Wake.signal() }

    private func read(_ prompt: String) -> Line {
        guard isTerminal else { return readLine().map { .text($0) } ?? .end }
        Wake.clear()
        guard let line = unsafe readline(prompt) else { return .end }
        defer { unsafe free(line) }
        if Wake.wasSignalled { return .interrupted }
        return .text(unsafe String(cString: line))
    }
}

/// A pipe by which Ctrl-C ends the wait for a key.
private enum Wake {
    private static let descriptors = Mutex<(read: Int32, write: Int32)>((-1, -1))
    private static let signalled = Atomic<Bool>(false)

    static var wasSignalled: Bool { signalled.load(ordering: .acquiring) }

    static var readEnd: Int32 { descriptors.withLock { $0.read } }

    static func prepare() {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        descriptors.withLock { $0 = (ends[0], ends[1]) }
    }

    static func signal() {
        signalled.store(true, ordering: .releasing)
        var byte: UInt8 = 0
        let end = descriptors.withLock { $0.write }
        unsafe write(end, &byte, 1)
    }

    static func clear() {
        var byte: UInt8 = 0
        while unsafe read(readEnd, &byte, 1) == 1 {}
        signalled.store(false, ordering: .releasing)
    }
}

/// What the line editor reads keys with: a byte of the terminal, or the end of the line after Ctrl-C.
private func readByte(_: UnsafeMutablePointer<FILE>?) -> Int32 {
    let wake = Wake.readEnd
    while true {
        var waiting = [
            pollfd(fd: 0, events: Int16(POLLIN), revents: 0), pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        let count = unsafe poll(&waiting, 2, -1)
        if count < 0, errno == EINTR { continue }
        if Wake.wasSignalled { return Int32(UInt8(ascii: "\n")) }
        guard count > 0 else { return -1 }
        var byte: UInt8 = 0
        let got = unsafe read(0, &byte, 1)
        if got < 0, errno == EINTR { continue }
        return got == 1 ? Int32(byte) : -1
    }
}
