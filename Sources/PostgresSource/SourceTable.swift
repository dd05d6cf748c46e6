internal import Base
internal import Capture
internal import Columns

/// A table as the server's catalog describes it.
struct SourceTable: Sendable {
    struct Column: Sendable {
        var name: String
        var type: UInt32
        var modifier: Int32
        /// The type as a person writes it.
        var typeName: String
    }

    var oid: UInt32
    var namespace: String
    var name: String
    var isPartitioned: Bool
    /// `d` key, `f` whole row, `i` an index, `n` nothing.
    var identity: String
    var blocks: Int64
    var estimatedRows: Int64
    var isReadable: Bool
    var columns: [Column] = []
    var key: [String] = []
    var layout: TableLayout?

    var qualifiedName: String { "\(namespace).\(name)" }
    var sql: String { "\(namespace.quoted).\(name.quoted)" }

    /// Whether an update can be sent: publishing updates of a table without identity breaks its writers.
    var hasIdentity: Bool { identity == "f" || (identity != "n" && !key.isEmpty) }

    /// The table in the lake's types, or why it cannot be captured.
    func captured(_ types: TypeCatalog) -> Result<(CapturedTable, [WireType]), TarnError> {
        guard !columns.isEmpty else { return .failure(withoutColumns) }
        var wires: [WireType] = []
        for column in columns {
            guard case .wire(let wire) = types.resolve(column.type, modifier: column.modifier) else {
                return .failure(unsupported(column))
            }
            if case .array = wire, key.contains(column.name) { return .failure(unsupportedKey(column)) }
            wires.append(wire)
        }
        let names = columns.map(\.name)
        let fields = CapturedTable.fields(names: names, wires: wires)
        let positions = key.compactMap { name in names.firstIndex(of: name) }
        let table = CapturedTable(
            identity: UInt64(oid),
            namespace: namespace,
            name: name,
            schema: Schema(fields: fields, identifierFieldIDs: positions.map { $0 + 1 }),
            key: positions.count == key.count ? positions : [],
            layout: layout
        )
        return .success((table, wires))
    }

    private func unsupported(_ column: Column) -> TarnError {
        TarnError(
            .unsupported,
            "Column \(qualifiedName).\(column.name) has the type \(column.typeName), which cannot be kept.",
            detail: ["table": qualifiedName, "column": column.name],
            remedy: "Change the column to a supported type (text holds anything), or exclude the table."
        )
    }

    private func unsupportedKey(_ column: Column) -> TarnError {
        TarnError(
            .unsupported,
            "Column \(qualifiedName).\(column.name) of the key has the type \(column.typeName), which no key can hold.",
            detail: ["table": qualifiedName, "column": column.name],
            remedy: "Choose another key with ALTER TABLE \(sql) REPLICA IDENTITY USING INDEX …, or exclude the table."
        )
    }

    private var withoutColumns: TarnError {
        TarnError(
            .unsupported,
            "Table \(qualifiedName) has no columns that could be kept.",
            detail: ["table": qualifiedName],
            remedy: "Exclude the table."
        )
    }

    var identityStop: TarnError? {
        guard !hasIdentity else { return nil }
        return TarnError(
            .sourceSetup,
            "Table \(qualifiedName) has no replica identity, so its updates and deletes cannot be captured.",
            detail: ["table": qualifiedName],
            remedy: identityRemedy
        )
    }

    var identityRemedy: String {
        key.isEmpty ? "ALTER TABLE \(sql) REPLICA IDENTITY FULL;" : "ALTER TABLE \(sql) REPLICA IDENTITY DEFAULT;"
    }
}
