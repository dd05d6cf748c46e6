#if canImport(Glibc)
    import Glibc
#endif

/// A file of the repository, by its path from the root.
struct RepositoryFile {
    let path: String
    let lines: [Substring]
    /// Of a Swift file, the lines without comments and what stands in strings.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        code = path.hasSuffix(".swift") ? SwiftCode.lines(text) : []
    }

    var isSwift: Bool { path.hasSuffix(".swift") }
    var isSource: Bool { path.hasPrefix("Sources/") }
    var isTest: Bool { path.hasPrefix("Tests/") }

    /// The target that a file below `Sources` or `Tests` belongs to.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : nil
    }
}

/// A place that breaks a rule, with what to do about it.
struct Finding: CustomStringConvertible, Equatable {
    let path: String
    let line: Int
    let message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// The files that this test was built from.
enum Repository {
    /// All text files: what set-up, builds and version control made is left out.
    static let files: [RepositoryFile] = read("")

    static let swift = files.filter(\.isSwift)

    static func text(_ path: String) -> String { text(of: "\(root)/\(path)") ?? "" }

    /// The folder above this file that holds the package and its architecture.
    static let root: String = {
        var folder =
            unsafe realpath(#filePath, nil).map { resolved in
                defer { unsafe free(resolved) }
                return unsafe String(cString: resolved)
            } ?? #filePath
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            if unsafe access("\(folder)/ARCHITECTURE.md", R_OK) == 0 { return folder }
        }
        return "."
    }()

    private static let ignoredNames: Set<String> = ["Package.resolved", "__pycache__", "LICENSE", ".git"]
    private static let ignoredPrefixes = [".build", ".tarn-setup", ".venv", ".swiftpm", ".DS_Store"]

    private static func read(_ folder: String) -> [RepositoryFile] {
        var files: [RepositoryFile] = []
        for (name, isFolder) in entries(of: folder.isEmpty ? root : "\(root)/\(folder)") {
            guard !ignoredNames.contains(name), !ignoredPrefixes.contains(where: name.hasPrefix) else { continue }
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if isFolder {
                files += read(path)
            } else if let text = text(of: "\(root)/\(path)") {
                files.append(RepositoryFile(path: path, text: text))
            }
        }
        return files
    }

    private static func entries(of folder: String) -> [(name: String, isFolder: Bool)] {
        guard let handle = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(handle) }
        var entries: [(name: String, isFolder: Bool)] = []
        while let entry = unsafe readdir(handle) {
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            entries.append((name, unsafe Int32(entry.pointee.d_type) == Int32(DT_DIR)))
        }
        return entries.sorted { $0.name < $1.name }
    }

    /// Nil for what is no text.
    private static func text(of path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&part, 1, part.count, file)
            guard count > 0 else { break }
            bytes += part[..<count]
        }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}
