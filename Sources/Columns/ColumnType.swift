/// The types of the lake: Iceberg's, which every source and the engine map to and from.
package indirect enum ColumnType: Sendable, Hashable {
    case boolean
    case int
    case long
    case float
    case double
    /// At most 38 digits.
    case decimal(precision: Int, scale: Int)
    case date
    case time
    case timestamp
    case timestamptz
    case string
    case uuid
    case fixed(Int)
    case binary
    case structure([Field])
    case list(Field)
    case map(key: Field, value: Field)
}

/// A named, typed column, or a child of one. `id` is its identity in every file of the table, for ever.
package struct Field: Sendable, Hashable {
    package var id: Int
    package var name: String
    package var type: ColumnType
    package var isRequired: Bool
    package var documentation: String?

    package init(id: Int, name: String, type: ColumnType, isRequired: Bool = false, documentation: String? = nil) {
        self.id = id
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.documentation = documentation
    }
}

/// The columns of a table at one time.
package struct Schema: Sendable, Hashable {
    /// The number Iceberg gives this version of the columns.
    package var id: Int
    package var fields: [Field]
    /// The columns that make up the key, by field id.
    package var identifierFieldIDs: [Int]

    package init(id: Int = 0, fields: [Field], identifierFieldIDs: [Int] = []) {
        self.id = id
        self.fields = fields
        self.identifierFieldIDs = identifierFieldIDs
    }

    package func field(named name: String) -> Field? { fields.first { $0.name == name } }

    /// The highest field id in use, children included.
    package var lastColumnID: Int { fields.map(\.highestID).max() ?? 0 }
}

extension Field {
    package var highestID: Int { max(id, type.children.map(\.highestID).max() ?? 0) }

    /// The same field with ids given in order by `next`, parents before children, as Iceberg assigns them.
    package func reassigned(_ next: inout Int) -> Field {
        next += 1
        var copy = self
        copy.id = next
        copy.type = type.reassigned(&next)
        return copy
    }
}

extension ColumnType {
    /// Child fields: of a struct all, of a list its element, of a map its key and value.
    package var children: [Field] {
        switch self {
        case .structure(let fields): fields
        case .list(let element): [element]
        case .map(let key, let value): [key, value]
        default: []
        }
    }

    package func reassigned(_ next: inout Int) -> ColumnType {
        switch self {
        case .structure(let fields): .structure(fields.map { $0.reassigned(&next) })
        case .list(let element): .list(element.reassigned(&next))
        case .map(let key, let value):
            .map(key: key.reassigned(&next), value: value.reassigned(&next))
        default: self
        }
    }
}
