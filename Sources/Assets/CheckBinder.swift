import Base
import Checks
import Columns
import Engine
import Query

/// Holds the checks of one table against its columns, and what they read beside it against the tables that there are.
struct CheckBinder: Sendable {
    private let table: TableName
    private let schema: Schema
    private let lookup: NameLookup
    private let tables: KnownSchemas
    private let shadow: ShadowCatalog
    private(set) var problems: [Problem] = []
    /// The other tables that the checks read.
    private(set) var inputs: Set<TableName> = []
    /// The tables that the checks name, as they name them.
    private(set) var references: [TableReference] = []
    /// Something was not bound, since a table that it reads has problems of its own.
    private var isPartial = false

    /// - Parameter tables: the columns of those that the lookup finds; none for those with problems.
    init(
        _ table: TableName,
        _ schema: Schema,
        lookup: NameLookup,
        tables: KnownSchemas,
        on shadow: ShadowCatalog
    ) {
        self.table = table
        self.schema = schema
        self.lookup = lookup
        self.tables = tables
        self.shadow = shadow
    }

    /// Nothing is wrong, and nothing was left out.
    var isWhole: Bool { problems.isEmpty && !isPartial }

    mutating func bind(_ checks: [Check], _ connection: EngineConnection) async throws(TarnError) {
        var statements: [CheckStatement] = []
        for check in checks {
            let faults = CheckTypes.faults(of: check, in: schema) + otherFaults(check)
            for fault in faults {
                problems.append(Problem(fault, in: check.place.file, fallback: SourcePlace(check.place)))
            }
            statements += check.fragmentStatements(of: table)
            if faults.isEmpty, let comparison = check.comparison(in: table) { statements.append(comparison) }
        }
        guard !statements.isEmpty else { return }
        try await bind(statements, connection)
    }

    private mutating func find(_ reference: TableReference) throws(TarnError) -> TableName {
        if !references.contains(reference) { references.append(reference) }
        let found = try lookup.find(reference)
        if found != table { inputs.insert(found) }
        return found
    }

    private mutating func otherFaults(_ check: Check) -> [TarnError] {
        var faults: [TarnError] = []
        for other in check.otherTables {
            guard let name = TableName(other.name) else { continue }
            do throws(TarnError) {
                let found = try find(TableReference(namespace: name.namespace, name: name.name))
                guard let schema = tables[found] else {
                    isPartial = true
                    continue
                }
                faults += CheckTypes.faults(of: check, inOther: schema)
            } catch {
                faults.append(error.adding("at", other.place.description))
            }
        }
        return faults
    }

    /// All statements as one; only where that does not go, each by itself.
    private mutating func bind(
        _ statements: [CheckStatement],
        _ connection: EngineConnection
    ) async throws(TarnError) {
        if statements.count > 1 {
            let parts = statements.map { "EXISTS (\($0.sql)\n)" }
            let whole = "SELECT \(parts.joined(separator: " AND "))"
            if try await error(in: whole, connection) == nil, !isPartial { return }
        }
        for statement in statements {
            guard let error = try await error(in: statement.sql, connection) else { continue }
            problems.append(Problem(error, at: SourcePlace(statement.place)))
        }
    }

    /// Why a statement cannot be run, if it cannot; what reads a table with problems of its own is let pass.
    private mutating func error(
        in sql: String,
        _ connection: EngineConnection
    ) async throws(TarnError) -> TarnError? {
        do throws(TarnError) {
            let outline = try await StatementRewriter(connection: connection).outline(sql)
            var read: [TableName: Schema] = [table: schema]
            for use in outline.tables {
                guard !use.hasVersion else { return Self.versioned(use) }
                let name = try find(use.reference)
                guard let schema = tables[name] else {
                    isPartial = true
                    return nil
                }
                read[name] = schema
            }
            try await shadow.add(read)
            let names = read.values.flatMap { $0.fields.map(\.name) }
            return try await connection.refusal(of: sql)?.error(columns: names)
        } catch {
            guard [.queryInvalid, .queryForbidden, .tableMissing].contains(error.code) else { throw error }
            // The place within the piece of SQL; that of the piece is known.
            var error = error
            error.detail.removeAll { ["line", "column"].contains($0.key) }
            return error
        }
    }

    private static func versioned(_ use: TableUse) -> TarnError {
        TarnError(
            .queryForbidden,
            "A check reads all tables at one version.",
            detail: ["table": use.reference.description],
            remedy: "Leave the AT clause out."
        )
    }
}
