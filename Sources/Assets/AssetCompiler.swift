package import Base
import Checks
import Columns
import Engine
import Query

/// Finds everything that is wrong with a project's assets, and what each of them reads and gives.
package struct AssetCompiler {
    private let shadow: ShadowCatalog
    private let catalog: TableCatalog
    private let rewriter: StatementRewriter
    private var problems: [Problem] = []
    private var compiled: [TableName: CompiledAsset] = [:]
    private var outlines: [TableName: StatementOutline] = [:]
    /// Assets with problems of their own: what reads them is not bound.
    private var broken: Set<TableName> = []

    /// - Parameter files: those below `assets/` and `checks/`, each with its path from the project's folder.
    package static func compile(
        _ files: [SourceText],
        catalog: TableCatalog,
        on shadow: ShadowCatalog
    ) async throws(TarnError) -> CompiledProject {
        var compiler = AssetCompiler(
            shadow: shadow,
            catalog: catalog,
            rewriter: StatementRewriter(connection: shadow.engine)
        )
        return try await compiler.compile(
            try AssetReader.read(files.filter { $0.path.hasPrefix(AssetReader.folder) }),
            CheckDeclarations(files.filter { $0.path.hasPrefix(CheckDeclarations.folder) })
        )
    }

    private mutating func compile(
        _ reader: AssetReader,
        _ declarations: CheckDeclarations
    ) async throws(TarnError) -> CompiledProject {
        problems = reader.problems
        var assets: [Asset] = []
        for asset in reader.assets where isFree(asset) { assets.append(asset) }
        let lookup = NameLookup(
            Set(catalog.tables.keys).union(assets.map(\.name)).sorted(),
            unknownSources: catalog.unknownSources
        )
        var declarations = declarations
        var declared = declarations.byTable(lookup)
        problems += declarations.problems
        for asset in assets { try await read(asset, declared.removeValue(forKey: asset.name), lookup) }
        let graph = AssetGraph(compiled.mapValues(\.inputs))
        for cycle in graph.cycles { report(cycle) }
        for name in graph.order { try await bind(name) }
        let tableChecks = declared.mapValues(\.checks)
        try await bindChecks(graph.order, tableChecks, lookup)
        return CompiledProject(
            assets: compiled,
            graph: graph,
            catalog: catalog,
            tableChecks: tableChecks,
            problems: problems.sorted { ($0.place, $0.error.message) < ($1.place, $1.error.message) }
        )
    }

    /// Whether the asset may have its name. What reads a table that is somebody else's reads that, not the asset.
    private mutating func isFree(_ asset: Asset) -> Bool {
        guard let known = catalog.tables[asset.name] else { return true }
        let owner: String
        switch known.owner {
        case .assets: return true
        case .source(let source): owner = "source:\(source)"
        case .system: owner = "system"
        case .open: owner = "open"
        }
        report(
            TarnError(
                .assetCollision,
                "The lake has a table of this name that is no asset.",
                detail: ["table": asset.name.description, "owner": owner]
            ),
            at: asset.header.places["namespace"] ?? asset.source.start
        )
        return false
    }

    /// Parses the statement and finds the tables it reads.
    private mutating func read(
        _ asset: Asset,
        _ declared: DeclaredChecks?,
        _ lookup: NameLookup
    ) async throws(TarnError) {
        var checks = asset.header.declared
        if let declared { checks.append(declared) }
        var inputs: Set<TableName> = []
        var hash = ""
        do throws(TarnError) {
            let outline = try await rewriter.outline(asset.sql)
            outlines[asset.name] = outline
            hash = try await planHash(asset, checks.checks, outline)
            for use in outline.tables {
                if let input = input(use, of: asset, lookup) { inputs.insert(input) }
            }
        } catch {
            guard [.queryInvalid, .queryForbidden, .tableMissing].contains(error.code) else { throw error }
            problems.append(Problem(error, in: asset.source.path, fallback: asset.source.start))
            broken.insert(asset.name)
        }
        let readsItself = asset.canReadItself && inputs.remove(asset.name) != nil
        compiled[asset.name] = CompiledAsset(
            asset: asset,
            inputs: inputs.sorted(),
            readsItself: readsItself,
            checks: checks.checks,
            planHash: hash
        )
    }

    private mutating func input(_ use: TableUse, of asset: Asset, _ lookup: NameLookup) -> TableName? {
        let place = asset.source.place(ofByte: use.byte)
        if use.hasVersion {
            report(
                TarnError(
                    .queryForbidden,
                    "An asset reads all its inputs at the version of its run.",
                    detail: ["table": use.reference.description],
                    remedy: "Leave the AT clause out."
                ),
                at: place
            )
            broken.insert(asset.name)
        }
        do throws(TarnError) {
            return try lookup.find(use.reference)
        } catch {
            report(error, at: place)
            broken.insert(asset.name)
            return nil
        }
    }

    private mutating func report(_ cycle: [TableName]) {
        broken.formUnion(cycle)
        guard let asset = compiled[cycle[0]]?.asset, let next = cycle.count > 1 ? cycle[1] : cycle.first else { return }
        let path = (cycle + [cycle[0]]).map(\.description).joined(separator: " <- ")
        let use = outlines[cycle[0]]?.tables.first {
            $0.reference.description.lowercased() == next.description.lowercased()
        }
        report(
            TarnError(
                .assetCycle,
                "Assets are made of each other in a circle.",
                detail: ["path": path],
                remedy: cycle.count == 1 ? Asset.selfReadingRemedy : nil
            ),
            at: use.map { asset.source.place(ofByte: $0.byte) } ?? asset.source.start
        )
    }

    private mutating func report(_ error: TarnError, at place: SourcePlace) {
        problems.append(Problem(error, at: place))
    }
}

extension AssetCompiler {
    private mutating func bind(_ name: TableName) async throws(TarnError) {
        guard var result = compiled[name], !broken.contains(name), let outline = outlines[name],
            result.inputs.allSatisfy({ compiled[$0] == nil || compiled[$0]?.schema != nil })
        else { return }
        var columns: [String] = []
        for input in result.inputs {
            guard let schema = compiled[input]?.schema ?? catalog.tables[input]?.schema else { continue }
            try await shadow.add(input, schema)
            columns += schema.fields.map(\.name)
        }
        if result.readsItself {
            let contract = try await ContractSchema(result.asset.header.contract ?? [], on: shadow)
            problems += contract.problems
            guard contract.problems.isEmpty else { return }
            try await shadow.add(name, contract.schema)
            columns += contract.schema.fields.map(\.name)
        }
        var binder = StatementBinder(result.asset, outline, columns: columns)
        let plan = try await binder.bind(on: shadow.engine)
        problems += binder.problems
        guard let plan, let schema = try await schema(of: result.asset, outline) else { return }
        let found = try await OutputCheck(asset: result.asset, schema: schema, shadow: shadow).problems()
        problems += found
        do throws(TarnError) {
            result.lineage = try PlanLineage.of(plan, names: schema.fields.map(\.name))
        } catch {
            guard error.code == .unsupported else { throw error }
            report(error, at: result.asset.start(outline))
        }
        result.schema = Set(schema.fields.map { $0.name.lowercased() }).count == schema.fields.count ? schema : nil
        compiled[name] = result
    }

    private mutating func schema(of asset: Asset, _ outline: StatementOutline) async throws(TarnError) -> Schema? {
        do throws(TarnError) {
            return try await shadow.engine.schema(of: asset.sql)
        } catch {
            guard error.code == .queryInvalid else { throw error }
            report(error, at: asset.start(outline))
            return nil
        }
    }

    /// Holds all checks against what they read, once every asset is bound: they may read any of them.
    private mutating func bindChecks(
        _ order: [TableName],
        _ tableChecks: [TableName: [Check]],
        _ lookup: NameLookup
    ) async throws(TarnError) {
        let schemas = catalog.tables.mapValues(\.schema).merging(compiled.mapValues(\.schema)) { $1 }
        for name in order + tableChecks.keys.sorted() {
            let checks = tableChecks[name] ?? compiled[name]?.checks ?? []
            guard !checks.isEmpty, let schema = schemas[name] ?? nil else { continue }
            var binder = CheckBinder(name, schema, lookup: lookup, on: shadow) { schemas[$0] ?? nil }
            try await binder.bind(checks)
            compiled[name]?.checkInputs = binder.inputs.sorted()
            // A column of the header that there is not is reported once.
            let notes = compiled[name]?.asset.header.columns ?? []
            let missing = Set(notes.filter { schema.field(named: $0.name) == nil }.map(\.place))
            problems += binder.problems.filter { !missing.contains($0.place) }
        }
    }

    private func planHash(
        _ asset: Asset,
        _ checks: [Check],
        _ outline: StatementOutline
    ) async throws(TarnError) -> String {
        let header = asset.header
        let parts: JSONValue = [
            "statement": outline.tree.withoutPlaces, "materialized": .string(header.materialization.description),
            "partition_by": .array(header.partition.map { .string($0.description) }),
            "contract": .array((header.contract ?? []).map { .array([.string($0.name), .string($0.type)]) }),
            "checks": .array(checks.map(\.meaning)),
        ]
        return try await shadow.engine.sha256(parts.text)
    }
}

extension Asset {
    static let selfReadingRemedy =
        "Take the asset out of its own statement; one that is `append`, `merge(…)` or `partition` and has a `contract` "
        + "can read the rows that it had before."

    /// Its columns are known before its statement is read, and its rows outlast a run.
    fileprivate var canReadItself: Bool { header.materialization != .full && header.contract != nil }

    /// Where the statement begins.
    fileprivate func start(_ outline: StatementOutline) -> SourcePlace {
        source.place(ofByte: source.byte(ofScalar: outline.start))
    }
}

extension JSONValue {
    /// A syntax tree without the places of its parts: the same for every way to lay out the text.
    fileprivate var withoutPlaces: JSONValue {
        switch self {
        case .array(let values): return .array(values.map(\.withoutPlaces))
        case .object(let object):
            var result = JSONObject()
            for member in object.members where member.key != "query_location" {
                result.append(member.key, member.value.withoutPlaces)
            }
            return .object(result)
        default: return self
        }
    }
}
