import Base
import Capture
import Columns

@testable import PostgresSource

/// A table `shop.orders (id int4 key, note text, paid numeric(10,2))`, and its messages.
enum Orders {
    static let oid: UInt32 = 16_500
    static let message = RelationMessage(
        oid: oid,
        namespace: "shop",
        name: "orders",
        identity: UInt8(ascii: "d"),
        columns: [
            RelationMessage.Column(isKey: true, name: "id", type: 23, modifier: -1),
            RelationMessage.Column(isKey: false, name: "note", type: 25, modifier: -1),
            RelationMessage.Column(isKey: false, name: "paid", type: 1700, modifier: 10 << 16 | 2 + 4),
        ]
    )
    static let table = CapturedTable(
        identity: UInt64(oid),
        namespace: "shop",
        name: "orders",
        schema: Schema(
            fields: [
                Field(id: 1, name: "id", type: .int),
                Field(id: 2, name: "note", type: .string),
                Field(id: 3, name: "paid", type: .decimal(precision: 10, scale: 2)),
            ],
            identifierFieldIDs: [1]
        ),
        key: [0]
    )

    /// The numeric 1234.50 in binary.
    static let amount = MessageBuilder.Field.binary(numeric(groups: [1234, 5000], weight: 0, scale: 2))
    static let notANumber = MessageBuilder.Field.binary(numeric(groups: [], weight: 0, sign: 0xC000, scale: 0))

    static func row(_ id: Int32, _ note: MessageBuilder.Field = .string("n")) -> [MessageBuilder.Field] {
        [.int4(id), note, amount]
    }
}

func numeric(groups: [UInt16], weight: Int16, sign: UInt16 = 0, scale: UInt16) -> [UInt8] {
    bigEndian(Int16(groups.count)) + bigEndian(weight) + bigEndian(sign) + bigEndian(scale)
        + groups.flatMap { bigEndian($0) }
}

extension ChangeAssembler {
    @discardableResult
    mutating func feed(_ bytes: [UInt8]) throws(TarnError) -> Outcome {
        try ByteReader.reading(bytes) { (reader) throws(TarnError) in try consume(reader) }
    }

    mutating func feed(all messages: [[UInt8]]) throws(TarnError) {
        for message in messages { try feed(message) }
    }
}
