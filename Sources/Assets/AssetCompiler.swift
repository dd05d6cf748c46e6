package import Base
import Checks
import Columns
import Engine
import Query

/// Finds everything that is wrong with a project's assets and checks, and what each asset reads and gives.
///
/// What an earlier compilation found is taken from the cache where everything it was made of is still the same; the
/// rest is done on all connections of the shadow catalog at once.
package struct AssetCompiler {
    private let shadow: ShadowCatalog
    private let catalog: TableCatalog
    private let lookup: NameLookup
    private let assets: [Asset]
    private let declared: [TableName: DeclaredChecks]
    /// The files whose headers have problems: nothing of them is kept, so that they are reported again.
    private let unreadable: Set<String>
    private var cache: CompileCache
    private var problems: [Problem]
    private var compiled: [TableName: CompiledAsset] = [:]
    /// The statements that were parsed this time.
    private var outlines: [TableName: StatementOutline] = [:]
    /// Assets with problems of their own: what reads them is not bound.
    private var broken: Set<TableName> = []
    /// The columns of assets and other tables, as far as they are known.
    private var tables: KnownSchemas

    /// - Parameter files: those below `assets/` and `checks/`, each with its path from the project's folder.
    package static func compile(
        _ files: [SourceText],
        catalog: TableCatalog,
        on shadow: ShadowCatalog
    ) async throws(TarnError) -> CompiledProject {
        var cache = CompileCache(version: "")
        return try await compile(files, catalog: catalog, on: shadow, cache: &cache)
    }

    /// - Parameter cache: what is known of earlier compilations; afterwards, what is known of this one.
    package static func compile(
        _ files: [SourceText],
        catalog: TableCatalog,
        on shadow: ShadowCatalog,
        cache: inout CompileCache
    ) async throws(TarnError) -> CompiledProject {
        let files = files.sorted { $0.path < $1.path }
        let reading = try await AssetReading.read(files.filter { $0.path.hasPrefix(AssetReader.folder) }, &cache)
        var compiler = AssetCompiler(
            shadow,
            catalog,
            reading,
            CheckDeclarations(files.filter { $0.path.hasPrefix(CheckDeclarations.folder) }),
            cache
        )
        let project = try await compiler.compile()
        cache = compiler.cache
        return project
    }

    private init(
        _ shadow: ShadowCatalog,
        _ catalog: TableCatalog,
        _ reading: AssetReading,
        _ declarations: CheckDeclarations,
        _ cache: CompileCache
    ) {
        self.shadow = shadow
        self.catalog = catalog
        self.cache = cache
        self.cache.bound = []
        unreadable = reading.withProblems
        var problems = reading.problems
        assets = reading.assets.filter { asset in
            guard let collision = Self.collision(asset, catalog) else { return true }
            problems.append(collision)
            return false
        }
        lookup = NameLookup(
            Set(catalog.tables.keys).union(assets.map(\.name)).sorted(),
            unknownSources: catalog.unknownSources
        )
        var declarations = declarations
        declared = declarations.byTable(lookup)
        self.problems = problems + declarations.problems
        tables = KnownSchemas(catalog)
        for asset in assets { tables.forget(asset.name) }
    }

    /// What reads a table that is somebody else's reads that, not the asset.
    private static func collision(_ asset: Asset, _ catalog: TableCatalog) -> Problem? {
        guard let known = catalog.tables[asset.name] else { return nil }
        let owner: String
        switch known.owner {
        case .assets: return nil
        case .source(let source): owner = "source:\(source)"
        case .system: owner = "system"
        case .open: owner = "open"
        }
        let error = TarnError(
            .assetCollision,
            "The lake has a table of this name that is no asset.",
            detail: ["table": asset.name.description, "owner": owner]
        )
        return Problem(error, at: asset.header.places["namespace"] ?? asset.source.start)
    }

    private mutating func compile() async throws(TarnError) -> CompiledProject {
        try await readStatements()
        for asset in assets { resolve(asset) }
        try await hashPlans()
        let graph = AssetGraph(compiled.mapValues(\.inputs))
        for cycle in graph.cycles { report(cycle) }
        for level in Self.levels(graph) { try await bind(level) }
        let tableChecks = declared.filter { compiled[$0.key] == nil }.mapValues(\.checks)
        try await bindChecks(graph.order, tableChecks)
        reportCheckCircles(beside: graph)
        forget()
        return CompiledProject(
            assets: compiled,
            graph: graph,
            catalog: catalog,
            tableChecks: tableChecks,
            problems: problems.sorted { ($0.place, $0.error.message) < ($1.place, $1.error.message) }
        )
    }

    /// A check that reads what is made of its own table could never look at both as they will be published together.
    private mutating func reportCheckCircles(beside graph: AssetGraph) {
        let whole = AssetGraph(compiled.mapValues { $0.inputs + $0.checkInputs })
        let known = Set(graph.cycles)
        for cycle in whole.cycles where !known.contains(cycle) {
            let pairs = zip(cycle, cycle.dropFirst() + [cycle[0]])
            guard let (name, other) = pairs.first(where: { compiled[$0]?.checkInputs.contains($1) == true }),
                let asset = compiled[name]?.asset
            else { continue }
            let error = TarnError(
                .assetCycle,
                "A check reads a table that is made of the checked one, or checked against it.",
                detail: ["path": (cycle + [cycle[0]]).map(\.description).joined(separator: " <- ")],
                remedy: "Move the check to \(other), which is there when both are: it can read \(name)."
            )
            report(error, at: asset.header.places["checks"] ?? asset.source.start)
        }
    }

    private mutating func report(_ error: TarnError, at place: SourcePlace) {
        problems.append(Problem(error, at: place))
    }

    /// Leaves nothing in the cache of what the project no longer has.
    private mutating func forget() {
        let paths = Set(assets.map(\.source.path)).subtracting(unreadable)
        let gone = cache.entries.keys.filter { !paths.contains($0) }
        let goneTables = cache.tables.keys.filter { declared[$0] == nil || compiled[$0] != nil }
        for path in gone { cache.entries[path] = nil }
        for name in goneTables { cache.tables[name] = nil }
        if !gone.isEmpty || !goneTables.isEmpty { cache.isChanged = true }
    }
}

extension AssetCompiler {
    /// Parses the statements that the cache does not know.
    private mutating func readStatements() async throws(TarnError) {
        let unread = assets.filter { cache.entries[$0.source.path] == nil }
        typealias Outcome = Result<StatementOutline, TarnError>
        let outcomes = try await shadow.concurrently(unread) { (connection, asset) throws(TarnError) -> Outcome in
            do throws(TarnError) {
                return .success(try await StatementRewriter(connection: connection).outline(asset.sql))
            } catch {
                guard [.queryInvalid, .queryForbidden, .tableMissing].contains(error.code) else { throw error }
                return .failure(error)
            }
        }
        var read: [(asset: Asset, outline: StatementOutline)] = []
        for (asset, outcome) in zip(unread, outcomes) {
            switch outcome {
            case .success(let outline): read.append((asset, outline))
            case .failure(let error):
                problems.append(Problem(error, in: asset.source.path, fallback: asset.source.start))
                broken.insert(asset.name)
            }
        }
        for ((asset, outline), hash) in zip(read, try await syntaxHashes(of: read.map(\.asset))) {
            outlines[asset.name] = outline
            let statement = ReadStatement(hash: hash, uses: outline.tables)
            cache.entries[asset.source.path] = CompileCache.Entry(asset, statement)
            cache.isChanged = true
        }
    }

    private func syntaxHashes(of assets: [Asset]) async throws(TarnError) -> [String] {
        let size = 64
        let parts = stride(from: 0, to: assets.count, by: size).map { assets[$0..<min($0 + size, assets.count)] }
        let hashes = try await shadow.concurrently(parts) { (connection, part) throws(TarnError) in
            try await connection.syntaxHashes(of: part.map(\.sql))
        }
        return hashes.flatMap(\.self)
    }

    /// Finds the tables that the asset reads.
    private mutating func resolve(_ asset: Asset) {
        let entry = cache.entries[asset.source.path]
        var inputs: Set<TableName> = []
        for use in entry?.statement.uses ?? [] {
            if let input = input(use, of: asset) { inputs.insert(input) }
        }
        let readsItself = entry?.canReadItself == true && inputs.remove(asset.name) != nil
        let more = declared[asset.name]
        compiled[asset.name] = CompiledAsset(
            asset: asset,
            inputs: inputs.sorted(),
            readsItself: readsItself,
            joinedChecks: Memoized {
                var checks = asset.header.declared
                if let more { checks.append(more) }
                return checks.checks
            },
            definitionHash: ""
        )
    }

    private mutating func input(_ use: TableUse, of asset: Asset) -> TableName? {
        if use.hasVersion {
            report(
                TarnError(
                    .queryForbidden,
                    "An asset reads all its inputs at the version of its run.",
                    detail: ["table": use.reference.description],
                    remedy: "Leave the AT clause out."
                ),
                at: asset.source.place(ofByte: use.byte)
            )
            broken.insert(asset.name)
        }
        do throws(TarnError) {
            return try lookup.find(use.reference)
        } catch {
            report(error, at: asset.source.place(ofByte: use.byte))
            broken.insert(asset.name)
            return nil
        }
    }

    private mutating func hashPlans() async throws(TarnError) {
        var plans: [(name: TableName, path: String, checks: Fingerprint, text: String)] = []
        for asset in assets {
            let path = asset.source.path
            guard let entry = cache.entries[path], let checks = compiled[asset.name]?.joinedChecks else { continue }
            let key = (declared[asset.name]?.checks ?? []).fingerprint
            if let plan = entry.plan, plan.checks == key {
                compiled[asset.name]?.definitionHash = plan.hash
                continue
            }
            let header = asset.header
            let text: JSONValue = [
                "statement": .string(entry.statement.hash),
                "materialized": .string(header.materialization.description),
                "partition_by": .array(header.partition.map { .string($0.description) }),
                "contract": .array((header.contract ?? []).map { .array([.string($0.name), .string($0.type)]) }),
                "checks": .array(checks.value.map(\.meaning)),
            ]
            plans.append((asset.name, path, key, text.text))
        }
        guard !plans.isEmpty else { return }
        for (plan, hash) in zip(plans, try await shadow.engine.sha256(plans.map(\.text))) {
            compiled[plan.name]?.definitionHash = hash
            cache.entries[plan.path]?.plan = CompileCache.Plan(checks: plan.checks, hash: hash)
            cache.isChanged = true
        }
    }

    private mutating func report(_ cycle: [TableName]) {
        broken.formUnion(cycle)
        guard let asset = compiled[cycle[0]]?.asset, let next = cycle.count > 1 ? cycle[1] : cycle.first else { return }
        let path = (cycle + [cycle[0]]).map(\.description).joined(separator: " <- ")
        let use = cache.entries[asset.source.path]?.statement.uses.first {
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
}

extension AssetCompiler {
    /// The assets in groups, each of which needs nothing but those before it.
    private static func levels(_ graph: AssetGraph) -> [[TableName]] {
        var levels: [[TableName]] = []
        var numbers: [TableName: Int] = [:]
        for name in graph.order {
            let number = (graph.inputs[name] ?? []).compactMap { numbers[$0] }.max().map { $0 + 1 } ?? 0
            numbers[name] = number
            if number == levels.count { levels.append([]) }
            levels[number].append(name)
        }
        return levels
    }

    /// One asset that has to be bound.
    private struct Unbound: Sendable {
        let asset: Asset
        let outline: StatementOutline?
        let inputs: Fingerprint
        let columns: [String]
    }

    private mutating func bind(_ level: [TableName]) async throws(TarnError) {
        var unbound: [Unbound] = []
        var needed: [TableName: Schema] = [:]
        for name in level {
            guard let result = compiled[name], !broken.contains(name),
                let inputs = tables.fingerprint(of: result.inputs)
            else { continue }
            if let binding = cache.entries[result.asset.source.path]?.binding, binding.inputs == inputs {
                keep(binding.schema, Memoized { try? TableLineage(cached: binding.lineage) }, of: name)
                continue
            }
            var columns: [String] = []
            for input in result.inputs {
                guard let schema = tables[input] else { continue }
                needed[input] = schema
                columns += schema.fields.map(\.name)
            }
            if result.readsItself {
                let contract = try await ContractSchema(result.asset.header.contract ?? [], on: shadow)
                problems += contract.problems
                guard contract.problems.isEmpty else { continue }
                needed[name] = contract.schema
                columns += contract.schema.fields.map(\.name)
            }
            unbound.append(
                Unbound(asset: result.asset, outline: outlines[name], inputs: inputs, columns: columns)
            )
        }
        guard !unbound.isEmpty else { return }
        try await shadow.add(needed)
        let shadow = shadow
        let bindings = try await shadow.concurrently(unbound) { (connection, item) throws(TarnError) in
            var outline = item.outline
            if outline == nil { outline = try await StatementRewriter(connection: connection).outline(item.asset.sql) }
            guard let outline else { return AssetBinding() }
            return try await AssetBinding.bind(item.asset, outline, columns: item.columns, on: connection, of: shadow)
        }
        for (item, binding) in zip(unbound, bindings) { keep(binding, of: item) }
    }

    private mutating func keep(_ binding: AssetBinding, of item: Unbound) {
        problems += binding.problems
        var kept: CompileCache.Binding?
        if binding.problems.isEmpty, let schema = binding.schema, let lineage = binding.lineage {
            kept = CompileCache.Binding(inputs: item.inputs, schema: schema, lineage: lineage.cached)
        }
        let path = item.asset.source.path
        if kept != nil || cache.entries[path]?.binding != nil { cache.isChanged = true }
        cache.entries[path]?.binding = kept
        cache.bound.append(item.asset.name)
        keep(binding.schema, binding.lineage.map { Memoized($0) }, of: item.asset.name)
    }

    private mutating func keep(_ schema: Schema?, _ lineage: Memoized<TableLineage?>?, of name: TableName) {
        compiled[name]?.schema = schema
        compiled[name]?.boundLineage = lineage
        if let schema { tables.learn(name, schema) }
    }
}

extension AssetCompiler {
    /// The checks of one table that have to be bound.
    private struct UnboundChecks: Sendable {
        let name: TableName
        let schema: Schema
        let checks: [Check]
        /// Columns of a header that there are not: they were reported as such.
        let reported: Set<SourcePlace>
    }

    /// Holds all checks against what they read, once every asset is bound: they may read any of them.
    private mutating func bindChecks(_ order: [TableName], _ tableChecks: [TableName: [Check]]) async throws(TarnError)
    {
        var unbound: [UnboundChecks] = []
        for name in order + tableChecks.keys.sorted() {
            guard let schema = tables[name], hasChecks(name) else { continue }
            if let known = cachedChecks(of: name), let found = key(of: name, known.references), known.key == found.key {
                compiled[name]?.checkInputs = found.inputs
                continue
            }
            let checks = tableChecks[name] ?? compiled[name]?.checks ?? []
            guard !checks.isEmpty else { continue }
            let notes = compiled[name]?.asset.header.columns ?? []
            let missing = notes.filter { schema.field(named: $0.name) == nil }.map(\.place)
            unbound.append(UnboundChecks(name: name, schema: schema, checks: checks, reported: Set(missing)))
        }
        let (lookup, tables, shadow) = (lookup, tables, shadow)
        let binders = try await shadow.concurrently(unbound) { (connection, item) throws(TarnError) in
            var binder = CheckBinder(item.name, item.schema, lookup: lookup, tables: tables, on: shadow)
            try await binder.bind(item.checks, connection)
            return binder
        }
        for (item, binder) in zip(unbound, binders) {
            compiled[item.name]?.checkInputs = binder.inputs.sorted()
            problems += binder.problems.filter { !item.reported.contains($0.place) }
            let found = binder.isWhole ? key(of: item.name, binder.references) : nil
            keep(found.map { CompileCache.BoundChecks(key: $0.key, references: binder.references) }, of: item.name)
        }
    }

    private func hasChecks(_ name: TableName) -> Bool {
        if declared[name] != nil { return true }
        guard let path = compiled[name]?.asset.source.path else { return false }
        return cache.entries[path]?.hasChecks == true
    }

    private func cachedChecks(of name: TableName) -> CompileCache.BoundChecks? {
        compiled[name].map { cache.entries[$0.asset.source.path]?.checks } ?? cache.tables[name]
    }

    private mutating func keep(_ checks: CompileCache.BoundChecks?, of name: TableName) {
        if checks != nil || cachedChecks(of: name) != nil { cache.isChanged = true }
        if let path = compiled[name]?.asset.source.path {
            cache.entries[path]?.checks = checks
        } else {
            cache.tables[name] = checks
        }
    }

    /// Everything beside a header that decides about a table's checks; nil where a table is not found or not known.
    private func key(
        of name: TableName,
        _ references: [TableReference]
    ) -> (key: Fingerprint, inputs: [TableName])? {
        var found: [TableName] = []
        for reference in references {
            guard let table = try? lookup.find(reference) else { return nil }
            found.append(table)
        }
        guard var key = tables.fingerprint(of: [name] + found) else { return nil }
        key.add((declared[name]?.checks ?? []).fingerprint)
        return (key, Set(found).subtracting([name]).sorted())
    }
}

extension Asset {
    static let selfReadingRemedy =
        "Take the asset out of its own statement; one that is `append`, `merge(…)` or `partition` and has a "
        + "`contract` can read the rows that it had before."
}

extension CompileCache.Entry {
    fileprivate init(_ asset: Asset, _ statement: ReadStatement) {
        let header = asset.header
        self.init(
            file: Fingerprint(asset.source.bytes),
            namespace: header.namespace,
            // Its columns are known before its statement is read, and its rows outlast a run.
            canReadItself: header.materialization != .full && header.contract != nil,
            hasChecks: !header.declared.checks.isEmpty,
            statement: statement
        )
    }
}

extension [Check] {
    /// Of what they mean and how they are called, wherever they stand.
    fileprivate var fingerprint: Fingerprint {
        var result = Fingerprint()
        for check in self {
            result.add(check.name)
            result.add(check.meaning.text)
        }
        return result
    }
}
