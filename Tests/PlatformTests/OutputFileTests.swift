import Base
// Where Dispatch is in the program, `stat` counts as its own.
import Dispatch
import TestKit
import Testing

@testable import Platform

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct OutputFileTests {
    private static func write(_ text: String, to path: String) throws(TarnError) {
        let file = try OutputFile(path)
        defer { file.close() }
        try file.write(Array(text.utf8))
        try file.finish()
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try #require(try Files.read(path)), as: UTF8.self)
    }

    private static func mode(_ path: String) -> UInt32 {
        var status = stat()
        return unsafe lstat(path, &status) == 0 ? status.st_mode : 0
    }

    @Test("a file that is there keeps its rights, and a link stays a link")
    func replaced() async throws {
        try await withTemporaryFolder { folder in
            let (path, link) = ("\(folder)/answer", "\(folder)/sub/link")
            try Files.makeFolder("\(folder)/sub")
            try Self.write("new", to: path)
            #expect(try Self.text(path) == "new")
            unsafe chmod(path, 0o600)
            unsafe symlink("../answer", link)
            try Self.write("through the link", to: link)
            #expect(try Self.text(path) == "through the link")
            #expect(Self.mode(path) == S_IFREG | 0o600)
            #expect(Self.mode(link) & S_IFMT == S_IFLNK)
            #expect(try Files.names(in: folder) == ["answer", "sub"])
            #expect(try Files.names(in: "\(folder)/sub") == ["link"])
        }
    }

    @Test("what was not finished leaves the old file")
    func unfinished() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/answer"
            try Self.write("old", to: path)
            let file = try OutputFile(path)
            try file.write([0x61])
            file.close()
            #expect(try Self.text(path) == "old")
            #expect(try Files.names(in: folder) == ["answer"])
        }
    }

    @Test("a link to nothing is followed, and so is a device")
    func inPlace() async throws {
        try await withTemporaryFolder { folder in
            unsafe symlink("target", "\(folder)/link")
            try Self.write("a", to: "\(folder)/link")
            #expect(try Self.text("\(folder)/target") == "a")
            unsafe symlink("/dev/null", "\(folder)/null")
            try Self.write("a", to: "\(folder)/null")
            #expect(try Files.names(in: folder) == ["link", "null", "target"])
            #expect(Self.mode("/dev/null") & S_IFMT == S_IFCHR)
        }
    }

    @Test("a pipe stays a pipe")
    func pipe() async throws {
        try await withTemporaryFolder { folder in
            let path = "\(folder)/pipe"
            unsafe mkfifo(path, 0o644)
            let reader = try ChildProcess("/bin/cat", [path], output: "\(folder)/read")
            try Self.write("through the pipe", to: path)
            #expect(reader.wait() == .exited(0))
            #expect(try Self.text("\(folder)/read") == "through the pipe")
            #expect(Self.mode(path) & S_IFMT == S_IFIFO)
        }
    }

    @Test("what cannot be written is refused before anything runs", arguments: ["none/answer", ""])
    func refused(name: String) async throws {
        try await withTemporaryFolder { folder in
            let error = #expect(throws: TarnError.self) { try OutputFile("\(folder)/\(name)") }
            #expect(error?.code == .storeFailed)
            #expect(error?.message.hasPrefix("The output file cannot be written: ") == true)
        }
    }
}
