import Base
import Columns
import Engine
import Iceberg
import Lake

/// Counts, minima and maxima of a whole table, read from its manifests instead of its files.
struct MetadataAnswer {
    private let values: [(text: String?, type: ColumnType?)]

    /// Nil where the statement asks for anything else, or the manifests do not know exactly.
    init?(_ tree: JSONValue, _ snapshot: TableSnapshot) {
        guard snapshot.pruned == PrunedFiles(), let node = tree["statements"]?.array?.first?["node"],
            Self.isPlain(node), let table = node["from_table"], let items = node["select_list"]?.array, !items.isEmpty
        else { return nil }
        var values: [(text: String?, type: ColumnType?)] = []
        for item in items {
            guard let value = Self.value(item, table, snapshot) else { return nil }
            values.append(value)
        }
        self.values = values
    }

    /// A statement of constants with the names that the engine gives the columns.
    func sql(_ schema: Schema) -> String? {
        guard schema.fields.count == values.count else { return nil }
        let items = zip(values, schema.fields).map { value, field in
            let text = value.text.map { sqlLiteral($0) } ?? "NULL"
            return "CAST(\(text) AS \(value.type?.sql ?? field.type.sql)) AS \(sqlIdentifier(field.name))"
        }
        return "SELECT \(items.joined(separator: ", "))"
    }

    /// One table and nothing else: no grouping, no order, no sample, and no condition unless it is allowed.
    static func isPlain(_ node: JSONValue, allowsCondition: Bool = false) -> Bool {
        guard node["type"]?.string == "SELECT_NODE", node["from_table"]?["type"]?.string == "BASE_TABLE",
            node["modifiers"]?.array?.isEmpty == true, node["cte_map"]?["map"]?.array?.isEmpty == true,
            node["group_expressions"]?.array?.isEmpty == true, node["group_sets"]?.array?.isEmpty == true,
            node["from_table"]?["column_name_alias"]?.array?.isEmpty == true
        else { return false }
        var parts = ["having", "sample", "qualify"].map { node[$0] } + [node["from_table"]?["sample"]]
        if !allowsCondition { parts.append(node["where_clause"]) }
        return parts.allSatisfy { $0?.isNull == true }
    }

    private static func value(
        _ item: JSONValue,
        _ table: JSONValue,
        _ snapshot: TableSnapshot
    )
        -> (text: String?, type: ColumnType?)?
    {
        guard item["class"]?.string == "FUNCTION", item["distinct"] == .bool(false), item["filter"]?.isNull == true,
            item["order_bys"]?["orders"]?.array?.isEmpty == true, item["export_state"] == .bool(false),
            let children = item["children"]?.array
        else { return nil }
        switch item["function_name"]?.string?.lowercased() {
        case "count_star" where children.isEmpty:
            // Two delete files of one data file may name the same row; those of other writers, one row twice.
            let deletesMax = isOutside(snapshot) ? 0 : 1
            guard snapshot.files.allSatisfy({ $0.deletes.count <= deletesMax }) else { return nil }
            return snapshot.exactRowCount.map { (String($0), .long) }
        case "min" where children.count == 1:
            return bound(column(children[0], table, snapshot), snapshot, isLower: true)
        case "max" where children.count == 1:
            return bound(column(children[0], table, snapshot), snapshot, isLower: false)
        default: return nil
        }
    }

    /// Others than Tarn may have written the table: their bounds need only bound.
    private static func isOutside(_ snapshot: TableSnapshot) -> Bool { snapshot.state.owner == .open }

    /// The table's own column that an expression names; nil for anything else.
    private static func column(_ expression: JSONValue, _ table: JSONValue, _ snapshot: TableSnapshot) -> Field? {
        guard expression["class"]?.string == "COLUMN_REF",
            let names = expression["column_names"]?.array?.compactMap({ $0.string?.lowercased() }),
            let name = names.last
        else { return nil }
        let alias = table["alias"]?.string?.lowercased() ?? ""
        let namespace = table["schema_name"]?.string?.lowercased() ?? ""
        let own = table["table_name"]?.string?.lowercased() ?? ""
        let qualifiers = alias.isEmpty ? [[], [own], [namespace, own]] : [[], [alias]]
        let fields = snapshot.schema.fields.filter { $0.name.lowercased() == name }
        return qualifiers.contains(Array(names.dropLast())) && fields.count == 1 ? fields[0] : nil
    }

    private static func bound(
        _ field: Field?,
        _ snapshot: TableSnapshot,
        isLower: Bool
    )
        -> (text: String?, type: ColumnType?)?
    {
        guard let field, hasExactBounds(field.type), !isOutside(snapshot) else { return nil }
        var best: [UInt8]?
        for file in snapshot.files {
            guard file.deletes.isEmpty else { return nil }
            let data = file.dataFile
            guard let bytes = isLower ? data.lowerBounds[field.id] : data.upperBounds[field.id] else {
                guard data.nullValueCounts[field.id] == data.recordCount else { return nil }
                continue
            }
            guard let known = best else {
                best = bytes
                continue
            }
            guard let order = SingleValue.compare(bytes, known, as: field.type) else { return nil }
            if isLower ? order < 0 : order > 0 { best = bytes }
        }
        guard let best else { return (nil, field.type) }
        return SingleValue.text(of: best, as: field.type).map { ($0, field.type) }
    }

    /// Texts are cut in manifests, floats may be NaN: their bounds are no values.
    private static func hasExactBounds(_ type: ColumnType) -> Bool {
        switch type {
        case .boolean, .int, .long, .decimal, .date, .time, .timestamp, .timestamptz: true
        default: false
        }
    }
}
