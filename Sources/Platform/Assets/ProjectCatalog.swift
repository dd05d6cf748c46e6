internal import Assets
package import Base
internal import Capture
internal import Iceberg
internal import Lake
internal import Landing

/// The tables that a project's assets can read: those of the lake, and those that its sources will bring into it.
package struct ProjectCatalog: Sendable {
    private let project: Project

    package init(_ project: Project) { self.project = project }

    /// - Parameter cache: has the columns of tables that are still as they were.
    func tables(_ cache: inout CompileCache) async throws(TarnError) -> TableCatalog {
        var catalog = TableCatalog()
        let state = try await lakeTables(&catalog, &cache)
        for source in try project.sourceNames() where state?.sources[source] == nil {
            guard let tables = try remembered(source) else {
                catalog.unknownSources.append(source)
                continue
            }
            for table in tables { Self.add(table, of: source, to: &catalog) }
        }
        return catalog
    }

    /// Nil before `tarn init`.
    private func lakeTables(
        _ catalog: inout TableCatalog,
        _ cache: inout CompileCache
    ) async throws(TarnError) -> LakeState? {
        let lake: Lake
        do throws(TarnError) {
            lake = try await Composition.open(project).lake
        } catch {
            guard error.code == .lakeMissing else { throw error }
            return nil
        }
        let state = try await lake.refresh()
        var origins: [TableName: KnownTable.Origin] = [:]
        for (name, source) in state.sources.sorted(by: { $0.key < $1.key }) {
            for table in try LandedTable.parse(source.tables) {
                origins.merge(table.origins(name)) { first, _ in first }
            }
        }
        for (name, table) in state.tables.sorted(by: { $0.key < $1.key }) {
            // A metadata file is never changed.
            let schema = try await cache.schema(of: "\(table.uuid) \(table.metadata)") { () throws(TarnError) in
                try await lake.reader.metadata(table).currentSchema
            }
            catalog.tables[name] = KnownTable(schema: schema, owner: table.owner.known, origin: origins[name])
        }
        return state
    }

    private static func add(_ table: LandedTable, of source: String, to catalog: inout TableCatalog) {
        let origins = table.origins(source)
        catalog.tables[table.bronze] = KnownTable(
            schema: LakeSchemas.bronze(table.captured),
            owner: .source(source),
            origin: origins[table.bronze]
        )
        guard let silver = table.silver else { return }
        catalog.tables[silver] = KnownTable(
            schema: LakeSchemas.silver(table.captured),
            owner: .source(source),
            origin: origins[silver]
        )
    }
}

extension ProjectCatalog {
    private func path(_ source: String) -> String { "\(project.configuration.state)/catalog/\(source).json" }

    /// What the source said when it was asked last; nil where it never was.
    private func remembered(_ source: String) throws(TarnError) -> [LandedTable]? {
        guard let bytes = try Files.read(path(source)) else { return nil }
        return try LandedTable.parse(try JSONParser.parse(bytes, subject: "catalogue of a source"))
    }

    /// Asks a source for its tables and keeps the answer, so that assets compile before the first row has landed.
    package func ask(_ source: SourceConfiguration, _ composition: Composition) async throws(TarnError) {
        let options = Composition.options(source, project)
        let tables = try await composition.tables(source).compactMap { table -> LandedTable? in
            // A table without a usable name does not come into the lake.
            guard let bronze = try? options.bronze(table.namespace, table.name),
                let silver = try? options.silver(table.namespace, table.name)
            else { return nil }
            return LandedTable(captured: table, bronze: bronze, silver: table.key.isEmpty ? nil : silver)
        }
        try Files.makeFolder(Path.parent(of: path(source.name)))
        try Files.write(LandedTable.json(tables).text, to: path(source.name))
    }
}

extension LandedTable {
    fileprivate func origins(_ source: String) -> [TableName: KnownTable.Origin] {
        var origins: [TableName: KnownTable.Origin] = [
            bronze: .changes(source: source, table: captured.qualifiedName)
        ]
        if let silver { origins[silver] = .rows(of: bronze) }
        return origins
    }
}

extension TableOwner {
    fileprivate var known: KnownTable.Owner {
        switch self {
        case .source(let name): .source(name)
        case .assets: .assets
        case .system: .system
        case .open: .open
        }
    }
}
