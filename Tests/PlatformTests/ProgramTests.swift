import Base
import Platform
import TestKit
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The program that was built together with the tests.
enum BuiltProgram {
    static let path: String? = {
        let tests = CommandLine.arguments.first ?? ""
        let beside = tests.lastIndex(of: "/").map { "\(tests[..<$0])/tarn" }
        return beside.flatMap { unsafe access($0, X_OK) == 0 ? $0 : nil }
    }()
}

/// The program as a shell sees it: exit codes, and where its answers go.
@Suite(.enabled(if: BuiltProgram.path != nil, "the program is not beside the tests"))
struct ProgramTests {
    /// Runs a script in a new project; its last line is `exit` and a code. What it wrote, errors too, is the text.
    private static func run(_ script: String) async throws -> (code: ChildProcess.End?, text: String) {
        try await withTemporaryFolder { folder in
            let output = "\(folder)/output"
            let whole = "cd \(folder)/shop && \(script)"
            let process = try ChildProcess(
                "/bin/bash",
                ["-c", "\"$TARN\" init \(folder)/shop > \(folder)/made && \(whole)"],
                environment: ["TARN": BuiltProgram.path ?? ""],
                output: output
            )
            let code = process.wait()
            return (code, String(decoding: try Files.read(output) ?? [], as: UTF8.self))
        }
    }

    @Test(
        "an answer that cannot be written is an error",
        arguments: [
            "\"$TARN\" query --format csv 'FROM range(100000)' > /dev/full", "\"$TARN\" query 'SELECT 1' >&-",
            "\"$TARN\" source list > /dev/full", "echo 'SELECT 1;' | \"$TARN\" sql > /dev/full",
        ]
    )
    func full(script: String) async throws {
        let (code, text) = try await Self.run(script)
        #expect(code == .exited(1))
        #expect(text.contains("The answer cannot be written to standard output: "), "\(text)")
    }

    @Test("a reader that has seen enough ends the program without a word")
    func enough() async throws {
        let query = "\"$TARN\" query --format csv 'FROM range(10000000)' | head -n 1"
        let (code, text) = try await Self.run("\(query); exit ${PIPESTATUS[0]}")
        #expect(code == .exited(141))
        #expect(text == "range\r\n")
    }

    @Test(
        "a shell that is fed from a pipe ends with the first failure",
        arguments: ["\\\\d nope", "\\\\nope", "SELECT nope;"]
    )
    func fed(line: String) async throws {
        let (code, text) = try await Self.run("printf '\(line)\\nSELECT 1234 + 1;' | \"$TARN\" sql")
        #expect(code == .exited(1))
        #expect(!text.contains("1235"), "\(text)")
        let left = try await Self.run("printf '\\\\timing\\nSELECT 1234 + 1;\\n\\\\q\\nnope' | \"$TARN\" sql")
        #expect(left.code == .exited(0))
        #expect(left.text.contains("1235"))
    }

    @Test(
        "an answer goes to the file that is named, as it is, in every form",
        arguments: ["csv", "parquet"]
    )
    func outputFile(format: String) async throws {
        let query = "\"$TARN\" query --format \(format) 'SELECT 1 AS a' --output-file"
        let (code, text) = try await Self.run(
            """
            set -e; mkfifo pipe; cat pipe > read & \(query) pipe 2> said; wait; test -p pipe; test -s read
            touch kept; chmod 600 kept; ln -s kept link; \(query) link 2> said; test -L link; test -s kept
            test $(stat -c %a kept) = 600; \(query) /dev/null 2> said; test -c /dev/null; ls
            """
        )
        #expect(code == .exited(0), "\(text)")
        #expect(text == "kept\nlink\npipe\nread\nsaid\nsources\ntarn.yaml\nwarehouse\n")
        let refused = try await Self.run("\(query) none/answer")
        #expect(refused.code == .exited(1))
        #expect(refused.text.hasPrefix("error: The output file cannot be written: No such file or directory."))
    }
}
