import Base
import Checks
import Columns
import Engine
import Query

/// Holds the checks of one table against its columns, and what they read beside it against the tables that there are.
struct CheckBinder {
    private let table: TableName
    private let schema: Schema
    private let lookup: NameLookup
    private let columns: (TableName) -> Schema?
    private let shadow: ShadowCatalog
    private(set) var problems: [Problem] = []
    /// The other tables that the checks read.
    private(set) var inputs: Set<TableName> = []

    /// - Parameter columns: those of a table that the lookup finds; nil where it has problems.
    init(
        _ table: TableName,
        _ schema: Schema,
        lookup: NameLookup,
        on shadow: ShadowCatalog,
        columns: @escaping (TableName) -> Schema?
    ) {
        self.table = table
        self.schema = schema
        self.lookup = lookup
        self.shadow = shadow
        self.columns = columns
    }

    mutating func bind(_ checks: [Check]) async throws(TarnError) {
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
        try await shadow.add(table, schema)
        try await bind(statements)
    }

    private mutating func otherFaults(_ check: Check) -> [TarnError] {
        check.otherTables.flatMap { other -> [TarnError] in
            guard let name = TableName(other.name) else { return [] }
            do throws(TarnError) {
                let found = try lookup.find(TableReference(namespace: name.namespace, name: name.name))
                if found != table { inputs.insert(found) }
                return columns(found).map { CheckTypes.faults(of: check, inOther: $0) } ?? []
            } catch {
                return [error.adding("at", other.place.description)]
            }
        }
    }

    /// All statements as one; only where that does not go, each by itself.
    private mutating func bind(_ statements: [CheckStatement]) async throws(TarnError) {
        if statements.count > 1 {
            let parts = statements.map { "EXISTS (\($0.sql)\n)" }
            if try await error(in: "SELECT \(parts.joined(separator: " AND "))") == nil { return }
        }
        for statement in statements {
            guard let error = try await error(in: statement.sql) else { continue }
            problems.append(Problem(error, at: SourcePlace(statement.place)))
        }
    }

    /// Why a statement cannot be run, if it cannot; what reads a table with problems of its own is let pass.
    private mutating func error(in sql: String) async throws(TarnError) -> TarnError? {
        do throws(TarnError) {
            var names: [String] = schema.fields.map(\.name)
            let outline = try await StatementRewriter(connection: shadow.engine).outline(sql)
            var read: Set<TableName> = []
            for use in outline.tables {
                guard !use.hasVersion else { return Self.versioned(use) }
                read.insert(try lookup.find(use.reference))
            }
            inputs.formUnion(read.subtracting([table]))
            for name in read.sorted() where name != table {
                guard let schema = columns(name) else { return nil }
                try await shadow.add(name, schema)
                names += schema.fields.map(\.name)
            }
            return try await shadow.engine.refusal(of: sql)?.error(columns: names)
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
