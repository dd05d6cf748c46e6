import Base
import Columns
import Iceberg
import Testing

@Suite struct SchemaChangeTests {
    private static let place = ColumnType.structure([
        Field(id: 6, name: "city", type: .string), Field(id: 7, name: "zip", type: .int, isRequired: true),
    ])

    private static func table() throws -> TableMetadata {
        let schema = Schema(
            fields: [
                Field(id: 1, name: "id", type: .int, isRequired: true), Field(id: 2, name: "day", type: .date),
                Field(id: 3, name: "price", type: .decimal(precision: 9, scale: 2)),
                Field(id: 4, name: "ratio", type: .float), Field(id: 5, name: "place", type: place),
                Field(id: 8, name: "tags", type: .list(Field(id: 9, name: "element", type: .int))),
                Field(
                    id: 10,
                    name: "labels",
                    type: .map(
                        key: Field(id: 11, name: "key", type: .int, isRequired: true),
                        value: Field(id: 12, name: "value", type: place.moved(by: 7))
                    )
                ),
            ],
            identifierFieldIDs: [1]
        )
        var metadata = TableMetadata.create(
            uuid: "9c12d441-03fe-4693-9a96-a0705ddf69c1",
            location: "mem:/t",
            schema: schema,
            properties: [],
            now: Timestamp(microseconds: 0)
        )
        metadata.setSpec(try PartitionSpec([PartitionTerm(.month, of: "day")], of: schema))
        return metadata
    }

    private func names(_ changes: SchemaChange...) throws -> String {
        let table = try Self.table()
        return try table.currentSchema.applying(changes, of: table).fields.map { "\($0.name):\($0.id)" }
            .joined(separator: " ")
    }

    private static let rest = "place:5 tags:8 labels:10"

    @Test("columns are added, dropped, renamed and moved, and keep their ids")
    func columns() throws {
        #expect(try names(.add("note", .string)) == "id:1 day:2 price:3 ratio:4 \(Self.rest) note:15")
        #expect(try names(.drop("ratio"), .add("ratio", .int)) == "id:1 day:2 price:3 \(Self.rest) ratio:15")
        #expect(
            try names(.rename("price", to: "x"), .rename("ratio", to: "price"), .rename("x", to: "ratio"))
                == "id:1 day:2 ratio:3 price:4 \(Self.rest)"
        )
        #expect(
            try names(.move("ratio", .first), .move("id", .after("day"))) == "ratio:4 day:2 id:1 price:3 \(Self.rest)"
        )
        #expect(try names(.rename("day", to: "since")) == "id:1 since:2 price:3 ratio:4 \(Self.rest)")
    }

    @Test("children of structs change in place, inside of maps too, and types widen")
    func nested() throws {
        let table = try Self.table()
        let schema = try table.currentSchema.applying(
            [
                .add("place.land", .structure([Field(id: 0, name: "code", type: .string)])),
                .rename("place.city", to: "town"), .drop("place.zip"), .widen("id", to: .long),
                .widen("labels.value.zip", to: .long), .makeOptional("labels.value.zip"),
                .widen("tags.element", to: .long), .widen("ratio", to: .double),
                .widen("price", to: .decimal(precision: 38, scale: 2)), .move("place.land", .first),
            ],
            of: table
        )
        #expect(schema.fields.map(\.type)[0...3] == [.long, .date, .decimal(precision: 38, scale: 2), .double])
        #expect(
            schema.fields[4].type
                == .structure([
                    Field(id: 15, name: "land", type: .structure([Field(id: 16, name: "code", type: .string)])),
                    Field(id: 6, name: "town", type: .string),
                ])
        )
        #expect(schema.fields[5].type == .list(Field(id: 9, name: "element", type: .long)))
        guard case .map(_, let value) = schema.fields[6].type else { throw TarnError(.unsupported, "no map") }
        #expect(value.type.children[1] == Field(id: 14, name: "zip", type: .long))
        #expect(schema.identifierFieldIDs == [1])
    }

    @Test("steps are read as people write them")
    func texts() throws {
        for (text, change) in [
            ("add note string", .add("note", .string)), ("DROP  note ", .drop("note")),
            ("rename \"unit price\" to price", .rename("unit price", to: "price")),
            ("move note first", .move("note", .first)), ("move a.b after c", .move("a.b", .after("c"))),
            ("widen price to decimal(20, 2)", .widen("price", to: .decimal(precision: 20, scale: 2))),
            ("make id optional", .makeOptional("id")),
        ] as [(String, SchemaChange)] {
            #expect(try SchemaChange(parsing: text) == change)
        }
        for text in ["", "add note", "add note text", "rename a b", "move a before b", "drop \"a", "widen a to int)"] {
            #expect(throws: TarnError.self, "\(text)") { try SchemaChange(parsing: text) }
        }
    }

    @Test(
        "steps that old files or readers cannot follow are refused, naming the column",
        arguments: [
            [.drop("missing")], [.drop("id")], [.drop("day")], [.makeOptional("id")], [.rename("id", to: "DAY")],
            [.add("Day", .int)], [.add("", .int)], [.add("code", .fixed(3))], [.add("missing.x", .int)],
            [.add("tags.x", .int)], [.add("id.x", .int)], [.widen("id", to: .int)], [.widen("id", to: .string)],
            [.widen("price", to: .decimal(precision: 8, scale: 2))], [.widen("labels.key", to: .long)],
            [.widen("price", to: .decimal(precision: 12, scale: 3))], [.widen("ratio", to: .float)],
            [.drop("tags.element")], [.rename("labels.key", to: "k")], [.move("labels.value", .first)],
            [.drop("place.zip"), .add("place.zip", .int)], [.rename("place.zip", to: "z"), .add("place.zip", .int)],
            [.drop("place.zip"), .drop("place.city")], [.move("id", .after("missing"))], [.makeOptional("labels.key")],
        ] as [[SchemaChange]]
    )
    func refusals(changes: [SchemaChange]) throws {
        let table = try Self.table()
        let error = #expect(throws: TarnError.self) { try table.currentSchema.applying(changes, of: table) }
        #expect(error?.code == .schemaRefused)
        #expect(error?.detail.first?.key == "column")
    }
}

extension ColumnType {
    fileprivate func moved(by distance: Int) -> ColumnType {
        .structure(
            children.map { Field(id: $0.id + distance, name: $0.name, type: $0.type, isRequired: $0.isRequired) }
        )
    }
}
