/// Which target may import what: the table of modules in `ARCHITECTURE.md`.
struct ImportTable {
    /// What a row names itself, by target.
    private(set) var rows: [String: [String]] = [:]
    /// What every target may import beside its row.
    private(set) var everywhere: [String] = []

    /// The name, in the table, of the row that holds for all targets.
    private static let anyTarget = "every target"

    /// Reads the table whose last column is headed `may import`.
    init(markdown: String) {
        var isInside = false
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("|") else {
                isInside = false
                continue
            }
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                .map { Self.trimmed($0) }
            guard let first = cells.first, let last = cells.last, cells.count == 3 else { continue }
            if last == "may import" {
                isInside = true
            } else if isInside, first == Self.anyTarget {
                everywhere = Self.names(last)
            } else if isInside, let target = Self.names(first).first {
                rows[target] = Self.names(last)
            }
        }
    }

    var targets: Set<String> { Set(rows.keys) }

    /// Targets of ours are passed on with all that they may import of ours; what is not ours is not passed on.
    func allowed(for target: String) -> Set<String> {
        var allowed = Set(everywhere).union(rows[target, default: []])
        var open = rows[target, default: []]
        while let next = open.popLast() {
            for name in rows[next, default: []] where rows[name] != nil && allowed.insert(name).inserted {
                open.append(name)
            }
        }
        return allowed
    }

    func findings(in files: [RepositoryFile]) -> [Finding] {
        files.filter { $0.isSwift && $0.isSource }.flatMap { file -> [Finding] in
            guard let target = file.target, rows[target] != nil else {
                return [Finding(path: file.path, line: 1, message: "its target is not in the table of ARCHITECTURE.md")]
            }
            let allowed = allowed(for: target)
            return Self.imports(file.code).filter { !allowed.contains($0.module) }.map {
                Finding(path: file.path, line: $0.line, message: "\(target) may not import \($0.module)")
            }
        }
    }

    /// Modules imported by code, with the line of each.
    static func imports(_ code: [String]) -> [(module: String, line: Int)] {
        code.enumerated().compactMap { number, line in
            guard line.contains("import") else { return nil }
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), words.count > keyword + 1,
                words[..<keyword].allSatisfy({ $0.hasPrefix("@") || modifiers.contains($0) })
            else { return nil }
            let isKind = kinds.contains(words[keyword + 1]) && words.count > keyword + 2
            let module = words[keyword + (isKind ? 2 : 1)].prefix { $0 != "." && $0 != ";" }
            return (String(module), number + 1)
        }
    }

    private static let modifiers: Set<Substring> = ["package", "public", "internal", "private", "fileprivate"]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// The words between backquotes.
    private static func names(_ cell: String) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
}
