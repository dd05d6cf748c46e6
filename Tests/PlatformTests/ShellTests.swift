import Platform
import Testing

@testable import tarn

@Suite struct ShellTests {
    @Test(
        "a semicolon ends a statement unless it is quoted or commented",
        arguments: [
            (["SELECT 1;"], ["SELECT 1"]), (["SELECT 1; SELECT 2;"], ["SELECT 1", "SELECT 2"]),
            (["SELECT", " 1;"], ["SELECT\n 1"]), (["SELECT ';';"], ["SELECT ';'"]),
            (["SELECT 'it''s;';"], ["SELECT 'it''s;'"]), (["SELECT \";\";"], ["SELECT \";\""]),
            (["SELECT 1 -- a; b", "+ 1;"], ["SELECT 1 -- a; b\n+ 1"]), (["SELECT /* ; */ 1;"], ["SELECT /* ; */ 1"]),
            (["SELECT $$;$$;"], ["SELECT $$;$$"]), (["SELECT $a$;$$;$a$;"], ["SELECT $a$;$$;$a$"]),
            (["SELECT $1;"], ["SELECT $1"]), ([";;"], []), (["SELECT 'a", ";b';"], ["SELECT 'a\n;b'"]),
        ]
    )
    func statements(lines: [String], expected: [String]) {
        var buffer = StatementBuffer()
        #expect(lines.flatMap { buffer.add($0) } == expected)
        #expect(buffer.isEmpty)
        #expect(buffer.takeRest() == nil)
    }

    @Test("what has no semicolon yet is kept")
    func rest() {
        var buffer = StatementBuffer()
        #expect(buffer.add("SELECT 1; SELECT ").isEmpty == false)
        #expect(!buffer.isEmpty)
        #expect(buffer.takeRest() == "SELECT")
        #expect(buffer.isEmpty)
    }

    @Test("commands are told from SQL")
    func commands() {
        #expect(ShellCommand("\\q") == .quit)
        #expect(ShellCommand("exit") == .quit)
        #expect(ShellCommand("\\dt") == .tables)
        #expect(ShellCommand("\\d") == .tables)
        #expect(ShellCommand("  \\d silver.orders;") == .describe("silver.orders"))
        #expect(ShellCommand("\\timing") == .timing)
        #expect(ShellCommand("\\what") == .unknown("what"))
        #expect(ShellCommand("SELECT 1") == nil)
        #expect(ShellCommand("") == nil)
    }
}
