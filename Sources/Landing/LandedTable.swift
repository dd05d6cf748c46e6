package import Base
package import Capture
import Columns
import Iceberg

/// A captured table and where it lands: what the lake keeps of a source beside its position.
package struct LandedTable: Sendable, Equatable {
    package var captured: CapturedTable
    package var bronze: TableName
    /// Nil for a table without a key.
    package var silver: TableName?
    /// Why the table is no longer followed; nil while it is.
    package var stopped: String?
    /// The checks of its silver table that did not pass when rows changed last.
    package var failingChecks: [CheckState] = []

    package init(captured: CapturedTable, bronze: TableName, silver: TableName?, stopped: String? = nil) {
        self.captured = captured
        self.bronze = bronze
        self.silver = silver
        self.stopped = stopped
    }
}

extension LandedTable {
    /// The form in which the commit log keeps the tables of a source, by their name at the source.
    package static func json(_ tables: [LandedTable]) -> JSONValue {
        var object = JSONObject()
        for table in tables.sorted(by: { $0.captured.qualifiedName < $1.captured.qualifiedName }) {
            object.append(table.captured.qualifiedName, table.json)
        }
        return .object(object)
    }

    package static func parse(_ json: JSONValue) throws(TarnError) -> [LandedTable] {
        var tables: [LandedTable] = []
        for member in json.object?.members ?? [] {
            guard let table = try LandedTable(member.value) else {
                throw TarnError(
                    .corruptData,
                    "The lake's record of a captured table is damaged.",
                    detail: ["table": member.key]
                )
            }
            tables.append(table)
        }
        return tables
    }

    private var json: JSONValue {
        var object: JSONObject = [
            "identity": .integer(Int64(bitPattern: captured.identity)), "schema": .string(captured.namespace),
            "table": .string(captured.name), "columns": SchemaCodec.encode(captured.schema),
            "key": .array(captured.key.map { .integer(Int64($0)) }),
            "schema_version": .integer(Int64(captured.schemaVersion)), "bronze": .string(bronze.description),
            "silver": silver.map { .string($0.description) } ?? .null, "stopped": stopped.map { .string($0) } ?? .null,
            "layout": captured.layout?.json ?? .null,
        ]
        if !failingChecks.isEmpty { object["failing_checks"] = .array(failingChecks.map(\.json)) }
        return .object(object)
    }

    private init?(_ json: JSONValue) throws(TarnError) {
        guard let identity = json["identity"]?.integer, let namespace = json["schema"]?.string,
            let name = json["table"]?.string, let columns = json["columns"], let key = json["key"]?.array,
            let version = json["schema_version"]?.integer, let bronze = json["bronze"]?.string.flatMap(TableName.init)
        else { return nil }
        let schema = try SchemaCodec.decode(columns)
        let positions = key.compactMap { $0.integer.flatMap { Int(exactly: $0) } }
        guard positions.count == key.count, positions.allSatisfy(schema.fields.indices.contains) else { return nil }
        captured = CapturedTable(
            identity: UInt64(bitPattern: identity),
            namespace: namespace,
            name: name,
            schema: schema,
            key: positions,
            schemaVersion: Int(truncatingIfNeeded: version),
            layout: json["layout"].flatMap(TableLayout.init)
        )
        self.bronze = bronze
        silver = json["silver"]?.string.flatMap(TableName.init)
        stopped = json["stopped"]?.string
        if let silver { failingChecks = json["failing_checks"]?.array?.compactMap { CheckState($0, of: silver) } ?? [] }
    }
}

extension TableLayout {
    fileprivate var json: JSONValue {
        var parts = JSONObject()
        for (part, file) in files.sorted(by: { $0.key < $1.key }) { parts.append(String(part), .integer(Int64(file))) }
        return [
            "columns": .array(columns.map { .integer(Int64($0)) }), "key": .array(key.map { .integer(Int64($0)) }),
            "files": .object(parts),
        ]
    }

    /// Nil for what an older version did not write: the layout is taken anew.
    fileprivate init?(_ json: JSONValue) {
        guard let columns = json["columns"]?.array, let key = json["key"]?.array, let files = json["files"]?.object
        else {
            return nil
        }
        let parts = files.members.compactMap { member in
            UInt64(member.key).flatMap { part in
                member.value.integer.flatMap { UInt64(exactly: $0) }.map { (part, $0) }
            }
        }
        self.init(
            columns: columns.compactMap { $0.integer.flatMap { Int(exactly: $0) } },
            key: key.compactMap { $0.integer.flatMap { Int(exactly: $0) } },
            files: Dictionary(parts) { $1 }
        )
    }
}
