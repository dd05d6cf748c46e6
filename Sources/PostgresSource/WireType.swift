package import Columns

/// How a value of one PostgreSQL type travels in binary, and with it the type it takes in the lake.
package enum WireType: Sendable, Hashable {
    case bool, int2, int4, int8
    /// oid, xid, cid: unsigned 32 bits.
    case unsigned4
    case float4, float8
    case decimal(precision: Int, scale: Int)
    /// A numeric that no decimal of the lake can hold: PostgreSQL's own digits.
    case numericText
    case text, singleByte, jsonb, bytea
    case date, time, timetz, timestamp, timestamptz, interval
    case uuid
    case network, macaddr, bits, lsn
    indirect case array(WireType)

    package static let decimalDigitsMax = 38

    /// - Parameter childID: the field id of a list's element.
    package func columnType(childID: Int) -> ColumnType {
        switch self {
        case .bool: .boolean
        case .int2, .int4: .int
        case .int8, .unsigned4: .long
        case .float4: .float
        case .float8: .double
        case .decimal(let precision, let scale): .decimal(precision: precision, scale: scale)
        case .date: .date
        case .time: .time
        case .timestamp: .timestamp
        case .timestamptz: .timestamptz
        case .uuid: .uuid
        case .bytea: .binary
        case .numericText, .text, .singleByte, .jsonb, .timetz, .interval, .network, .macaddr, .bits, .lsn: .string
        case .array(let element):
            .list(Field(id: childID, name: "element", type: element.columnType(childID: childID)))
        }
    }

    /// A numeric's precision and scale are packed into its type modifier; without one the numeric is unbounded.
    package static func numeric(modifier: Int32) -> WireType {
        guard modifier >= 4 else { return .numericText }
        let packed = modifier - 4
        let precision = Int(packed >> 16 & 0xFFFF)
        let scale = Int((packed & 0x7FF) ^ 1024) - 1024
        guard (1...decimalDigitsMax).contains(precision), (0...precision).contains(scale) else { return .numericText }
        return .decimal(precision: precision, scale: scale)
    }
}

/// Why one value cannot be kept as it is.
package enum ValueFault: Error, Hashable {
    case malformed
    case notFinite
    case outOfRange
    case endOfDay
    case arrayShape
    case wrongFormat

    package var reason: String {
        switch self {
        case .malformed: "its bytes are not in the form of its type"
        case .notFinite: "NaN and infinity have no place in this type"
        case .outOfRange: "it lies outside of the years 0001 to 9999 or is too long for its type"
        case .endOfDay: "24:00:00 is not a time of day"
        case .arrayShape: "only arrays of one dimension that begin at 1 can be kept"
        case .wrongFormat: "the server sent it as text"
        }
    }
}
