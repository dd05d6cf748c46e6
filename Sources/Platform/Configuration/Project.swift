package import Base
package import Settings

/// A folder with a `tarn.yaml`, and what its files say.
package struct Project: Sendable {
    package let folder: String
    package let configuration: ProjectConfiguration
    private let environment: Environment

    package var sourcesFolder: String { "\(folder)/sources" }
    package var stateDatabasePath: String { "\(configuration.state)/state.db" }
    package var indexFolder: String { "\(configuration.state)/index" }
    package var spillFolder: String { "\(configuration.state)/spill" }
    package var historyPath: String { "\(configuration.state)/sql_history" }
    package var upFilePath: String { "\(configuration.state)/up.json" }

    /// Opens the project in `folder`, or in the nearest folder above `start` that has a `tarn.yaml`.
    package static func open(
        _ folder: String?,
        from start: String = Files.currentFolder(),
        environment: Environment = .process
    ) throws(TarnError) -> Project {
        if let folder {
            return try Project(folder: Path.absolute(folder, from: start), environment: environment)
        }
        var candidate = start
        while true {
            if Files.exists("\(candidate)/\(ProjectConfiguration.fileName)") {
                return try Project(folder: candidate, environment: environment)
            }
            guard candidate != "/" else { break }
            candidate = Path.parent(of: candidate)
        }
        throw missing(start)
    }

    private init(folder: String, environment: Environment) throws(TarnError) {
        guard let bytes = try Files.read("\(folder)/\(ProjectConfiguration.fileName)") else {
            throw Self.missing(folder)
        }
        self.folder = folder
        self.environment = environment
        configuration = try ProjectConfiguration(
            parsing: bytes,
            file: ProjectConfiguration.fileName,
            folder: folder,
            environment: environment
        )
    }

    /// Every source, sorted by name.
    package func sources() throws(TarnError) -> [SourceConfiguration] {
        var sources: [SourceConfiguration] = []
        for file in try sourceFiles() {
            let source = try source(file: file)
            if let other = sources.first(where: { $0.name == source.name }) { throw Self.ambiguous([other, source]) }
            sources.append(source)
        }
        return sources.sorted { $0.name < $1.name }
    }

    /// The names of all sources, sorted.
    package func sourceNames() throws(TarnError) -> [String] { try sources().map(\.name) }

    /// One source. Files of others may be broken meanwhile.
    package func source(named name: String) throws(TarnError) -> SourceConfiguration {
        var sources: [SourceConfiguration] = []
        var broken: [(file: String, error: TarnError)] = []
        for file in try sourceFiles() {
            do throws(TarnError) { sources.append(try source(file: file)) } catch { broken.append((file, error)) }
        }
        let found = sources.filter { $0.name == name }
        guard found.count < 2 else { throw Self.ambiguous(found) }
        if let source = found.first { return source }
        if let own = broken.first(where: { Self.defaultName($0.file) == name }) { throw own.error }
        let nearest = Spelling.nearest(to: name, in: sources.map(\.name)).map { "Did you mean `\($0)`? " } ?? ""
        let missing = TarnError(
            .configurationInvalid,
            "There is no source of this name.",
            detail: ["source": name],
            remedy: nearest + "Run `tarn source list` to see them, or `tarn source add` to add one."
        )
        guard !broken.isEmpty else { throw missing }
        throw missing.adding("not read", broken.map { "sources/\($0.file)" }.joined(separator: ", "))
    }

    private func sourceFiles() throws(TarnError) -> [String] {
        try Files.names(in: sourcesFolder).filter {
            !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml"))
        }
    }

    private static func defaultName(_ file: String) -> String {
        file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    }

    private static func ambiguous(_ sources: [SourceConfiguration]) -> TarnError {
        TarnError(
            .configurationInvalid,
            "Two files describe a source of the same name.",
            detail: ["source": sources[0].name, "files": sources.map(\.file).joined(separator: ", ")]
        )
    }

    private func source(file: String) throws(TarnError) -> SourceConfiguration {
        let shown = "sources/\(file)"
        guard let bytes = try Files.read("\(folder)/\(shown)") else {
            throw TarnError(.configurationInvalid, "A source's file is gone.", detail: ["file": shown])
        }
        return try SourceConfiguration(
            parsing: bytes,
            file: shown,
            defaultName: Self.defaultName(file),
            environment: environment
        )
    }

    private static func missing(_ folder: String) -> TarnError {
        TarnError(
            .configurationInvalid,
            "There is no \(ProjectConfiguration.fileName) here or above.",
            detail: ["folder": folder],
            remedy: "Run `tarn init` to make a project, or name its folder with `--project`."
        )
    }
}
