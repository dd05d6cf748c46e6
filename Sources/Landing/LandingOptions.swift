package import Base

/// The limits and names by which a source lands.
package struct LandingOptions: Sendable {
    /// A commit is made at the end of a source transaction once this long has passed since the last.
    package var commitInterval: Duration = .seconds(1)
    /// … or once so many changes wait.
    package var commitRowsMax = 500_000
    /// Changes held in memory before they are written to files, inside a transaction too.
    package var bytesMax = 96 << 20
    /// Without changes, the position reached is committed this often, so that the source can let go of its log.
    package var idleInterval: Duration = .seconds(10)
    /// The source's catalog is compared with the tables followed this often: the log does not show all that happens.
    package var comparisonInterval: Duration = .seconds(10)
    /// A template with `{schema}` and `{table}`.
    package var bronzeName = "bronze.{table}"
    package var silverName = "silver.{table}"

    package init() {}

    /// Whether the templates make names at all, whatever the table is called.
    func requireTemplates() throws(TarnError) {
        _ = try bronze("schema", "table")
        _ = try silver("schema", "table")
    }

    package func bronze(_ schema: String, _ table: String) throws(TarnError) -> TableName {
        try Self.name(bronzeName, schema, table)
    }

    package func silver(_ schema: String, _ table: String) throws(TarnError) -> TableName {
        try Self.name(silverName, schema, table)
    }

    private static func name(_ template: String, _ schema: String, _ table: String) throws(TarnError) -> TableName {
        let text = template.replacing("{schema}", with: schema).replacing("{table}", with: table)
        guard let name = TableName(text) else {
            throw TarnError(
                .configurationInvalid,
                "A table's name in the lake is not of the form namespace.table.",
                detail: ["template": template, "table": "\(schema).\(table)"]
            )
        }
        return name
    }
}
