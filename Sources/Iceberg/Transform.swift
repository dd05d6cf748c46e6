import Base
package import Columns

/// What makes a partition value of a column's value (specification: Partition Transforms).
///
/// All of them map equal values to equal ones, and null to null. All but `bucket` also keep the order.
package enum Transform: Sendable, Hashable {
    case identity
    case bucket(Int)
    case truncate(Int)
    case year
    case month
    case day
    case hour
    /// Null for every value: a field that a later spec dropped.
    case void
    /// Of a later version of the format: read, but nothing follows from its values.
    case unknown(String)

    package init(_ text: String) {
        if let count = Self.argument(text, of: "bucket") {
            self = .bucket(count)
        } else if let width = Self.argument(text, of: "truncate") {
            self = .truncate(width)
        } else {
            self = Self.plain.first { $0.description == text } ?? .unknown(text)
        }
    }

    private static let plain: [Transform] = [.identity, .year, .month, .day, .hour, .void]

    /// The positive number in `bucket[16]`.
    private static func argument(_ text: String, of name: String) -> Int? {
        guard text.hasPrefix("\(name)["), text.hasSuffix("]") else { return nil }
        return Int32(text.dropFirst(name.count + 1).dropLast()).flatMap { $0 > 0 ? Int($0) : nil }
    }
}

extension Transform: CustomStringConvertible {
    /// As table metadata spells it.
    package var description: String {
        switch self {
        case .identity: "identity"
        case .bucket(let count): "bucket[\(count)]"
        case .truncate(let width): "truncate[\(width)]"
        case .year: "year"
        case .month: "month"
        case .day: "day"
        case .hour: "hour"
        case .void: "void"
        case .unknown(let text): text
        }
    }
}

extension Transform {
    /// The type of the partition values; nil where the transform takes no such column.
    package func result(of source: ColumnType) -> ColumnType? {
        switch (self, source) {
        case (.void, _), (.identity, _): source.children.isEmpty ? source : nil
        case (.bucket, .int), (.bucket, .long), (.bucket, .decimal), (.bucket, .date), (.bucket, .time),
            (.bucket, .timestamp), (.bucket, .timestamptz), (.bucket, .string), (.bucket, .uuid), (.bucket, .fixed),
            (.bucket, .binary):
            .int
        case (.truncate, .int), (.truncate, .long), (.truncate, .decimal), (.truncate, .string), (.truncate, .binary):
            source
        case (.year, .date), (.year, .timestamp), (.year, .timestamptz), (.month, .date), (.month, .timestamp),
            (.month, .timestamptz), (.hour, .timestamp), (.hour, .timestamptz):
            .int
        case (.day, .date), (.day, .timestamp), (.day, .timestamptz): .date
        default: nil
        }
    }

    /// The partition value of a value, both in the binary form of bounds.
    ///
    /// - Returns: nil where the bytes are no value of the type, or the transform takes no such column.
    package func apply(_ bytes: [UInt8], as source: ColumnType) -> [UInt8]? {
        guard result(of: source) != nil else { return nil }
        return switch self {
        case .identity: bytes
        case .bucket(let count):
            Self.hash(bytes, as: source).map { SingleValue.littleEndian(Int32(Int($0 & Int32.max) % count)) }
        case .truncate(let width): Self.truncated(bytes, as: source, to: width)
        case .year: Self.months(bytes, source).map { SingleValue.littleEndian(Int32($0.flooringDivide(12))) }
        case .month: Self.months(bytes, source).map { SingleValue.littleEndian(Int32($0)) }
        case .day: Self.days(bytes, source).flatMap { Int32(exactly: $0) }.map(SingleValue.littleEndian)
        case .hour:
            SingleValue.integer(bytes).map { $0.flooringDivide(3_600_000_000) }.flatMap { Int32(exactly: $0) }
                .map(SingleValue.littleEndian)
        case .void, .unknown: nil
        }
    }

    private static func hash(_ bytes: [UInt8], as source: ColumnType) -> Int32? {
        switch source {
        case .int, .long, .date, .time, .timestamp, .timestamptz: SingleValue.integer(bytes).map { Murmur3.hash($0) }
        case .decimal: SingleValue.bigEndian(bytes).map { Murmur3.hash(minimalBigEndian($0)) }
        default: Murmur3.hash(bytes)
        }
    }

    private static func truncated(_ bytes: [UInt8], as source: ColumnType, to width: Int) -> [UInt8]? {
        switch source {
        case .int, .long:
            guard let value = SingleValue.integer(bytes),
                let floor = floor(Int128(value), width).flatMap({ Int64(exactly: $0) })
            else { return nil }
            return source == .int
                ? Int32(exactly: floor).map(SingleValue.littleEndian) : SingleValue.littleEndian(floor)
        case .decimal:
            return SingleValue.bigEndian(bytes).flatMap { floor($0, width) }.map(minimalBigEndian)
        case .string:
            guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
            return Array(String(String.UnicodeScalarView(text.unicodeScalars.prefix(width))).utf8)
        default: return Array(bytes.prefix(width))
        }
    }

    /// The next multiple of `width` at or below; nil where there is none.
    private static func floor(_ value: Int128, _ width: Int) -> Int128? {
        let width = Int128(width)
        let (result, isBelow) = value.subtractingReportingOverflow(((value % width) + width) % width)
        return isBelow ? nil : result
    }

    private static func days(_ bytes: [UInt8], _ source: ColumnType) -> Int64? {
        guard let value = SingleValue.integer(bytes) else { return nil }
        guard source == .date else { return value.flooringDivide(86_400_000_000) }
        return Int32(exactly: value).map { Int64($0) }
    }

    /// Since January 1970.
    private static func months(_ bytes: [UInt8], _ source: ColumnType) -> Int64? {
        days(bytes, source).map { CivilDate(daysSinceEpoch: $0) }.map { ($0.year - 1970) * 12 + Int64($0.month) - 1 }
    }
}
