/// Types that other targets see say what they are for.
enum DocumentationRule {
    static func findings(in file: RepositoryFile) -> [Finding] {
        guard file.isSwift, file.isSource else { return [] }
        return file.code.enumerated().compactMap { number, line in
            guard let name = visibleType(line), !isDocumented(file.lines, number) else { return nil }
            return Finding(path: file.path, line: number + 1, message: "\(name) has no doc comment")
        }
    }

    /// The name of the type that a line declares for other targets.
    private static func visibleType(_ line: String) -> Substring? {
        guard line.contains("package ") || line.contains("public ") else { return nil }
        let words = line.split(separator: " ").drop { $0.hasPrefix("@") }
        guard let kind = words.firstIndex(where: kinds.contains), kind + 1 < words.endIndex,
            words[..<kind].contains(where: { $0 == "package" || $0 == "public" }),
            words[..<kind].allSatisfy(modifiers.contains)
        else { return nil }
        let name = words[kind + 1].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        return ["func", "var", "let"].contains(name) ? nil : name
    }

    private static func isDocumented(_ lines: [Substring], _ number: Int) -> Bool {
        for line in lines[..<number].reversed() {
            let start = line.drop { $0 == " " }
            if start.hasPrefix("///") { return true }
            if !start.hasPrefix("@") { return false }
        }
        return false
    }

    private static let kinds: Set<Substring> = ["struct", "class", "enum", "actor", "protocol"]
    private static let modifiers: Set<Substring> = ["package", "public", "final", "indirect", "nonisolated", "open"]
}
