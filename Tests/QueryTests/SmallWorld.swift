import Base
import Columns
import Engine
import Lake
import Query

/// Three tables in an engine, two of them at two versions, as a session would show them.
struct SmallWorld {
    let connection: EngineConnection
    static let tables = [
        TableName(namespace: "silver", name: "orders"), TableName(namespace: "silver", name: "items"),
        TableName(namespace: "bronze", name: "orders"), TableName(namespace: "silver", name: "Mixed Case"),
    ]

    init() async throws {
        let engine = try Engine(EngineConfiguration(memoryLimitBytes: 500 << 20, threads: 2))
        connection = try engine.connect()
        for (catalog, rows) in [("late", 10), ("early", 4)] {
            try await connection.execute(
                """
                ATTACH ':memory:' AS \(catalog); CREATE SCHEMA \(catalog).silver; CREATE SCHEMA \(catalog).bronze;
                CREATE TABLE \(catalog).silver.orders AS SELECT i AS id, i * 10 AS amount, 'c' || i % 3 AS customer
                    FROM range(1, \(rows + 1)) AS t(i);
                CREATE TABLE \(catalog).silver.items AS SELECT i AS id, i % 5 + 1 AS order_id FROM range(20) AS t(i);
                CREATE TABLE \(catalog).bronze.orders AS SELECT i AS id, 'raw' AS op FROM range(3) AS t(i);
                CREATE TABLE \(catalog).silver."Mixed Case" AS SELECT 1 AS "Some Column";
                """
            )
        }
    }

    /// The version that AT asks for is `early` for version 4 and for any moment before 2026.
    func rewrite(_ sql: String) async throws(TarnError) -> RewrittenStatement {
        try await StatementRewriter(connection: connection).rewrite(sql, tables: Self.tables) {
            (references) throws(TarnError) in
            var views: [TableReference: ViewName] = [:]
            for reference in references {
                let isOld =
                    switch reference.version {
                    case .version(let version)?: version == 4
                    case .time(let time)?: time.description < "2026"
                    default: false
                    }
                views[reference] = ViewName(
                    catalog: isOld ? "early" : "late",
                    table: try TableNames(Self.tables).find(reference)
                )
            }
            return views
        }
    }

    /// All rows as text: columns by `|`, rows by a space.
    func answer(_ sql: String) async throws -> String {
        let result = try await connection.query(try await rewrite(sql).sql)
        return result.batches.flatMap { batch in
            (0..<batch.rowCount).map { row in
                batch.columns.map { ValueText.text($0, row) ?? "-" }.joined(separator: "|")
            }
        }.joined(separator: " ")
    }

    func failure(_ sql: String) async -> TarnError? {
        do throws(TarnError) {
            _ = try await rewrite(sql)
            return nil
        } catch {
            return error
        }
    }
}
