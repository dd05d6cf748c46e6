package import Base
package import Columns
import Engine
package import Lake

/// One table at two states of the lake; nil where it does not exist.
package struct TablePair: Sendable {
    package let name: TableName
    package let old: TableState?
    package let new: TableState?

    package init(name: TableName, old: TableState?, new: TableState?) {
        self.name = name
        self.old = old
        self.new = new
    }

    /// The tables that are not the same in both, sorted.
    package static func differing(
        _ old: [TableName: TableState],
        _ new: [TableName: TableState]
    ) -> [TablePair] {
        Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted().map {
            TablePair(name: $0, old: old[$0], new: new[$0])
        }
    }
}

/// Which rows differ between two states of a table, as SQL over those files alone that are not in both.
///
/// Rows are told apart by the table's key where it has one, else whole. Columns are the same where their field id is,
/// or in another table of the same name, where their name is.
package struct TableDifference: Sendable {
    package let pair: TablePair
    /// Those that are compared or shown.
    package let columns: [ComparedColumn]
    /// Those that either state has.
    package let columnsOfBoth: [ComparedColumn]
    /// Names of the key's columns; empty where whole rows are compared.
    package let key: [String]
    let old: TableSnapshot?
    let new: TableSnapshot?

    /// - Parameter wanted: the key to use; nil for the table's own.
    /// - Throws: `query.invalid` for a column of the key that is not in both states.
    init(
        _ pair: TablePair,
        key wanted: [String]?,
        read: (TableName, TableState) async throws(TarnError) -> TableSnapshot
    ) async throws(TarnError) {
        self.pair = pair
        var before: TableSnapshot?
        var after: TableSnapshot?
        if let state = pair.old { before = try await read(pair.name, state) }
        if let state = pair.new { after = try await read(pair.name, state) }
        let all = ComparedColumn.all(before, after)
        columnsOfBoth = all
        key = try Self.key(wanted, all, before, after)
        // Whole rows are compared over what both states have.
        let isWhole = key.isEmpty && before != nil && after != nil
        columns = isWhole ? all.filter(\.isCommon) : all
        if let before, let after {
            old = before.without(after)
            new = after.without(before)
        } else {
            old = before
            new = after
        }
    }

    private static func key(
        _ wanted: [String]?,
        _ columns: [ComparedColumn],
        _ old: TableSnapshot?,
        _ new: TableSnapshot?
    ) throws(TarnError) -> [String] {
        guard let snapshot = new ?? old else { return [] }
        let ids = Set(snapshot.schema.identifierFieldIDs)
        let own = snapshot.schema.fields.filter { ids.contains($0.id) }.map(\.name)
        guard old != nil, new != nil else { return wanted ?? own }
        for name in wanted ?? [] where !columns.contains(where: { $0.name == name && $0.isCommon }) {
            throw TarnError(
                .queryInvalid,
                "The key names a column that is not in both states of the table.",
                detail: ["table": snapshot.name.description, "column": name],
                remedy: "Give columns that both states have: --key id,day."
            )
        }
        if let wanted { return wanted }
        // A key that changed, too, says nothing about which rows are the same.
        return own.allSatisfy { name in columns.contains { $0.name == name && $0.isCommon } } ? own : []
    }

    /// The landing of a source keeps the key of a mirror unique; of others nothing is known.
    var isKeyTrusted: Bool { key.isEmpty || pair.new?.isMirror == true && pair.old?.isMirror == true }
}

extension TableDifference {
    /// A row for each that differs: what happened to it, then each column's value before and after.
    var rows: String {
        let position = columns.indices.map { "coalesce(n\($0), o\($0))" }
        let order = columns.indices.filter { key.contains(columns[$0].name) }.map { position[$0] }
        let sorted = order.isEmpty ? columns.indices.map { position[$0] } : order
        return "SELECT * FROM (\(unordered)) ORDER BY \((sorted + ["change"]).joined(separator: ", "))"
    }

    var counts: String { "SELECT change, count(*) FROM (\(unordered)) GROUP BY change" }

    /// A row where a key is there more than once on one side.
    var repeatedKeys: String {
        let names = keyIndices.map { "c\($0)" }.joined(separator: ", ")
        let sides = ["old_rows", "new_rows"].map {
            "(SELECT 1 FROM \($0) GROUP BY \(names) HAVING count(*) > 1 LIMIT 1)"
        }
        return "\(sources) \(sides.joined(separator: " UNION ALL "))"
    }

    private var keyIndices: [Int] { columns.indices.filter { key.contains(columns[$0].name) } }

    private var unordered: String { key.isEmpty ? wholeRows : keyedRows }

    private var sources: String {
        "WITH old_rows AS (\(side(old, \.old))), new_rows AS (\(side(new, \.new)))"
    }

    private func side(_ snapshot: TableSnapshot?, _ name: (ComparedColumn) -> String?) -> String {
        let items = columns.enumerated().map { index, column in
            let value = snapshot == nil ? nil : name(column)
            return "CAST(\(value.map { sqlIdentifier($0) } ?? "NULL") AS \(column.field.type.sql)) AS c\(index)"
        }
        let list = (["true AS present"] + items).joined(separator: ", ")
        return snapshot.map { "SELECT \(list) FROM (\(ScanSQL($0).select))" } ?? "SELECT \(list) WHERE false"
    }

    private var keyedRows: String {
        let pairs = columns.indices.map { "old_rows.c\($0) AS o\($0), new_rows.c\($0) AS n\($0)" }
        let join = keyIndices.map { "old_rows.c\($0) IS NOT DISTINCT FROM new_rows.c\($0)" }
        let compared = columns.indices.filter { columns[$0].isCommon && !key.contains(columns[$0].name) }
        let changed = compared.map { "old_rows.c\($0) IS DISTINCT FROM new_rows.c\($0)" }
        let conditions = ["old_rows.present IS NULL", "new_rows.present IS NULL"] + changed
        return """
            \(sources) SELECT CASE WHEN old_rows.present IS NULL THEN '+' WHEN new_rows.present IS NULL THEN '-' \
            ELSE '~' END AS change, \(pairs.joined(separator: ", ")) FROM old_rows FULL OUTER JOIN new_rows \
            ON \(join.joined(separator: " AND ")) WHERE \(conditions.joined(separator: " OR "))
            """
    }

    private var wholeRows: String {
        let names = columns.indices.map { "c\($0)" }.joined(separator: ", ")
        let before = columns.indices.map { "c\($0) AS o\($0), NULL AS n\($0)" }.joined(separator: ", ")
        let after = columns.indices.map { "NULL AS o\($0), c\($0) AS n\($0)" }.joined(separator: ", ")
        return """
            \(sources) SELECT '-' AS change, \(before) FROM (SELECT \(names) FROM old_rows EXCEPT ALL \
            SELECT \(names) FROM new_rows) UNION ALL \
            SELECT '+' AS change, \(after) FROM (SELECT \(names) FROM new_rows EXCEPT ALL SELECT \(names) FROM old_rows)
            """
    }
}

/// A column of a table's two states.
package struct ComparedColumn: Sendable {
    /// As the newer state has it, or the older where that is the only one.
    package let field: Field
    /// Its names; nil where a state does not have it.
    package let old: String?
    package let new: String?

    package var name: String { field.name }
    package var isCommon: Bool { old != nil && new != nil }

    /// Those of the newer state in their order, then those that only the older one has.
    static func all(_ old: TableSnapshot?, _ new: TableSnapshot?) -> [ComparedColumn] {
        let isSame = old?.state.uuid == new?.state.uuid
        func isSameColumn(_ first: Field, _ second: Field) -> Bool {
            isSame ? first.id == second.id : first.name == second.name
        }
        let before = old?.schema.fields ?? []
        let after = new?.schema.fields ?? []
        let present = after.map { field in
            ComparedColumn(field: field, old: before.first { isSameColumn($0, field) }?.name, new: field.name)
        }
        let gone = before.filter { field in !after.contains { isSameColumn($0, field) } }
        return present + gone.map { ComparedColumn(field: $0, old: $0.name, new: nil) }
    }
}
