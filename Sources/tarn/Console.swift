import Base
import Platform
import Settings

#if canImport(Glibc)
    import Glibc
#endif

/// What the commands print, and how.
enum Console {
    static var isTerminal: Bool { isatty(1) == 1 }

    /// Colours only for people: not into pipes, not where NO_COLOR asks for none.
    static var style: TextStyle {
        isTerminal && Environment.process["NO_COLOR"] == nil && Environment.process["TERM"] != "dumb"
            ? .coloured : .plain
    }

    /// Who runs the command, for the commit log.
    static var user: String { Environment.process["USER"] ?? Environment.process["LOGNAME"] ?? "uid\(getuid())" }

    static func write(_ text: String) { write(Array(text.utf8)) }

    static func write(_ bytes: [UInt8]) {
        guard !Files.writeAll(bytes, to: 1) else { return }
        let number = errno
        // A reader that went away (`| head`) wants no more, and no complaint: the exit code is that of SIGPIPE.
        if number == EPIPE { _exit(128 + SIGPIPE) }
        let reason = unsafe String(cString: strerror(number))
        complain(
            TarnError(
                .storeFailed,
                "The answer cannot be written to standard output: \(reason).",
                remedy: "Check where the output goes, and the space left there."
            )
        )
        // Other threads may be in the middle of a query: nothing is torn down under them.
        _exit(1)
    }

    /// Keeps a closed standard stream closed: else the next file that is opened would get its number, and with it what
    /// is printed.
    static func holdStandardStreams() {
        for descriptor in [Int32(0), 1, 2] where fcntl(descriptor, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    static func line(_ text: String) { write(text + "\n") }

    /// For people only: goes to standard error, so that output can be piped.
    static func note(_ text: String) { Files.writeAll(Array((text + "\n").utf8), to: 2) }

    static func complain(_ error: TarnError) {
        let style: TextStyle = isatty(2) == 1 && Environment.process["NO_COLOR"] == nil ? .coloured : .plain
        note("\(style.error("error:")) \(error.description)")
    }

    /// Begins a picture that takes the place of the one before; off a terminal they follow one another.
    static func beginFrame() { write(isTerminal ? "\u{1B}[H\u{1B}[2J" : "\n") }

    static func json(_ value: JSONValue) { line(value.text) }

    /// Asks a yes-or-no question; without a terminal the answer is no.
    static func confirms(_ question: String) -> Bool {
        guard isatty(0) == 1 else { return false }
        Files.writeAll(Array("\(question) [y/N] ".utf8), to: 2)
        let answer = readLine()?.lowercased()
        return answer == "y" || answer == "yes"
    }
}
