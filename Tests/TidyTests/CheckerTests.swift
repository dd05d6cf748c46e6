import Testing

/// The checkers find what they are for.
@Suite struct CheckerTests {
    private static let table = ImportTable(
        markdown: """
            | other | table | here |
            |---|---|---|
            | `Wrong` | | `Base` |

            | target | what it is | may import |
            |---|---|---|
            | every target | the system's | `Glibc` |
            | `Base` | | - |
            | `Engine` | runs SQL | `Base`, `CDuckDB` |
            | `Lake` | tables | `Engine` |
            """
    )

    private func file(_ text: String, _ path: String = "Sources/Lake/Sample.swift") -> RepositoryFile {
        RepositoryFile(path: path, text: text)
    }

    private func words(_ text: String, _ path: String = "Sources/Lake/Sample.swift") -> [Int] {
        BannedWord.all.flatMap { $0.findings(in: file(text, path)) }.map(\.line)
    }

    @Test("the table passes our targets on, but no library")
    func closure() {
        #expect(Self.table.targets == ["Base", "Engine", "Lake"])
        #expect(Self.table.allowed(for: "Lake") == ["Glibc", "Engine", "Base"])
        #expect(Self.table.allowed(for: "Engine") == ["Glibc", "Base", "CDuckDB"])
    }

    @Test(
        "an import that the table does not allow is found",
        arguments: [
            "import CDuckDB", "package import CDuckDB", "@preconcurrency import CDuckDB", "  internal import CDuckDB",
            "import struct Foundation.Data", "import Foundation",
        ]
    )
    func imports(line: String) {
        #expect(Self.table.findings(in: [file("import Base\n\(line)\n")]).map(\.line) == [2])
    }

    @Test("what only looks like an import is none")
    func noImports() {
        let text = """
            // import Foundation
            let text = "import Foundation"
            #if canImport(Foundation)
                import Glibc
            #endif
            """
        #expect(Self.table.findings(in: [file(text)]).isEmpty)
    }

    @Test("a file of an unknown target is found")
    func unknownTarget() {
        #expect(Self.table.findings(in: [file("", "Sources/New/File.swift")]).count == 1)
    }

    @Test("the manifest's targets and dependencies are read, over several lines too")
    func manifest() {
        let manifest = Manifest(
            """
            func module(_ name: String) -> Target { .target(name: name) }
            .systemLibrary(name: "CDuckDB", pkgConfig: "duckdb"),
            module("Base"),
            module("Store", ["Base", .product(name: "GRDB", package: "GRDB.swift")]),
            module(
                "Platform",
                ["Store", .product(name: "Logging", package: "swift-log")]
            ),
            .executableTarget(name: "tarn", dependencies: ["Platform"]),
            .target(name: "TestKit", dependencies: ["Base"]),
            tests("Base", ["Base"]),
            """
        )
        #expect(manifest.systemLibraries == ["CDuckDB"])
        #expect(
            manifest.targets
                == ["Base": [], "Store": ["Base", "GRDB"], "Platform": ["Store", "Logging"], "tarn": ["Platform"]]
        )
    }

    @Test("comments and strings are no code")
    func code() {
        let text = ##"""
            a("fatalError \(b("}") + c) {") // {
            /* { /* { */ */ d(#"\(e) " {"#)
            """##
        #expect(SwiftCode.lines(text).map { $0.filter { $0 != " " } } == ["a(\"\")", "d(\"\")"])
    }

    @Test("the length of a function is counted from its name to its end, whatever braces its strings hold")
    func lengths() {
        let text = """
            protocol P {
                func required(_ closure: () -> Void)
                var stored: Int { get }
            }
            struct S {
                var stored: Int = 1
                func long(
                    _ text: String = "{"
                ) throws(E) -> [Int] {
                    if true { call { 1 } }
                    return self.init(1) // }
                }
                init?(_ x: Int) { nil }
            }
            """
        let found = FunctionLengths.functions(SwiftCode.lines(text)).map { "\($0.name) \($0.line) \($0.length)" }
        #expect(found == ["stored 3 1", "long 7 6", "init 13 1"])
    }

    @Test(
        "a banned word in code is found",
        arguments: [
            "fatalError(\"no\")", "let a = try! b()", "let a = b as! C", "let now = Date()", "let id = UUID()",
            "Int.random(in: 0..<9)", "print(a)", "Task { await a() }", "Task.detached { }", "usleep(3)",
            "let gate = DispatchSemaphore(value: 0)", "final class A: @unchecked Sendable {}",
            "nonisolated(unsafe) var a = 1",
        ]
    )
    func bannedWord(line: String) { #expect(words("let fine = 1\n\(line)") == [2]) }

    @Test("sleeping is found in tests", arguments: ["try await Task.sleep(for: a)", "sleep(1)"])
    func sleeping(line: String) {
        #expect(words(line, "Tests/LakeTests/Sample.swift") == [1])
        #expect(words(line) == [])
    }

    @Test(
        "what only looks like a banned word is none",
        arguments: [
            "// fatalError", "let a = \"try! print(\"", "let a = lastUpdate()", "group.addTask { }",
            "func print(_ a: Int) {}", "console.print(a)", "let a: UUID", "let a = b as? C", "hasSlept(1)",
        ]
    )
    func noBannedWord(line: String) { #expect(words(line) == []) }

    @Test(
        "a text that belongs to one machine or one team is found",
        arguments: [
            "see /" + "work/main", "cp a /" + "opt/b", "// TO" + "DO later", "FIX" + "ME", "(#" + "12)", "see #" + "3.",
            "the tick" + "et says",
        ]
    )
    func texts(line: String) { #expect(TextRules.findings(in: file("fine\n\(line)")).map(\.line) == [2]) }

    @Test(
        "ordinary texts are fine",
        arguments: ["#if DEBUG", "/usr/local", "a/b/c", "#\"raw\"#", "todo list", "C#", "[1](#one)"]
    )
    func plainTexts(line: String) { #expect(TextRules.findings(in: file(line)).isEmpty) }

    @Test("a line over the limit is found in Swift, and only there")
    func longLines() {
        let text = "1234567890\n12345678901\n"
        #expect(TextRules.longLines(in: file(text), over: 10).map(\.line) == [2])
        #expect(TextRules.longLines(in: file(text, "README.md"), over: 10).isEmpty)
    }

    @Test("a visible type without a doc comment is found")
    func documentation() {
        let text = """
            package struct Bare {}
            /// What it is.
            @safe package final class Documented {}
            /// What it is.
            @Attribute
            package enum Attributed {}
            struct Internal {}
            package static func structure() {}

            @safe public actor Second {}
            """
        #expect(DocumentationRule.findings(in: file(text)).map(\.line) == [1, 10])
    }
}
