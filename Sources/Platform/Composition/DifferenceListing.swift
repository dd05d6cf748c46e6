package import Base
internal import Columns
package import Lake
package import Query
internal import Settings

/// What `tarn diff` prints of several tables: how many rows of each differ.
package struct DifferenceListing: Sendable {
    private let comparison: Comparison
    private var summaries: [DifferenceSummary] = []

    package init(
        _ comparison: Comparison,
        key: [String]?,
        in session: QuerySession,
        as access: AccessContext
    ) async throws(TarnError) {
        self.comparison = comparison
        for pair in comparison.pairs { summaries.append(try await session.summary(of: pair, key: key, as: access)) }
    }

    package var text: String {
        guard !summaries.isEmpty else { return "No table differs.\n" }
        var table = TextTable([
            ("table", .left), ("", .left), ("added", .right), ("removed", .right), ("changed", .right),
            ("columns", .left),
        ])
        for summary in summaries {
            let difference = summary.difference
            table.add([
                difference.pair.name.description, difference.kind, Quantity.text(count: summary.added),
                Quantity.text(count: summary.removed), Quantity.text(count: summary.changed),
                difference.columnChanges.joined(separator: ", "),
            ])
        }
        return table.text
    }

    package var json: JSONValue {
        let tables = summaries.map { summary -> JSONValue in
            [
                "table": .string(summary.difference.pair.name.description), "kind": .string(summary.difference.kind),
                "added": .integer(summary.added), "removed": .integer(summary.removed),
                "changed": .integer(summary.changed),
                "columns": .array(summary.difference.columnChanges.map { .string($0) }),
                "key": .array(summary.difference.key.map { .string($0) }),
            ]
        }
        return ["from": .string(comparison.old), "to": .string(comparison.new), "tables": .array(tables)]
    }
}

/// What `tarn diff` prints of one table: its rows that differ.
package struct RowListing: Sendable {
    private let comparison: Comparison
    private let rows: DifferingRows

    package var isCut: Bool { rows.isCut }

    package init(_ comparison: Comparison, _ rows: DifferingRows) {
        self.comparison = comparison
        self.rows = rows
    }

    private var columns: [ComparedColumn] { rows.difference.columns }

    package var text: String {
        var titles: [(title: String, alignment: TextTable.Alignment)] = [("", .left)]
        for column in columns { titles.append((column.name, .left)) }
        var table = TextTable(titles)
        rows.map(
            { ValueText.text($0, $1) ?? "" },
            { change, old, new in
                let cells = columns.indices.map { index -> String in
                    switch change {
                    case .added: new[index]
                    case .removed: old[index]
                    case .changed: changed(columns[index], old[index], new[index])
                    }
                }
                table.add([change.rawValue] + cells)
            }
        )
        let notes = rows.difference.columnChanges
        return (notes.isEmpty ? "" : "columns: \(notes.joined(separator: ", "))\n") + table.text
    }

    private func changed(_ column: ComparedColumn, _ old: String, _ new: String) -> String {
        guard column.isCommon else { return column.new == nil ? old : new }
        return old == new ? new : "\(old) -> \(new)"
    }

    package var json: JSONValue {
        var list: [JSONValue] = []
        rows.map(
            { ValueText.json($0, $1) },
            { change, old, new in
                switch change {
                case .added: list.append(["change": "added", "after": object(new, \.new)])
                case .removed: list.append(["change": "removed", "before": object(old, \.old)])
                case .changed:
                    list.append(["change": "changed", "before": object(old, \.old), "after": object(new, \.new)])
                }
            }
        )
        return [
            "from": .string(comparison.old), "to": .string(comparison.new),
            "table": .string(rows.difference.pair.name.description), "kind": .string(rows.difference.kind),
            "key": .array(rows.difference.key.map { .string($0) }),
            "columns": .array(rows.difference.columnChanges.map { .string($0) }),
            "is_cut": .bool(rows.isCut), "rows": .array(list),
        ]
    }

    private func object(_ values: [JSONValue], _ name: (ComparedColumn) -> String?) -> JSONValue {
        var object = JSONObject()
        for (column, value) in zip(columns, values) {
            if let name = name(column) { object.append(name, value) }
        }
        return .object(object)
    }
}

extension TableDifference {
    fileprivate var kind: String {
        switch (pair.old, pair.new) {
        case (nil, _): "added"
        case (_, nil): "removed"
        case (let old?, let new?): old.uuid == new.uuid ? "changed" : "replaced"
        }
    }

    /// `+late`, `-old`, `was -> is`; nothing for a table that is there on one side only.
    fileprivate var columnChanges: [String] {
        guard pair.old != nil, pair.new != nil else { return [] }
        return columnsOfBoth.compactMap { column -> String? in
            switch (column.old, column.new) {
            case (nil, let new?): "+\(new)"
            case (let old?, nil): "-\(old)"
            case (let old?, let new?): old == new ? nil : "\(old) -> \(new)"
            case (nil, nil): nil
            }
        }
    }
}
