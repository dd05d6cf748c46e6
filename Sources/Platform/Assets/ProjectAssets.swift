package import Assets
package import Base
internal import Engine

#if canImport(Glibc)
    import Glibc
#endif

/// The asset and test files of a project.
package struct ProjectAssets: Sendable {
    let project: Project

    private static let depthMax = 16
    private static let filesMax = 20_000

    package init(_ project: Project) { self.project = project }

    /// The files of assets and of checks, by path.
    package func files() throws(TarnError) -> [SourceText] {
        try files(below: "assets") { $0.hasSuffix(".sql") } + files(below: "checks", where: Self.isYAML)
    }

    /// Everything below `tests/`: tests, and the rows that they name.
    package func testFiles() throws(TarnError) -> [SourceText] {
        try files(below: "tests") { Self.isYAML($0) || $0.hasSuffix(".csv") }
    }

    private static func isYAML(_ path: String) -> Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }

    private func paths(below folder: String, where isWanted: (String) -> Bool) throws(TarnError) -> [String] {
        var paths: [String] = []
        try collect(folder, depth: 0, isWanted, &paths)
        return paths.sorted()
    }

    /// Tells one state of a file from another without reading it.
    struct FileMark: Sendable, Equatable {
        let path: String
        let size: Int64
        let modified: Int64
    }

    /// The files that compilation reads, as they are now.
    func marks() throws(TarnError) -> [FileMark] {
        let assets = try paths(below: "assets") { $0.hasSuffix(".sql") }
        let checks = try paths(below: "checks", where: Self.isYAML)
        return (assets + checks).compactMap { path in
            FileStatus("\(project.folder)/\(path)").map {
                FileMark(path: path, size: $0.size, modified: $0.modified)
            }
        }
    }

    private func files(below folder: String, where isWanted: (String) -> Bool) throws(TarnError) -> [SourceText] {
        var files: [SourceText] = []
        for path in try paths(below: folder, where: isWanted) {
            guard let bytes = try Files.read("\(project.folder)/\(path)") else { continue }
            files.append(SourceText(path: path, bytes: bytes))
        }
        return files
    }

    private func collect(
        _ folder: String,
        depth: Int,
        _ isWanted: (String) -> Bool,
        _ paths: inout [String]
    ) throws(TarnError) {
        for name in try Files.names(in: "\(project.folder)/\(folder)") where !name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            if isWanted(name) {
                paths.append(path)
            } else if depth < Self.depthMax {
                try collect(path, depth: depth + 1, isWanted, &paths)
            }
            guard paths.count <= Self.filesMax else {
                throw TarnError(
                    .configurationInvalid,
                    "There are more files than a project can have.",
                    detail: ["folder": folder, "limit": String(Self.filesMax)]
                )
            }
        }
    }

    /// Reads and understands all assets and checks; runs nothing. What an earlier compilation left in the state folder
    /// saves work, and nothing else.
    package func compile() async throws(TarnError) -> CompiledProject {
        let files = try files()
        let path = "\(project.configuration.state)/\(Self.cachePath)"
        let kept = try? Files.read(path, bytesMax: Self.cacheBytesMax)
        var cache = CompileCache(kept ?? [], version: Self.compilerVersion)
        let catalog = try await ProjectCatalog(project).tables(&cache)
        let compiled = try await AssetCompiler.compile(
            files,
            catalog: catalog,
            on: try ShadowCatalog(),
            cache: &cache
        )
        // Whoever may not write here compiles all the same.
        if cache.isChanged {
            try? Files.makeFolder(Path.parent(of: path))
            try? Files.write(cache.serialized(), to: path, isDurable: false)
        }
        return compiled
    }

    private static let cachePath = "cache/compile"
    private static let cacheBytesMax = 256 << 20

    /// Of all that a compilation depends on beside the project's files and tables: another build may understand
    /// statements otherwise.
    private static var compilerVersion: String {
        var status = stat()
        let isKnown = unsafe stat("/proc/self/exe", &status) == 0
        let build = isKnown ? "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)" : ""
        return "\(Version.text) \(Engine.version) \(build)"
    }
}
