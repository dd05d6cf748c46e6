package import Base
package import Columns

/// One step in the life of a table's columns. Columns are named by path: children of structs after a dot, the element
/// of a list as `element`, the value of a map as `value`.
///
/// No step rewrites a file: files are read by field id, and what a step asks of old files they can give.
package enum SchemaChange: Sendable, Hashable {
    /// A new last column, or child of the struct before the last dot. It is optional: old rows have nothing in it.
    case add(String, ColumnType, documentation: String? = nil)
    case drop(String)
    /// The new name alone, without a path.
    case rename(String, to: String)
    case move(String, Place)
    /// int to long, float to double, a decimal to more digits.
    case widen(String, to: ColumnType)
    /// From required to optional; the way back would need every file read.
    case makeOptional(String)

    /// Where a column goes among its siblings.
    package enum Place: Sendable, Hashable {
        case first
        /// After a neighbour, by its own name.
        case after(String)
    }
}

extension Schema {
    /// The columns after these steps, in their order.
    ///
    /// - Parameter table: what else the table knows: the ids that were given, earlier columns, partition specs.
    /// - Throws: `lake.schemaRefused` naming the column for a step that old files or readers cannot follow.
    package func applying(_ changes: [SchemaChange], of table: TableMetadata) throws(TarnError) -> Schema {
        var editor = SchemaEditor(
            schema: self,
            lastID: max(table.lastColumnID, lastColumnID),
            former: try table.schemas,
            partitionSources: Set(
                table.partitionSpecs.flatMap(\.fields).filter { $0.transform != .void }.map(\.sourceID)
            )
        )
        for change in changes { try editor.apply(change) }
        return editor.schema
    }
}

private struct SchemaEditor {
    var schema: Schema
    var lastID: Int
    let former: [Schema]
    let partitionSources: Set<Int>

    mutating func apply(_ change: SchemaChange) throws(TarnError) {
        switch change {
        case .add(let path, let type, let documentation): try add(path, type, documentation)
        case .drop(let path): try drop(path)
        case .rename(let path, let name): try rename(path, to: name)
        case .move(let path, let place): try move(path, place)
        case .widen(let path, let type): try widen(path, to: type)
        case .makeOptional(let path): try makeOptional(path)
        }
    }

    private mutating func add(_ path: String, _ type: ColumnType, _ documentation: String?) throws(TarnError) {
        let (parent, name) = Self.divided(path)
        let field = Field(id: 0, name: name, type: type, documentation: documentation).reassigned(&lastID)
        try requireWritable(type, path)
        let names = self
        try edit(siblingsOf: parent, for: path) { (siblings, owner) throws(TarnError) in
            try names.requireFree(name, among: siblings, owner: owner, path)
            siblings.append(field)
        }
    }

    private mutating func drop(_ path: String) throws(TarnError) {
        let (parent, name) = Self.divided(path)
        let used = partitionSources.union(schema.identifierFieldIDs)
        try edit(siblingsOf: parent, for: path) { (siblings, owner) throws(TarnError) in
            let index = try Self.index(of: name, in: siblings, path)
            guard !siblings[index].holds(anyOf: used) else {
                throw Self.refusal(path, "it is part of the table's key or of a partition spec")
            }
            guard owner?.type.isStructure ?? true else { throw Self.refusal(path, "lists and maps keep their parts") }
            guard siblings.count > 1 else { throw Self.refusal(path, "nothing would be left beside it") }
            siblings.remove(at: index)
        }
    }

    private mutating func rename(_ path: String, to newName: String) throws(TarnError) {
        let (parent, name) = Self.divided(path)
        let names = self
        try edit(siblingsOf: parent, for: path) { (siblings, owner) throws(TarnError) in
            let index = try Self.index(of: name, in: siblings, path)
            guard owner?.type.isStructure ?? true else {
                throw Self.refusal(path, "parts of lists and maps have no names")
            }
            let others = siblings.enumerated().filter { $0.offset != index }.map(\.element)
            try names.requireFree(newName, among: others, owner: owner, path, keeping: siblings[index].id)
            siblings[index].name = newName
        }
    }

    private mutating func move(_ path: String, _ place: SchemaChange.Place) throws(TarnError) {
        let (parent, name) = Self.divided(path)
        try edit(siblingsOf: parent, for: path) { (siblings, owner) throws(TarnError) in
            guard owner?.type.isStructure ?? true else {
                throw Self.refusal(path, "parts of lists and maps have no order")
            }
            let field = siblings.remove(at: try Self.index(of: name, in: siblings, path))
            switch place {
            case .first: siblings.insert(field, at: 0)
            case .after(let neighbour):
                siblings.insert(field, at: try Self.index(of: neighbour, in: siblings, path) + 1)
            }
        }
    }

    private mutating func widen(_ path: String, to type: ColumnType) throws(TarnError) {
        let (parent, name) = Self.divided(path)
        try edit(siblingsOf: parent, for: path) { (siblings, owner) throws(TarnError) in
            let index = try Self.index(of: name, in: siblings, path)
            if case .map = owner?.type, index == 0 { throw Self.refusal(path, "keys of maps keep their type") }
            guard siblings[index].type.widens(to: type) else {
                throw Self.refusal(path, "its values do not all fit the new type, or old files could not be read by it")
            }
            siblings[index].type = type
        }
    }

    private mutating func makeOptional(_ path: String) throws(TarnError) {
        let (parent, name) = Self.divided(path)
        let key = Set(schema.identifierFieldIDs)
        try edit(siblingsOf: parent, for: path) { (siblings, owner) throws(TarnError) in
            let index = try Self.index(of: name, in: siblings, path)
            if case .map = owner?.type, index == 0 { throw Self.refusal(path, "keys of maps are never null") }
            guard !siblings[index].holds(anyOf: key) else { throw Self.refusal(path, "it is part of the table's key") }
            siblings[index].isRequired = false
        }
    }
}

extension SchemaEditor {
    private typealias Edit = (inout [Field], _ owner: Field?) throws(TarnError) -> Void

    private static func divided(_ path: String) -> (parent: [String], name: String) {
        let names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return (names.dropLast(), names.last ?? "")
    }

    private mutating func edit(siblingsOf parent: [String], for path: String, _ body: Edit) throws(TarnError) {
        try Self.edit(&schema.fields, parent[...], owner: nil, path, body)
    }

    private static func edit(
        _ fields: inout [Field],
        _ parent: ArraySlice<String>,
        owner: Field?,
        _ path: String,
        _ body: Edit
    ) throws(TarnError) {
        guard let name = parent.first else { return try body(&fields, owner) }
        let index = try Self.index(of: name, in: fields, path)
        var children = fields[index].type.children
        guard !children.isEmpty else { throw refusal(path, "`\(name)` has no parts") }
        try edit(&children, parent.dropFirst(), owner: fields[index], path, body)
        fields[index].type = fields[index].type.withChildren(children)
    }

    private static func index(of name: String, in fields: [Field], _ path: String) throws(TarnError) -> Int {
        guard let index = fields.firstIndex(where: { $0.name == name }) else {
            throw refusal(path, "there is no `\(name)` in its place")
        }
        return index
    }

    /// Names are free that nobody has; inside of structs also that nobody ever had, because files name children there.
    private func requireFree(
        _ name: String,
        among siblings: [Field],
        owner: Field?,
        _ path: String,
        keeping id: Int? = nil
    ) throws(TarnError) {
        let wanted = name.lowercased()
        guard !wanted.isEmpty, wanted != "file_row_number" else { throw Self.refusal(path, "the name cannot be used") }
        guard !siblings.contains(where: { $0.name.lowercased() == wanted }) else {
            throw Self.refusal(path, "there is a column of the name `\(name)` already")
        }
        guard let owner else { return }
        guard owner.type.isStructure else { throw Self.refusal(path, "lists and maps get no further parts") }
        let earlier = former.flatMap { $0.fields.flatMap { $0.children(of: owner.id) } }
        guard !earlier.contains(where: { $0.name.lowercased() == wanted && $0.id != id }) else {
            throw Self.refusal(path, "`\(name)` meant another part of the struct before, and files name these")
        }
    }

    private func requireWritable(_ type: ColumnType, _ path: String) throws(TarnError) {
        if case .fixed = type { throw Self.refusal(path, "columns of fixed length cannot be written") }
        for child in type.children { try requireWritable(child.type, path) }
    }

    private static func refusal(_ path: String, _ reason: String) -> TarnError {
        TarnError(
            .schemaRefused,
            "The table's columns cannot change so: \(reason).",
            detail: ["column": path]
        )
    }
}

extension Field {
    fileprivate func holds(anyOf ids: Set<Int>) -> Bool {
        ids.contains(id) || type.children.contains { $0.holds(anyOf: ids) }
    }

    /// The children of the field with this id, wherever below it is.
    fileprivate func children(of id: Int) -> [Field] {
        self.id == id ? type.children : type.children.flatMap { $0.children(of: id) }
    }
}

extension ColumnType {
    /// Whether every value of this type has the same meaning in the other, so that old files can be read as of it.
    package func widens(to type: ColumnType) -> Bool {
        switch (self, type) {
        case (.int, .long), (.float, .double): true
        case (.decimal(let old, let scale), .decimal(let new, let newScale)):
            scale == newScale && new > old && new <= 38
        default: false
        }
    }

    fileprivate var isStructure: Bool { if case .structure = self { true } else { false } }

    /// The same kind of type around other children; as many as before, but for structs.
    fileprivate func withChildren(_ children: [Field]) -> ColumnType {
        switch self {
        case .structure: .structure(children)
        case .list: .list(children[0])
        case .map: .map(key: children[0], value: children[1])
        default: self
        }
    }
}
