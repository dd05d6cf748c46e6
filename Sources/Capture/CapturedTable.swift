package import Columns

/// A table of a source, as it looked at one place in the log.
package struct CapturedTable: Sendable, Hashable {
    /// The source's own identity of the table (PostgreSQL: its oid), kept across renames.
    package var identity: UInt64
    package var namespace: String
    package var name: String
    /// Columns in the source's order, with field ids 1… in that order; the landing gives them the lake's ids.
    package var schema: Schema
    /// Positions of the key's columns in `schema`, in the key's order. Empty: the table has no key.
    package var key: [Int]
    /// Counts the shapes of this table seen by this source, from 1.
    package var schemaVersion: Int
    /// Nil where the source does not tell it, or did not yet.
    package var layout: TableLayout?

    package init(
        identity: UInt64,
        namespace: String,
        name: String,
        schema: Schema,
        key: [Int],
        schemaVersion: Int = 1,
        layout: TableLayout? = nil
    ) {
        self.identity = identity
        self.namespace = namespace
        self.name = name
        self.schema = schema
        self.key = key
        self.schemaVersion = schemaVersion
        self.layout = layout
    }

    package var qualifiedName: String { "\(namespace).\(name)" }
}
