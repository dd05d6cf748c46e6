internal import Base
package import Capture
internal import Columns

/// A captured table while its changes are read: its shape, how its fields travel, and the batch they go to.
struct FollowedTable: Sendable {
    var table: CapturedTable
    var wires: [WireType]
    /// Index into the part's batches.
    var batch: Int?

    /// What a new relation message means for a table.
    enum Comparison {
        case same(FollowedTable)
        case needsCatalog
        case stop(TarnError)
    }

    /// Compares a relation message with the shape known so far. What the catalog tells beyond the message goes along as
    /// the table's layout, to be judged by whoever knows the earlier one.
    ///
    /// - Parameter facts: nil before the catalog was asked; only then is `needsCatalog` an answer.
    static func compare(
        _ known: CapturedTable,
        with message: RelationMessage,
        types: TypeCatalog,
        facts: RelationFacts?
    ) -> Comparison {
        var known = known
        if let layout = facts?.layout { known.layout = layout }
        var wires: [WireType] = []
        for column in message.columns {
            switch types.resolve(column.type, modifier: column.modifier) {
            case .wire(let wire): wires.append(wire)
            case .unknown where facts == nil: return .needsCatalog
            case .unknown: return .stop(changed(known, "the type of column \(column.name) is no longer known"))
            case .unsupported(let type): return .stop(changed(known, "column \(column.name) has the type \(type)"))
            }
        }
        let fields = CapturedTable.fields(names: message.columns.map(\.name), wires: wires)
        if let difference = difference(known, message, fields) { return .stop(changed(known, difference)) }
        guard fields.count > known.schema.fields.count else { return .same(Self(table: known, wires: wires)) }
        guard let facts else { return .needsCatalog }
        for field in fields.dropFirst(known.schema.fields.count) {
            guard facts.columns.contains(field.name) else {
                return .stop(changed(known, "column \(field.name) came and went"))
            }
            guard !facts.columnsWithDefault.contains(field.name) else {
                return .stop(changed(known, "column \(field.name) was added with a default for existing rows"))
            }
        }
        var grown = known
        grown.schema.fields = fields
        grown.schemaVersion += 1
        return .same(Self(table: grown, wires: wires))
    }

    private static func difference(_ known: CapturedTable, _ message: RelationMessage, _ fields: [Field]) -> String? {
        guard fields.count >= known.schema.fields.count else { return "a column was dropped" }
        for (old, new) in zip(known.schema.fields, fields) {
            guard old.name == new.name else { return "column \(old.name) was dropped or renamed" }
            guard old.type.isSame(as: new.type) else { return "the type of column \(old.name) changed" }
        }
        guard message.identity == UInt8(ascii: "d") || message.identity == UInt8(ascii: "i") else { return nil }
        let key = message.columns.indices.filter { message.columns[$0].isKey }
        return key == known.key.sorted() ? nil : "the key changed"
    }

    private static func changed(_ table: CapturedTable, _ what: String) -> TarnError {
        TarnError(
            .schemaChanged,
            "Table \(table.qualifiedName) changed in a way that cannot be followed: \(what).",
            detail: ["table": table.qualifiedName]
        )
    }
}

extension CapturedTable {
    /// Ids of list elements begin here, so that columns keep the ids 1… in their order.
    package static let childIDBase = 10_000

    static func fields(names: [String], wires: [WireType]) -> [Field] {
        zip(names, wires).enumerated().map { index, column in
            Field(id: index + 1, name: column.0, type: column.1.columnType(childID: childIDBase + index + 1))
        }
    }
}

extension ColumnType {
    /// Equal apart from the field ids of children, which the lake may have renumbered.
    func isSame(as other: ColumnType) -> Bool {
        switch (self, other) {
        case (.list(let mine), .list(let theirs)): mine.type.isSame(as: theirs.type)
        default: self == other
        }
    }
}
