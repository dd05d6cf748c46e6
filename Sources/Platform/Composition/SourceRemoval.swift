package import Base
internal import Capture
internal import Lake

#if canImport(Glibc)
    import Glibc
#endif

/// Takes a source out: its slot at the source, its position and its mirror tables in the lake, its key indexes and its
/// file. Every step may be repeated, so an interrupted removal is finished by running it again.
package struct SourceRemoval: Sendable {
    package let configuration: SourceConfiguration
    private let composition: Composition
    private let state: LakeState

    package init(_ configuration: SourceConfiguration, _ composition: Composition) async throws(TarnError) {
        self.configuration = configuration
        self.composition = composition
        state = try await composition.lake.refresh()
    }

    /// The tables of the lake that go with the source, sorted.
    package var tables: [TableName] {
        state.tables.filter { $0.value.owner == .source(configuration.name) }.map(\.key).sorted()
    }

    /// - Parameter keepsSlot: the source cannot be reached; its slot and publication are left to a person.
    package func run(keepsSlot: Bool) async throws(TarnError) {
        if !keepsSlot { try await composition.source(configuration).remove() }
        try await removeFromLake()
        for name in tables { removeIndex(of: name) }
        try composition.setPaused(configuration.name, false)
        try Files.remove("\(composition.project.folder)/\(configuration.file)")
    }

    private func removeFromLake() async throws(TarnError) {
        let name = configuration.name
        guard state.sources[name] != nil || !tables.isEmpty else { return }
        var request = CommitRequest(cause: "remove", message: "Remove the source \(name)")
        for table in tables {
            guard let uuid = state.tables[table]?.uuid else { continue }
            request.tables[table] = .drop(uuid: uuid)
        }
        if let position = state.sources[name]?.position {
            request.sources[name] = SourceUpdate(expected: position, state: nil)
        }
        try await composition.lake.commit(request, as: .source(name))
    }

    /// The key index is a cache: what cannot be removed is only space.
    private func removeIndex(of table: TableName) {
        guard let folder = state.tables[table].flatMap({ TableFolder($0) }) else { return }
        let path = "\(composition.project.indexFolder)/\(folder.key.replacing("/", with: "-"))"
        for name in (try? Files.names(in: path)) ?? [] { unsafe unlink("\(path)/\(name)") }
        unsafe rmdir(path)
    }
}
