/// A word that does not belong into some part of the code, and what does instead.
struct BannedWord: Sendable {
    let word: String
    let instead: String
    /// Whether the rule holds for the file.
    var holds: @Sendable (RepositoryFile) -> Bool = { _ in true }

    /// Paths that may use the word nevertheless, each with its reason beside it.
    var exceptions: Set<String> = []

    private static let wait = "a signal, or a clock turned by hand"
    private static let group = "a task group that the caller waits for"

    static let all: [BannedWord] = [
        BannedWord(word: "fatalError", instead: "throw for the world's mistakes, `preconditionFailure` for ours"),
        BannedWord(word: "try!", instead: "`try`, and let the error out"),
        BannedWord(word: "as!", instead: "`as?` and an answer to nil"),
        BannedWord(word: "Date()", instead: "`TimeSource`"),
        BannedWord(word: "UUID()", instead: "`Entropy.uuid()`"),
        // The system's generator, behind the seam.
        BannedWord(word: ".random(", instead: "`Entropy`", exceptions: ["Sources/Base/Seams.swift"]),
        BannedWord(
            word: "print(",
            instead: "a return value, or the console of the command line",
            holds: { $0.isSource && $0.target != "tarn" }
        ),
        // A statement runs against its timeout, and the loser of the two is not waited for; a shield against
        // cancellation can only be a task of its own.
        BannedWord(
            word: "Task {",
            instead: group,
            holds: { $0.isSource },
            exceptions: ["Sources/Query/QuerySession.swift", "Sources/Base/Shielded.swift"]
        ),
        BannedWord(word: "Task.detached", instead: group),
        // The stand-in for a timer that must not be the first to end; and a landing that follows a real database,
        // whose progress is only shown.
        BannedWord(
            word: "Task.sleep",
            instead: wait,
            holds: { $0.isTest },
            exceptions: ["Tests/QueryTests/SessionTests.swift", "Tests/IntegrationTests/Road.swift"]
        ),
        // Lets a server's rows gather, on a thread that may block.
        BannedWord(word: "usleep(", instead: wait, exceptions: ["Sources/PostgresSource/Handle.swift"]),
        BannedWord(word: "sleep(", instead: wait, holds: { $0.isTest }),
        // Holds up a thread of the engine, none of Swift's, until the test has seen it run.
        BannedWord(
            word: "DispatchSemaphore",
            instead: "a continuation, as blocking a thread of Swift's can end in deadlock",
            exceptions: ["Tests/EngineTests/ConcurrencyTests.swift"]
        ),
        // Handles of a C library which says that threads may share them.
        BannedWord(
            word: "@unchecked Sendable",
            instead: "`Mutex`, an actor, or a value",
            exceptions: ["Sources/Engine/Handles.swift"]
        ),
        BannedWord(word: "nonisolated(unsafe)", instead: "`Mutex`, an actor, or a value"),
    ]

    func findings(in file: RepositoryFile) -> [Finding] {
        guard file.isSwift, holds(file), !exceptions.contains(file.path) else { return [] }
        return file.code.enumerated().compactMap { number, line in
            guard occurs(in: line) else { return nil }
            return Finding(path: file.path, line: number + 1, message: "`\(word)`: use \(instead)")
        }
    }

    /// As a word of its own: neither the end of a longer one, nor the name of a member or of a new function.
    private func occurs(in line: String) -> Bool {
        guard line.contains(word) else { return false }
        return line.ranges(of: word).contains { range in
            let before = line[..<range.lowerBound]
            guard let first = word.unicodeScalars.first, SwiftCode.isWordScalar(first),
                let last = before.unicodeScalars.last
            else { return true }
            return !SwiftCode.isWordScalar(last) && last != "." && !before.hasSuffix("func ")
        }
    }
}
