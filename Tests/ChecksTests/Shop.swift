import Base
import Columns
import Engine
import Settings

@testable import Checks

/// A table of a shop in a real engine, whose checks are evaluated.
struct Shop {
    static let now = Timestamp(microseconds: 1_767_225_600_000_000)  // 2026-01-01T00:00:00Z
    static let name = TableName(namespace: "shop", name: "orders")

    static let schema = Schema(
        fields: [
            Field(id: 1, name: "id", type: .long, isRequired: true), Field(id: 2, name: "line", type: .int),
            Field(id: 3, name: "customer_id", type: .long),
            Field(id: 4, name: "amount", type: .decimal(precision: 12, scale: 2)),
            Field(id: 5, name: "price", type: .double), Field(id: 6, name: "status", type: .string),
            Field(id: 7, name: "email", type: .string), Field(id: 8, name: "day", type: .date),
            Field(id: 9, name: "ordered_at", type: .timestamptz), Field(id: 10, name: "ref", type: .uuid),
            Field(id: 11, name: "active", type: .boolean), Field(id: 12, name: "we\"ird name", type: .string),
            Field(id: 13, name: "tags", type: .list(Field(id: 14, name: "element", type: .string))),
            Field(id: 15, name: "local_at", type: .timestamp),
        ],
        identifierFieldIDs: [1]
    )

    private static let tables = """
        CREATE SCHEMA shop;
        CREATE TABLE shop.orders (
            id BIGINT NOT NULL, line INTEGER, customer_id BIGINT, amount DECIMAL(12, 2), price DOUBLE, status VARCHAR,
            email VARCHAR, day DATE, ordered_at TIMESTAMPTZ, ref UUID, active BOOLEAN, "we""ird name" VARCHAR,
            tags VARCHAR[], local_at TIMESTAMP
        );
        CREATE TABLE shop.customers (id BIGINT, code VARCHAR, total DECIMAL(12, 2));
        """

    let connection: EngineConnection

    /// - Parameter statements: SQL that fills the tables.
    init(_ statements: String...) async throws {
        let configuration = EngineConfiguration(memoryLimitBytes: 1 << 30, threads: 2)
        connection = try Engine(configuration).connect()
        try await connection.execute(Self.tables)
        for statement in statements { try await connection.execute(statement) }
    }

    /// Orders of the values of one column, with ids from 1 on.
    static func orders(_ column: String, _ values: [String]) -> String {
        guard !values.isEmpty else { return "SELECT 1" }
        let rows = values.enumerated().map { "(\($0 + 1), \($1))" }.joined(separator: ", ")
        return "INSERT INTO shop.orders (id, \(sqlIdentifier(column))) VALUES \(rows)"
    }

    static func context(history: [String: [HistoryPoint]] = [:]) -> CheckContext {
        CheckContext(
            now: now,
            relation: { (name) throws(TarnError) in
                guard let table = TableName(name), table.namespace == "shop" else {
                    throw TarnError(.tableMissing, "There is no table `\(name)`.")
                }
                return "shop.\(sqlIdentifier(table.name))"
            },
            history: history
        )
    }

    static func plan(
        _ checks: [Check],
        schema: Schema = schema,
        _ context: CheckContext = context()
    ) -> CheckPlan {
        CheckPlan(checks, of: CheckedTable(name: name, relation: "shop.orders", schema: schema), context)
    }

    func evaluate(_ checks: [Check], _ context: CheckContext = Shop.context()) async throws -> [CheckResult] {
        let connection = connection
        return try await Self.plan(checks, context).evaluate { (sql) throws(TarnError) in
            try await connection.query(sql).batches
        }
    }

    /// The result of a check written as an entry of a list.
    func evaluate(_ check: String, _ context: CheckContext = Shop.context()) async throws -> CheckResult {
        try await evaluate(declared("checks:\n  - \(check)"), context)[0]
    }
}

/// What a file's `columns` and `checks` declare.
func declarations(_ yaml: String) throws -> DeclaredChecks {
    let root = try ConfigurationDocument.parse(Array(yaml.utf8), file: "orders.yaml")
    guard case .section(let entries) = root.content else { return DeclaredChecks() }
    return CheckReader.read(
        columns: entries.first { $0.key == "columns" }?.value,
        checks: entries.first { $0.key == "checks" }?.value
    )
}

/// The same where nothing is wrong with it.
func declared(_ yaml: String) throws -> [Check] {
    let declared = try declarations(yaml)
    if let fault = declared.faults.first { throw fault }
    return declared.checks
}

func expression(_ text: String) throws(TarnError) -> Check {
    var check = try CheckExpression.parse(text, at: CheckPlace(file: "orders.yaml", line: 3, column: 5))
    check.name = text
    return check
}
