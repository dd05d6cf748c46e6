import Base
import Columns

/// The columns of all tables as far as they are known, each with a fingerprint of them.
struct KnownSchemas: Sendable {
    private var schemas: [TableName: Schema]
    private var fingerprints: [TableName: Fingerprint]

    init(_ catalog: TableCatalog) {
        schemas = catalog.tables.mapValues(\.schema)
        fingerprints = schemas.mapValues(Self.fingerprint)
    }

    subscript(name: TableName) -> Schema? { schemas[name] }

    mutating func learn(_ name: TableName, _ schema: Schema) {
        schemas[name] = schema
        fingerprints[name] = Self.fingerprint(schema)
    }

    mutating func forget(_ name: TableName) {
        schemas[name] = nil
        fingerprints[name] = nil
    }

    /// Of tables with their names and columns, in their order; nil where one of them is not known.
    func fingerprint(of names: [TableName]) -> Fingerprint? {
        var result = Fingerprint()
        for name in names {
            guard let columns = fingerprints[name] else { return nil }
            result.add(name.namespace)
            result.add(name.name)
            result.add(columns)
        }
        return result
    }

    private static func fingerprint(_ schema: Schema) -> Fingerprint {
        var writer = CacheWriter()
        writer.schema(schema)
        return Fingerprint(writer.bytes)
    }
}
