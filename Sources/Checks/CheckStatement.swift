package import Base

/// A reading statement that binds where, and only where, a part of a check fits the tables that it names.
///
/// Tables go by their names in the lake. Nothing is learned from running it.
package struct CheckStatement: Sendable {
    package let sql: String
    /// Of the part.
    package let place: CheckPlace
}

extension Check {
    /// The SQL that people wrote into the check, each piece where it will stand.
    package func fragmentStatements(of table: TableName) -> [CheckStatement] {
        fragments.map { fragment in
            let sql =
                switch fragment.role {
                case .condition: Self.statement(over: table, where: fragment.text)
                case .conditionOver(let other): Self.statement(over: TableName(other) ?? table, where: fragment.text)
                case .query: fragment.text
                }
            return CheckStatement(sql: sql, place: fragment.place)
        }
    }

    /// That values can be compared with those of another table; nil for checks that compare none.
    package func comparison(in table: TableName) -> CheckStatement? {
        guard case .relationships(let relationship) = kind, let other = TableName(relationship.table.name) else {
            return nil
        }
        // The engine equates any two values, as texts where nothing better goes; it orders only what is alike.
        let pairs = zip(relationship.columns, relationship.fields).map { column, field in
            "tarn_other.\(sqlIdentifier(field)) < tarn_own.\(sqlIdentifier(column.name))"
        }
        return CheckStatement(
            sql: "SELECT 1 FROM \(Self.sql(table)) AS tarn_own JOIN \(Self.sql(other)) AS tarn_other ON "
                + pairs.joined(separator: " AND "),
            place: relationship.table.place
        )
    }

    private static func statement(over table: TableName, where condition: String) -> String {
        "SELECT 1 FROM \(sql(table)) AS \(sqlIdentifier(table.name)) WHERE (\(condition)\n)"
    }

    private static func sql(_ name: TableName) -> String {
        "\(sqlIdentifier(name.namespace)).\(sqlIdentifier(name.name))"
    }
}
