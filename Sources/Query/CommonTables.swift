/// The names of common table expressions that a table in the tree can mean.
///
/// A name counts here only if the engine takes it for the same expression: what is taken for one stays in the tree as it
/// is, and the engine would look for any other name in its own catalog, or for a file.
struct CommonTables {
    /// Names are compared as the engine does, by their bytes and without the case of ASCII letters alone.
    private typealias Name = [UInt8]

    private var plain: Set<Name> = []
    /// The expressions by key whose whole result so far can be read as `recurring.name`.
    private var recurring: Set<Name> = []

    mutating func insert(_ name: String) { plain.insert(Self.folded(name)) }

    /// With the expression that its own recursive half sees.
    func recursing(into name: String) -> Self {
        var inner = self
        inner.insert(name)
        inner.recurring.insert(Self.folded(name))
        return inner
    }

    func contains(_ name: String, in namespace: String) -> Bool {
        switch namespace {
        case "": plain.contains(Self.folded(name))
        case "recurring": recurring.contains(Self.folded(name))
        default: false
        }
    }

    /// False for names that mean something of the engine's own where no expression hides it: the views of its catalog,
    /// and files. That no such name is ever in scope holds whatever the rules of scope are.
    static func allows(_ name: String) -> Bool {
        let name = folded(name)
        return !name.contains { Array("./*:".utf8).contains($0) }
            && !["duckdb_", "pg_", "sqlite_", "pragma_"].contains { name.starts(with: $0.utf8) }
    }

    private static func folded(_ name: String) -> Name {
        name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}
