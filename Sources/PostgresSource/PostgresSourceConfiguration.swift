/// What a source's file says about a PostgreSQL database.
package struct PostgresSourceConfiguration: Sendable {
    package var name: String
    /// A libpq connection string or URI. May hold a password: never shown.
    package var connection: String
    package var slot: String
    package var publication: String
    /// `schema.table`, with `*` for any run of characters.
    package var tables: [String]
    package var exclude: [String]
    /// How many chunks of a snapshot are read at once; nil: as many as the machine has cores, at most four.
    package var readers: Int?

    /// - Parameter lake: the lake's id. It is part of the default names: slots of all databases of a server share one
    ///   space of names, and two lakes must not take each other's.
    package init(
        name: String,
        connection: String,
        slot: String? = nil,
        publication: String? = nil,
        tables: [String],
        exclude: [String] = [],
        readers: Int? = nil,
        lake: String = ""
    ) {
        self.name = name
        self.connection = connection
        let own = "tarn_\(Self.identifier(name))" + (lake.isEmpty ? "" : "_\(lake.prefix(8))")
        self.slot = slot ?? own
        self.publication = publication ?? own
        self.tables = tables
        self.exclude = exclude
        self.readers = readers
    }

    func includes(namespace: String, name: String) -> Bool {
        tables.contains { TablePattern($0).matches(namespace: namespace, name: name) }
            && !exclude.contains { TablePattern($0).matches(namespace: namespace, name: name) }
    }

    /// A slot's name may hold lower-case letters, digits and underscores only.
    private static func identifier(_ name: String) -> String {
        String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }
}

/// `schema.table` with `*` for any run of characters; without a dot the schema is `public`.
package struct TablePattern: Sendable {
    private let namespace: [Character]
    private let name: [Character]

    package init(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        namespace = parts.count == 2 ? Array(parts[0]) : Array("public")
        name = Array(parts[parts.count - 1])
    }

    package func matches(namespace: String, name: String) -> Bool {
        Self.matches(Array(namespace), self.namespace) && Self.matches(Array(name), self.name)
    }

    /// Greedy matching that goes back to the last `*` only: linear in practice, never recursive.
    private static func matches(_ text: [Character], _ pattern: [Character]) -> Bool {
        var (at, place) = (0, 0)
        var star: (place: Int, at: Int)?
        while at < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, at)
                place += 1
            } else if place < pattern.count, pattern[place] == text[at] {
                at += 1
                place += 1
            } else if let back = star {
                star = (back.place, back.at + 1)
                at = back.at + 1
                place = back.place + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
