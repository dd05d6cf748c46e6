package import Capture

/// A table's shape as pgoutput announces it before the first change in that shape.
package struct RelationMessage: Sendable, Hashable {
    package struct Column: Sendable, Hashable {
        package var isKey: Bool
        package var name: String
        package var type: UInt32
        package var modifier: Int32

        package init(isKey: Bool, name: String, type: UInt32, modifier: Int32) {
            self.isKey = isKey
            self.name = name
            self.type = type
            self.modifier = modifier
        }
    }

    package var oid: UInt32
    package var namespace: String
    package var name: String
    /// `d` key, `f` whole row, `i` an index, `n` nothing.
    package var identity: UInt8
    package var columns: [Column]

    package var qualifiedName: String { "\(namespace).\(name)" }
    /// With REPLICA IDENTITY FULL every column counts as one of the key.
    var hidesKey: Bool { identity == UInt8(ascii: "f") }

    package init(oid: UInt32, namespace: String, name: String, identity: UInt8, columns: [Column]) {
        self.oid = oid
        self.namespace = namespace
        self.name = name
        self.identity = identity
        self.columns = columns
    }

    /// Reads what follows the letter `R`.
    init(_ reader: inout ByteReader) throws(WireFault) {
        oid = try reader.integer(UInt32.self)
        let namespace = try reader.terminatedText()
        self.namespace = namespace.isEmpty ? "pg_catalog" : namespace
        name = try reader.terminatedText()
        identity = try reader.unsigned8()
        columns = []
        for _ in 0..<(try reader.integer(UInt16.self)) {
            let flags = try reader.unsigned8()
            let name = try reader.terminatedText()
            let type = try reader.integer(UInt32.self)
            let modifier = try reader.integer(Int32.self)
            columns.append(Column(isKey: flags & 1 == 1, name: name, type: type, modifier: modifier))
        }
        guard reader.count == 0 else { throw .malformed }
    }
}

/// What the server's catalog says about a relation whose message alone does not tell enough.
package struct RelationFacts: Sendable {
    package var types: [UInt32: TypeCatalog.Entry]
    /// Columns that rows older than the column may hold a value in, without any change being sent.
    package var columnsWithDefault: Set<String>
    /// Columns that the catalog still has.
    package var columns: Set<String>
    package var layout: TableLayout?

    package init(
        types: [UInt32: TypeCatalog.Entry],
        columnsWithDefault: Set<String>,
        columns: Set<String>,
        layout: TableLayout? = nil
    ) {
        self.types = types
        self.columnsWithDefault = columnsWithDefault
        self.columns = columns
        self.layout = layout
    }
}
