package import Base

/// A branch of the whole lake: a version of main, and what was changed since on the branch alone.
package struct BranchState: Sendable, Equatable {
    /// The version of the lake that made it: tells it from a later branch of the same name.
    package var made: Int64
    /// The version of main that is read where the branch changed nothing.
    package var base: Int64
    package var author: String
    package var time: Timestamp
    /// The version of the lake that changed it last.
    package var version: Int64
    /// The tables that the branch changed or dropped.
    package var tables: [TableName: BranchTable]

    /// Tables that differ from what they were taken from: those that can be published.
    package var changedTables: [TableName] { tables.filter { $0.value.isChanged }.map(\.key).sorted() }
}

/// A table as a branch has it.
package struct BranchTable: Sendable, Equatable {
    /// The state of main that it was taken from; nil where main had no such table.
    package var base: TableState?
    /// Nil: dropped on the branch.
    package var state: TableState?

    package var isChanged: Bool { base != state }
}

extension BranchTable {
    var json: JSONValue { ["base": base?.json ?? .null, "state": state?.json ?? .null] }

    init(_ json: JSONValue) throws(TarnError) {
        let reader = RecordReader(json: json)
        base = try reader.json["base"].flatMap { (json) throws(TarnError) in try TableState(json) }
        state = try reader.json["state"].flatMap { (json) throws(TarnError) in try TableState(json) }
    }
}

extension BranchState {
    /// What was settled when the branch was made.
    var origin: JSONValue {
        ["base": .integer(base), "author": .string(author), "time": .string(time.description)]
    }

    /// A branch that nothing was changed on yet.
    init(origin json: JSONValue, made: Int64) throws(TarnError) {
        let reader = RecordReader(json: json)
        guard let time = Timestamp(iso8601: try reader.string("time")) else { throw reader.missing("time") }
        self.init(
            made: made,
            base: try reader.integer("base"),
            author: try reader.string("author"),
            time: time,
            version: made,
            tables: [:]
        )
    }

    var json: JSONValue {
        var object = origin.object ?? [:]
        object.append("made", .integer(made))
        object.append("version", .integer(version))
        var members = JSONObject()
        for (name, table) in tables.sorted(by: { $0.key < $1.key }) { members.append(name.description, table.json) }
        object.append("tables", .object(members))
        return .object(object)
    }

    init(_ json: JSONValue) throws(TarnError) {
        let reader = RecordReader(json: json)
        try self.init(origin: json, made: try reader.integer("made"))
        version = try reader.integer("version")
        for member in try reader.object("tables").members {
            guard let name = TableName(member.key) else { throw reader.missing("table name") }
            tables[name] = try BranchTable(member.value)
        }
    }
}
