/// What `Package.swift` says of targets, as far as text tells.
struct Manifest {
    /// Targets below `Sources` that hold Swift, with the targets and products they depend on.
    private(set) var targets: [String: [String]] = [:]
    private(set) var systemLibraries: [String] = []

    init(_ text: String) {
        let entries = text.split(separator: "\n").reduce(into: [String]()) { entries, line in
            let line = line.drop { $0 == " " }
            if Self.openings.contains(where: line.hasPrefix) { entries.append("") }
            if !entries.isEmpty { entries[entries.count - 1] += line }
        }
        for entry in entries {
            let words = Self.quoted(entry)
            guard let name = words.first else { continue }
            if entry.hasPrefix(".systemLibrary") {
                systemLibraries.append(name)
            } else if entry.hasPrefix("module(") || entry.hasPrefix(".executableTarget(") {
                targets[name] = Self.dependencies(words.dropFirst())
            }
        }
    }

    /// How an entry of the list of targets begins.
    private static let openings = [".systemLibrary(", "module(", ".executableTarget(", ".target(", "tests("]

    private static func quoted(_ text: String) -> [String] {
        text.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    /// Without the packages that products come from: their names begin with a small letter, or end with `.swift`.
    private static func dependencies(_ words: ArraySlice<String>) -> [String] {
        words.filter { $0.first?.isUppercase == true && !$0.hasSuffix(".swift") }
    }
}
