package import Columns

private let daysFrom1970To2000: Int64 = 10_957
private let microsecondsFrom1970To2000: Int64 = 946_684_800_000_000
private let microsecondsADay: Int64 = 86_400_000_000
/// 0001-01-01 to 9999-12-31, in days since 1970-01-01.
private let days: ClosedRange<Int64> = -719_162...2_932_896

extension WireType {
    /// Appends one binary value. When it throws, `column` may hold parts of the value: the caller discards the row.
    package func append(_ field: ByteReader, to column: inout Column) throws(ValueFault) {
        do {
            switch self {
            case .int4: column.append(int32: try field.whole(Int32.self))
            case .int8: column.append(int64: try field.whole(Int64.self))
            case .text: unsafe column.append(raw: field.rest)
            case .int2: column.append(int32: Int32(try field.whole(Int16.self)))
            case .bool: column.append(bool: try field.whole(UInt8.self) != 0)
            case .unsigned4: column.append(int64: Int64(try field.whole(UInt32.self)))
            case .float4: column.append(float: Float(bitPattern: try field.whole(UInt32.self)))
            case .float8: column.append(double: Double(bitPattern: try field.whole(UInt64.self)))
            case .uuid: column.append(int128: Int128(truncatingIfNeeded: try field.whole(UInt128.self)))
            case .bytea: unsafe column.append(raw: field.rest)
            default: try appendConverted(field, to: &column)
            }
        } catch let fault as ValueFault {
            throw fault
        } catch {
            throw .malformed
        }
    }

    private func appendConverted(_ field: ByteReader, to column: inout Column) throws {
        switch self {
        case .decimal(let precision, let scale):
            let value = try NumericReader(field).unscaled(precision: precision, scale: scale)
            if precision <= 18 { column.append(int64: Int64(value)) } else { column.append(int128: value) }
        case .date: column.append(int32: try Self.date(field))
        case .timestamp, .timestamptz: column.append(int64: try Self.moment(field))
        case .time: column.append(int64: try Self.timeOfDay(field))
        case .jsonb: try Self.appendJSONB(field, to: &column)
        case .array(let element): try Self.appendArray(field, of: element, to: &column)
        default: column.append(bytes: try text(field))
        }
    }

    /// The types that are kept as PostgreSQL's own text.
    private func text(_ field: ByteReader) throws -> [UInt8] {
        switch self {
        case .numericText: try NumericReader(field).text()
        case .singleByte: try ValueText.singleByte(field)
        case .timetz: try ValueText.timeWithZone(field)
        case .interval: try ValueText.interval(field)
        case .network: try ValueText.network(field)
        case .macaddr: try ValueText.macaddr(field)
        case .bits: try ValueText.bits(field)
        case .lsn: Array(LSN(try field.whole(UInt64.self)).description.utf8)
        default: throw ValueFault.malformed
        }
    }

    private static func date(_ field: ByteReader) throws -> Int32 {
        let raw = try field.whole(Int32.self)
        guard raw != .max, raw != .min else { throw ValueFault.notFinite }
        let day = Int64(raw) + daysFrom1970To2000
        guard days.contains(day) else { throw ValueFault.outOfRange }
        return Int32(day)
    }

    private static func moment(_ field: ByteReader) throws -> Int64 {
        let raw = try field.whole(Int64.self)
        guard raw != .max, raw != .min else { throw ValueFault.notFinite }
        let (value, overflow) = raw.addingReportingOverflow(microsecondsFrom1970To2000)
        guard !overflow, value >= days.lowerBound * microsecondsADay, value < (days.upperBound + 1) * microsecondsADay
        else { throw ValueFault.outOfRange }
        return value
    }

    private static func timeOfDay(_ field: ByteReader) throws -> Int64 {
        let value = try field.whole(Int64.self)
        guard value != microsecondsADay else { throw ValueFault.endOfDay }
        guard (0..<microsecondsADay).contains(value) else { throw ValueFault.malformed }
        return value
    }

    private static func appendJSONB(_ field: ByteReader, to column: inout Column) throws {
        var field = field
        guard try field.unsigned8() == 1 else { throw ValueFault.malformed }
        unsafe column.append(raw: field.rest)
    }

    private static func appendArray(_ field: ByteReader, of element: WireType, to column: inout Column) throws {
        var field = field
        let dimensions = try field.integer(Int32.self)
        _ = try field.integer(Int32.self)
        _ = try field.integer(UInt32.self)
        guard dimensions != 0 else { return column.closeList() }
        guard dimensions == 1 else { throw ValueFault.arrayShape }
        let length = try field.integer(Int32.self)
        guard try field.integer(Int32.self) == 1 else { throw ValueFault.arrayShape }
        try column.withListChild { child in
            for _ in 0..<max(0, length) {
                let size = try field.integer(Int32.self)
                if size == -1 {
                    child.appendNull()
                } else {
                    try element.append(try field.take(Int(size)), to: &child)
                }
            }
        }
        guard field.count == 0 else { throw ValueFault.malformed }
        column.closeList()
    }
}
