package import Base
package import Columns

/// The table whose checks are evaluated.
package struct CheckedTable: Sendable {
    /// As people call it; conditions may name columns by its second part: `orders.amount`.
    package var name: TableName
    /// What the engine reads in its place: a table's name in SQL, or a SELECT in brackets.
    package var relation: String
    /// The key that it names is what samples of failing rows show.
    package var schema: Schema

    package init(name: TableName, relation: String, schema: Schema) {
        self.name = name
        self.relation = relation
        self.schema = schema
    }

    var keyColumns: [Field] { schema.fields.filter { schema.identifierFieldIDs.contains($0.id) } }
}

/// What a check measured in an earlier run.
package struct HistoryPoint: Sendable, Hashable {
    package var time: Timestamp
    /// `CheckResult.value`.
    package var value: Double

    package init(time: Timestamp, value: Double) {
        self.time = time
        self.value = value
    }
}

/// What checks need to know beside their table.
package struct CheckContext: Sendable {
    package var now: Timestamp
    /// What the engine reads in place of another table, by its name in the lake.
    package var relation: @Sendable (String) throws(TarnError) -> String
    /// What runs in place of SQL that a person wrote; throws for what is not allowed. Asked more than once for each.
    package var sql: @Sendable (SQLFragment) throws(TarnError) -> String
    /// Earlier values by name of the check: of runs that were published, or that only lacked history.
    package var history: [String: [HistoryPoint]]

    package init(
        now: Timestamp,
        relation: @escaping @Sendable (String) throws(TarnError) -> String = { (name) throws(TarnError) in
            throw TarnError(.tableMissing, "There is no table `\(name)`.")
        },
        sql: @escaping @Sendable (SQLFragment) throws(TarnError) -> String = { (fragment) throws(TarnError) in
            fragment.text
        },
        history: [String: [HistoryPoint]] = [:]
    ) {
        self.now = now
        self.relation = relation
        self.sql = sql
        self.history = history
    }
}
