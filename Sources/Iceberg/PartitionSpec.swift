package import Base
package import Columns

/// One column of a table's partitions, made of one of its columns.
package struct PartitionField: Sendable, Hashable {
    package var sourceID: Int
    /// Unique over all specs of a table; equal fields of several specs share it.
    package var fieldID: Int
    package var name: String
    package var transform: Transform

    package init(sourceID: Int, fieldID: Int, name: String, transform: Transform) {
        self.sourceID = sourceID
        self.fieldID = fieldID
        self.name = name
        self.transform = transform
    }
}

/// How rows are divided among files: all rows of a data file have the same values of all fields.
package struct PartitionSpec: Sendable, Hashable {
    package var id: Int
    package var fields: [PartitionField]

    package init(id: Int = 0, fields: [PartitionField]) {
        self.id = id
        self.fields = fields
    }

    package static let unpartitioned = PartitionSpec(fields: [])

    /// Field ids of partitions begin here.
    static let firstFieldID = 1000

    package var isPartitioned: Bool { fields.contains { $0.transform != .void } }
}

/// A partition field as people write it: `region`, `day(ordered_at)`, `bucket(16, customer_id)`, `truncate(8, name)`.
package struct PartitionTerm: Sendable, Hashable {
    package var transform: Transform
    /// Children of structs after a dot.
    package var column: String

    package init(_ transform: Transform, of column: String) {
        self.transform = transform
        self.column = column
    }

    /// - Throws: `configuration.invalid` for what is no term.
    package init(parsing text: String) throws(TarnError) {
        let text = text.trimmed
        guard text.hasSuffix(")"), let open = text.firstIndex(of: "(") else {
            guard !text.isEmpty, !text.contains("(") else { throw Self.malformed(text) }
            self.init(.identity, of: text)
            return
        }
        let arguments = text[text.index(after: open)...].dropLast().split(
            separator: ",",
            omittingEmptySubsequences: false
        ).map { String($0).trimmed }
        let name = text[..<open].lowercased().trimmed
        switch arguments.count {
        case 1: self.init(Transform(name), of: arguments[0])
        case 2: self.init(Transform("\(name)[\(arguments[0])]"), of: arguments[1])
        default: throw Self.malformed(text)
        }
        if case .unknown = transform { throw Self.malformed(text) }
        guard transform != .void, !column.isEmpty else { throw Self.malformed(text) }
    }

    /// As it is read.
    package var text: String {
        switch transform {
        case .identity: column
        case .bucket(let count): "bucket(\(count), \(column))"
        case .truncate(let width): "truncate(\(width), \(column))"
        default: "\(transform)(\(column))"
        }
    }

    private static func malformed(_ text: String) -> TarnError {
        TarnError(
            .configurationInvalid,
            "A partition field cannot be read.",
            detail: ["field": text],
            remedy: "Write column, year(column), month(column), day(column), hour(column), bucket(16, column) or "
                + "truncate(8, column)."
        )
    }
}

extension PartitionSpec {
    /// The spec that terms make on a table's columns, with ids of its own.
    ///
    /// - Throws: `configuration.invalid` for a column that is missing or of a type that the transform does not take,
    ///   and for fields of one name.
    package init(_ terms: [PartitionTerm], of schema: Schema) throws(TarnError) {
        var fields: [PartitionField] = []
        for term in terms {
            let source = try Self.source(of: term, schema)
            let name = Self.name(of: term, among: schema)
            guard !fields.contains(where: { $0.name.lowercased() == name.lowercased() }) else {
                throw TarnError(.configurationInvalid, "Two partition fields have one name.", detail: ["field": name])
            }
            let fieldID = Self.firstFieldID + fields.count
            fields.append(
                PartitionField(sourceID: source.id, fieldID: fieldID, name: name, transform: term.transform)
            )
        }
        self.init(fields: fields)
    }

    private static func source(of term: PartitionTerm, _ schema: Schema) throws(TarnError) -> Field {
        guard let field = schema.field(path: term.column.split(separator: ".").map(String.init)) else {
            throw TarnError(
                .configurationInvalid,
                "A table cannot be partitioned by a column that it does not have.",
                detail: ["column": term.column]
            )
        }
        let isFloat = field.type == .float || field.type == .double
        guard !isFloat, term.transform.result(of: field.type) != nil else {
            throw TarnError(
                .configurationInvalid,
                "A column's type does not go with its partition transform.",
                detail: ["column": term.column, "transform": term.transform.description],
                remedy: "Partition by another column, or with another transform."
            )
        }
        return field
    }

    /// As Iceberg's own writers name fields; one that is not the column itself must not have the name of any.
    private static func name(of term: PartitionTerm, among schema: Schema) -> String {
        let suffix =
            switch term.transform {
            case .identity: ""
            case .bucket: "_bucket"
            case .truncate: "_trunc"
            default: "_\(term.transform)"
            }
        var name = term.column + suffix
        guard term.transform != .identity else { return name }
        while schema.fields.contains(where: { $0.name.lowercased() == name.lowercased() }) { name += "_partition" }
        return name
    }
}

extension PartitionSpec {
    /// The fields as people write them; one whose column is gone is left out.
    package func terms(in schema: Schema) -> [PartitionTerm] {
        fields.filter { $0.transform != .void }.compactMap { field in
            schema.path(to: field.sourceID).map {
                PartitionTerm(field.transform, of: $0.map(\.name).joined(separator: "."))
            }
        }
    }

    /// The values' types, in order; nil for a field whose column is gone or whose transform is not known.
    package func types(in schemas: [Schema]) -> [ColumnType?] {
        fields.map { field in
            let source = schemas.lazy.compactMap { $0.path(to: field.sourceID)?.last }.first
            return source.flatMap { field.transform.result(of: $0.type) }
        }
    }

    init?(_ json: JSONValue) {
        guard let id = json["spec-id"]?.integer.flatMap({ Int32(exactly: $0) }), let members = json["fields"]?.array
        else { return nil }
        self.init(id: Int(id), members: members)
    }

    /// - Parameter members: the fields as table metadata lists them; what cannot be read of them is left unknown.
    init(id: Int, members: [JSONValue]) {
        self.id = id
        fields = members.enumerated().map { place, member in
            PartitionField(
                sourceID: member["source-id"]?.integer.flatMap { Int(exactly: $0) } ?? -1,
                fieldID: member["field-id"]?.integer.flatMap { Int(exactly: $0) } ?? Self.firstFieldID + place,
                name: member["name"]?.string ?? "",
                transform: Transform(member["transform"]?.string ?? "")
            )
        }
    }

    var json: JSONValue { ["spec-id": .integer(Int64(id)), "fields": .array(fields.map(\.json))] }
}

extension PartitionField {
    /// The same values under the same name, so that it is the same field in every spec.
    func isSame(as other: PartitionField) -> Bool {
        sourceID == other.sourceID && transform == other.transform && name == other.name
    }

    var json: JSONValue {
        [
            "source-id": .integer(Int64(sourceID)), "field-id": .integer(Int64(fieldID)), "name": .string(name),
            "transform": .string(transform.description),
        ]
    }
}

extension Schema {
    /// The field of this id with the structs around it, the outermost first; nil for what lies in a list or map.
    package func path(to id: Int) -> [Field]? { Self.path(to: id, among: fields) }

    private static func path(to id: Int, among fields: [Field]) -> [Field]? {
        for field in fields {
            if field.id == id { return [field] }
            if case .structure(let children) = field.type, let rest = path(to: id, among: children) {
                return [field] + rest
            }
        }
        return nil
    }

    /// The field under these names, through structs only; without regard to case where only one fits.
    package func field(path names: [String]) -> Field? {
        var children = fields
        var found: Field?
        for name in names {
            let same = children.filter { $0.name.lowercased() == name.lowercased() }
            guard let field = children.first(where: { $0.name == name }) ?? (same.count == 1 ? same[0] : nil)
            else { return nil }
            found = field
            if case .structure(let fields) = field.type { children = fields } else { children = [] }
        }
        return found
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
