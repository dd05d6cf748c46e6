import Testing

/// The repository keeps its own rules. They are explained in CONTRIBUTING.md and ARCHITECTURE.md.
@Suite struct RepositoryTests {
    private static let fileLinesMax = 600
    private static let functionLinesMax = 70
    private static let lineMax = 120
    // What is left of rules that came later than the code. These numbers only go down.
    private static let longLinesMax = 32
    private static let undocumentedMax = 42
    private static let exampleFolders = "Tests/PlatformTests/ConfigurationTests.swift"

    private let table = ImportTable(markdown: Repository.text("ARCHITECTURE.md"))
    private let manifest = Manifest(Repository.text("Package.swift"))

    @Test("the files of the repository are found")
    func files() {
        #expect(Repository.swift.count > 100)
        #expect(Repository.files.contains { $0.path == "ARCHITECTURE.md" })
        #expect(table.targets.count > 10)
        #expect(manifest.targets.count > 10)
    }

    @Test("modules import only what the table in ARCHITECTURE.md allows")
    func imports() { expectNone(table.findings(in: Repository.files)) }

    @Test("the package has the targets of the table, with dependencies that it allows")
    func targets() {
        #expect(table.targets == Set(manifest.targets.keys))
        for (target, dependencies) in manifest.targets {
            let surplus = Set(dependencies).subtracting(table.allowed(for: target))
            #expect(surplus.isEmpty, "\(target) depends on \(surplus.sorted()), and the table does not allow it")
        }
    }

    @Test("a library of the system is imported by one module alone")
    func systemLibraries() {
        for library in manifest.systemLibraries {
            let owners = table.rows.filter { $0.value.contains(library) }.map(\.key)
            #expect(owners.count == 1, "\(library) is in the rows of \(owners.sorted())")
        }
    }

    @Test("only the top of the program may use Foundation")
    func foundation() {
        for target in table.targets.subtracting(["Platform", "tarn"]) {
            let allowed = table.allowed(for: target)
            #expect(allowed.isDisjoint(with: ["Foundation", "FoundationEssentials"]), "\(target)")
        }
    }

    @Test("files stay below 600 lines")
    func fileLengths() {
        expectNone(
            Repository.swift.filter { $0.lines.count > Self.fileLinesMax + 1 }.map {
                Finding(path: $0.path, line: $0.lines.count, message: "over \(Self.fileLinesMax) lines")
            }
        )
    }

    @Test("functions stay below 70 lines")
    func functionLengths() {
        expectNone(
            Repository.swift.flatMap { file in
                FunctionLengths.functions(file.code).filter { $0.length > Self.functionLinesMax }.map {
                    Finding(
                        path: file.path,
                        line: $0.line,
                        message: "\($0.name) has \($0.length) lines, over \(Self.functionLinesMax)"
                    )
                }
            }
        )
    }

    @Test("banned words are not used", arguments: BannedWord.all.indices)
    func bannedWords(index: Int) {
        expectNone(Repository.swift.flatMap { BannedWord.all[index].findings(in: $0) })
    }

    @Test("exceptions to banned words are still needed")
    func exceptions() {
        for rule in BannedWord.all {
            var strict = rule
            strict.exceptions = []
            for file in Repository.swift where rule.exceptions.contains(file.path) {
                #expect(!strict.findings(in: file).isEmpty, "\(file.path) no longer uses `\(rule.word)`")
            }
        }
    }

    @Test("lines have at most 120 characters")
    func lineLengths() {
        let findings = Repository.files.flatMap { TextRules.longLines(in: $0, over: Self.lineMax) }
        expectAtMost(Self.longLinesMax, findings)
        expectNone(findings.filter { $0.path.hasPrefix("Tests/TidyTests/") })
    }

    @Test("text files name no folder of one machine and nothing that is left to do")
    func texts() {
        let findings = Repository.files.flatMap(TextRules.findings)
        expectNone(findings.filter { $0.path != Self.exampleFolders })
    }

    @Test("types that other modules see say what they are for")
    func documentation() {
        expectAtMost(Self.undocumentedMax, Repository.files.flatMap(DocumentationRule.findings))
    }

    private func expectNone(_ findings: [Finding]) { #expect(findings.isEmpty, "\n\(Self.list(findings))") }

    private func expectAtMost(_ limit: Int, _ findings: [Finding]) {
        #expect(findings.count <= limit, "\(findings.count), over \(limit):\n\(Self.list(findings))")
    }

    private static func list(_ findings: [Finding]) -> String {
        findings.map(\.description).joined(separator: "\n")
    }
}
