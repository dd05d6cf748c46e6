import Base
import Columns
import Engine
import Iceberg
import Lake
import ObjectStore

/// What a writing statement came to.
struct WriteOutcome: Sendable {
    /// The version it made; nil where nothing had to change.
    var version: Int64?
    /// Rows that came or went; nil where rows are not what it is about.
    var rowCount: Int64?
}

extension QuerySession {
    /// Runs a writing statement. Its query is read like any other: at the state the session reads, through the
    /// rewriter.
    func perform(
        _ statement: WriteStatement,
        at version: VersionReference,
        as access: AccessContext
    ) async throws(TarnError) -> QueryResult {
        let lake = engine.lake
        switch statement {
        case .showBranches: return try await branches()
        case .showTags: return try await tags()
        case .createBranch(let name, at: let origin):
            return try await shown(try await lake.createBranch(name, at: origin, as: access))
        case .dropBranch(let name): return try await shown(try await lake.dropBranch(name, as: access))
        case .createTag(let name, at: let origin):
            return try await shown(try await lake.createTag(name, at: origin, as: access))
        case .dropTag(let name): return try await shown(try await lake.dropTag(name, as: access))
        case .publish(let name, let tables):
            let publication = Publication(of: name, tables: tables, drops: tables == nil)
            return try await shown(try await lake.publish(publication, as: access))
        case .createTable(let target, let query):
            return try await shown(try await create(try await self.target(target, version, access), query, version))
        case .insert(let target, let columns, let query):
            let table = try await self.target(target, version, access)
            return try await shown(try await insert(table, columns, query, version))
        case .delete(let target, let query):
            return try await shown(try await delete(try await self.target(target, version, access), query, version))
        case .dropTable(let target):
            return try await shown(try await drop(try await self.target(target, version, access, drops: true)))
        }
    }

    /// A table that may be written, as it is now.
    private struct Target: Sendable {
        let name: TableName
        let branch: String?
        let state: TableState?
        let access: AccessContext
        /// The table as the statement names it.
        let reference: TableReference

        func request(_ verb: String) -> CommitRequest {
            CommitRequest(cause: "sql", message: "\(verb) \(name)", branch: branch)
        }
    }

    private func target(
        _ written: WriteTarget,
        _ version: VersionReference,
        _ access: AccessContext,
        drops: Bool = false
    ) async throws(TarnError) -> Target {
        var branch = written.branch
        switch version {
        case .newest: break
        case .branch(let name): branch = branch ?? name
        case .version, .time, .tag:
            throw TarnError(
                .queryForbidden,
                "An older state of the lake cannot be written.",
                remedy: "Write to main, or to a branch that begins with that state."
            )
        }
        let state = try await engine.lake.state(at: branch.map { .branch($0) } ?? .newest)
        let reference = TableReference(
            namespace: written.name.namespace,
            name: written.name.name,
            version: written.branch.map { .branch($0) }
        )
        let known = try? TableNames(state.tables.keys).find(reference)
        let name = known ?? written.name
        try engine.lake.requirePermission(of: access, toWrite: name, state.tables[name], on: branch, drops: drops)
        return Target(name: name, branch: branch, state: state.tables[name], access: access, reference: reference)
    }

    private func existing(_ target: Target) async throws(TarnError) -> TableSnapshot {
        guard let state = target.state else {
            throw TarnError(.tableMissing, "The lake has no such table.", detail: ["table": target.name.description])
        }
        return try await engine.lake.reader.snapshot(target.name, state)
    }

    private func folder(of snapshot: TableSnapshot) throws(TarnError) -> TableFolder {
        guard let folder = TableFolder(snapshot.state) else {
            throw TarnError(
                .unsupported,
                "A table outside the warehouse cannot be written.",
                detail: ["table": snapshot.name.description]
            )
        }
        return folder
    }
}

extension QuerySession {
    private func create(
        _ target: Target,
        _ query: String,
        _ version: VersionReference
    ) async throws(TarnError) -> WriteOutcome {
        guard target.state == nil else {
            throw TarnError(
                .tableExists,
                "A table of this name exists already.",
                detail: ["table": target.name.description]
            )
        }
        let prepared = try await prepare(query, at: version)
        let schema = try await connection.schema(of: prepared.sql)
        try Self.requireColumnNames(schema)
        let folder = TableFolder(target.name, entropy: engine.lake.entropy)
        var table = NewTable(folder: folder, owner: .open, schema: schema)
        let columns = schema.fields.indices.map { Optional($0) }
        let files = try await write(prepared, columns, as: FileLayout(schema: schema), into: folder)
        if !files.isEmpty {
            var change = TableChange(.append)
            change.addedDataFiles = files
            table.change = change
        }
        var request = target.request("Create")
        request.tables[target.name] = .create(table)
        return WriteOutcome(
            version: try await engine.lake.commit(request, as: target.access).version,
            rowCount: files.reduce(0) { $0 + $1.recordCount }
        )
    }

    private func insert(
        _ target: Target,
        _ columns: [String]?,
        _ query: String,
        _ version: VersionReference
    ) async throws(TarnError) -> WriteOutcome {
        let snapshot = try await existing(target)
        let folder = try folder(of: snapshot)
        let prepared = try await prepare(query, at: version)
        let fields = snapshot.schema.fields
        let places = try Self.places(columns, fields)
        let given = try await connection.schema(of: prepared.sql).fields.count
        guard given == places.count(where: { $0 != nil }) else {
            throw TarnError(
                .queryInvalid,
                "The query gives another number of columns than are written.",
                detail: ["given": String(given), "written": String(places.count(where: { $0 != nil }))]
            )
        }
        let files = try await write(prepared, places, as: try FileLayout(snapshot.metadata), into: folder)
        guard !files.isEmpty else { return WriteOutcome(version: nil, rowCount: 0) }
        var change = TableChange(.append)
        change.addedDataFiles = files
        var request = target.request("Insert into")
        request.tables[target.name] = .change(change, base: snapshot.state)
        return WriteOutcome(
            version: try await engine.lake.commit(request, as: target.access).version,
            rowCount: files.reduce(0) { $0 + $1.recordCount }
        )
    }

    private func drop(_ target: Target) async throws(TarnError) -> WriteOutcome {
        let snapshot = try await existing(target)
        var request = target.request("Drop")
        request.tables[target.name] = .drop(uuid: snapshot.state.uuid)
        return WriteOutcome(version: try await engine.lake.commit(request, as: target.access).version)
    }

    /// For each field of the table the query's column that goes there; nil for null.
    private static func places(_ columns: [String]?, _ fields: [Field]) throws(TarnError) -> [Int?] {
        guard let columns else { return fields.indices.map { Optional($0) } }
        var places = [Int?](repeating: nil, count: fields.count)
        for (number, column) in columns.enumerated() {
            let index =
                fields.firstIndex { $0.name == column }
                ?? fields.firstIndex { $0.name.lowercased() == column.lowercased() }
            guard let index, places[index] == nil else {
                throw TarnError(
                    .queryInvalid,
                    "The table has no such column, or it is named twice.",
                    detail: ["column": column]
                )
            }
            places[index] = number
        }
        if let field = zip(fields, places).first(where: { $0.isRequired && $1 == nil })?.0 {
            throw TarnError(.queryInvalid, "A required column is left out.", detail: ["column": field.name])
        }
        return places
    }

    private static func requireColumnNames(_ schema: Schema) throws(TarnError) {
        var seen: Set<String> = []
        for field in schema.fields where !seen.insert(field.name.lowercased()).inserted {
            throw TarnError(
                .queryInvalid,
                "Two columns of the new table have the same name.",
                detail: ["column": field.name],
                remedy: "Give each column of the query a name of its own with AS."
            )
        }
    }

    /// The rows of a query as data files of a table.
    ///
    /// - Parameter places: for each field of the layout's schema the query's column; nil for null.
    private func write(
        _ prepared: Prepared,
        _ places: [Int?],
        as layout: FileLayout,
        into folder: TableFolder
    ) async throws(TarnError) -> [DataFile] {
        let values = zip(places, layout.schema.fields).map { place, field in
            let value = place.map { "c\($0)" } ?? "NULL"
            return "CAST(\(value) AS \(field.type.sql)) AS \(sqlIdentifier(field.name))"
        }
        let names = places.compactMap { $0 }.sorted().map { "c\($0)" }.joined(separator: ", ")
        let select = "SELECT \(values.joined(separator: ", ")) FROM (\(prepared.sql)\n) AS given(\(names))"
        do throws(TarnError) {
            return try await writer.writeRows(of: select, as: layout, into: folder)
        } catch {
            throw explained(error, prepared)
        }
    }
}

extension QuerySession {
    private func delete(
        _ target: Target,
        _ query: String,
        _ version: VersionReference
    ) async throws(TarnError) -> WriteOutcome {
        _ = try await existing(target)
        let prepared = try await prepare(query, at: version, positioning: target.reference)
        let node = prepared.statement.tree["statements"]?.array?.first?["node"]
        guard let snapshot = prepared.positioned, let node, MetadataAnswer.isPlain(node, allowsCondition: true) else {
            throw TarnError(
                .queryInvalid,
                "DELETE takes one table and a condition.",
                remedy: "Write DELETE FROM namespace.table WHERE …; the condition may hold subqueries."
            )
        }
        let folder = try folder(of: snapshot)
        let deletion = RowDeletion(snapshot, writer: writer, connection: connection)
        let deleted: RowDeletion.Result?
        do throws(TarnError) {
            deleted = try await deletion.change(of: prepared.sql, into: folder)
        } catch {
            throw explained(error, prepared)
        }
        guard let deleted else { return WriteOutcome(version: nil, rowCount: 0) }
        var request = target.request("Delete from")
        request.tables[target.name] = .change(deleted.change, base: snapshot.state)
        return WriteOutcome(
            version: try await engine.lake.commit(request, as: target.access).version,
            rowCount: deleted.rowCount
        )
    }

    private func shown(_ result: CommitResult) async throws(TarnError) -> QueryResult {
        try await shown(WriteOutcome(version: result.version))
    }

    private func shown(_ outcome: WriteOutcome) async throws(TarnError) -> QueryResult {
        let version = outcome.version ?? engine.lake.knownState.version
        var items = ["CAST(\(version) AS BIGINT) AS version"]
        if let count = outcome.rowCount { items.append("CAST(\(count) AS BIGINT) AS rows") }
        return try await connection.query("SELECT \(items.joined(separator: ", "))")
    }

    private func branches() async throws(TarnError) -> QueryResult {
        let state = try await engine.lake.refresh()
        let shown = state.branches.filter { !$0.key.hasPrefix(ReferenceName.hiddenPrefix) }.sorted { $0.key < $1.key }
        let rows = shown.map { name, branch in
            "(\(sqlLiteral(name)), \(branch.base), \(branch.version), \(branch.changedTables.count), "
                + "\(sqlLiteral(branch.author)))"
        }
        return try await constants(rows, "branch VARCHAR, base BIGINT, version BIGINT, changed BIGINT, author VARCHAR")
    }

    private func tags() async throws(TarnError) -> QueryResult {
        let state = try await engine.lake.refresh()
        let rows = state.tags.sorted { $0.key < $1.key }.map { "(\(sqlLiteral($0.key)), \($0.value))" }
        return try await constants(rows, "tag VARCHAR, version BIGINT")
    }

    private func constants(_ rows: [String], _ columns: String) async throws(TarnError) -> QueryResult {
        let parts = columns.split(separator: ", ").map { $0.split(separator: " ") }
        let items = parts.enumerated().map { "CAST(c\($0) AS \($1[1])) AS \($1[0])" }.joined(separator: ", ")
        let names = parts.indices.map { "c\($0)" }.joined(separator: ", ")
        let values =
            rows.isEmpty ? "(\(parts.map { _ in "NULL" }.joined(separator: ", ")))" : rows.joined(separator: ", ")
        let none = rows.isEmpty ? " WHERE false" : ""
        return try await connection.query("SELECT \(items) FROM (VALUES \(values)) AS shown(\(names))\(none)")
    }
}
