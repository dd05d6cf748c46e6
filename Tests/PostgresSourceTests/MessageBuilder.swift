@testable import PostgresSource

/// Writes pgoutput messages by hand, byte by byte.
struct MessageBuilder {
    var bytes: [UInt8] = []

    enum Field {
        case null
        case unchanged
        case binary([UInt8])
        case text(String)

        static func int4(_ value: Int32) -> Field { .binary(bigEndian(value)) }
        static func string(_ value: String) -> Field { .binary(Array(value.utf8)) }
    }

    static func begin(final: UInt64, transaction: UInt32 = 700) -> [UInt8] {
        [UInt8(ascii: "B")] + bigEndian(final) + bigEndian(Int64(0)) + bigEndian(transaction)
    }

    static func commit(_ final: UInt64, end: UInt64) -> [UInt8] {
        [UInt8(ascii: "C"), 0] + bigEndian(final) + bigEndian(end) + bigEndian(Int64(1))
    }

    static func relation(_ relation: RelationMessage) -> [UInt8] {
        var bytes = [UInt8(ascii: "R")] + bigEndian(relation.oid)
        bytes += Array(relation.namespace.utf8) + [0] + Array(relation.name.utf8) + [0, relation.identity]
        bytes += bigEndian(UInt16(relation.columns.count))
        for column in relation.columns {
            bytes += [column.isKey ? 1 : 0] + Array(column.name.utf8) + [0]
            bytes += bigEndian(column.type) + bigEndian(column.modifier)
        }
        return bytes
    }

    static func insert(_ oid: UInt32, _ new: [Field]) -> [UInt8] {
        [UInt8(ascii: "I")] + bigEndian(oid) + tuple("N", new)
    }

    static func update(_ oid: UInt32, old: (Unicode.Scalar, [Field])? = nil, _ new: [Field]) -> [UInt8] {
        [UInt8(ascii: "U")] + bigEndian(oid) + (old.map { tuple($0.0, $0.1) } ?? []) + tuple("N", new)
    }

    static func delete(_ oid: UInt32, _ letter: Unicode.Scalar, _ old: [Field]) -> [UInt8] {
        [UInt8(ascii: "D")] + bigEndian(oid) + tuple(letter, old)
    }

    static func truncate(_ oids: [UInt32]) -> [UInt8] {
        [UInt8(ascii: "T")] + bigEndian(UInt32(oids.count)) + [0] + oids.flatMap { bigEndian($0) }
    }

    private static func tuple(_ letter: Unicode.Scalar, _ fields: [Field]) -> [UInt8] {
        var bytes = [UInt8(ascii: letter)] + bigEndian(UInt16(fields.count))
        for field in fields {
            switch field {
            case .null: bytes.append(UInt8(ascii: "n"))
            case .unchanged: bytes.append(UInt8(ascii: "u"))
            case .binary(let value): bytes += [UInt8(ascii: "b")] + bigEndian(UInt32(value.count)) + value
            case .text(let value):
                bytes += [UInt8(ascii: "t")] + bigEndian(UInt32(value.utf8.count)) + Array(value.utf8)
            }
        }
        return bytes
    }
}

func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    stride(from: Value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> Value($0)) }
}
