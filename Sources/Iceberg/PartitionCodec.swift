import Base
package import Columns

/// A partition spec with the types of its values, as manifests need it.
package struct PartitionType: Sendable, Hashable {
    /// A field with the type of its values.
    package struct Member: Sendable, Hashable {
        package var field: PartitionField
        package var type: ColumnType
    }

    package let spec: PartitionSpec
    package let members: [Member]

    /// Nil where the type of a field cannot be known: its transform is of a later format, or its column is in no
    /// schema.
    package init?(_ spec: PartitionSpec, schemas: [Schema]) {
        var members: [Member] = []
        for (field, type) in zip(spec.fields, spec.types(in: schemas)) {
            guard let type else { return nil }
            members.append(Member(field: field, type: type))
        }
        self.spec = spec
        self.members = members
    }

    package static let unpartitioned = PartitionType()

    private init() {
        spec = .unpartitioned
        members = []
    }

    /// Whether a file's partition is of this spec, so that it can be written.
    func fits(_ file: DataFile) -> Bool {
        file.specID == spec.id && file.partition.map(\.fieldID) == members.map(\.field.fieldID)
            && zip(file.partition, members).allSatisfy { value, member in
                value.bytes.map { SingleValue.compare($0, $0, as: member.type) == 0 } ?? true
            }
    }

    /// A file's partition with equal values in equal bytes, whatever type their column had when they were written.
    package func canonical(_ file: DataFile) -> [DataFile.PartitionValue] {
        zip(file.partition, members).map { value, member in
            var value = value
            value.bytes = value.bytes.map { Self.canonical($0, as: member.type) }
            return value
        }
    }

    private static func canonical(_ bytes: [UInt8], as type: ColumnType) -> [UInt8] {
        switch type {
        case .long: SingleValue.integer(bytes).map(SingleValue.long) ?? bytes
        case .decimal: SingleValue.bigEndian(bytes).map(SingleValue.decimal) ?? bytes
        default: bytes
        }
    }

    /// What a manifest of these files says of its partitions.
    ///
    /// - Precondition: all of them fit, so none is NaN.
    func summaries(of entries: [ManifestEntry]) -> [ManifestFile.FieldSummary] {
        members.indices.map { index in
            var summary = ManifestFile.FieldSummary(
                containsNull: false,
                containsNaN: false,
                lowerBound: nil,
                upperBound: nil
            )
            for entry in entries { add(entry.file.partition[index].bytes, to: &summary, members[index].type) }
            return summary
        }
    }

    private func add(_ bytes: [UInt8]?, to summary: inout ManifestFile.FieldSummary, _ type: ColumnType) {
        guard let bytes else {
            summary.containsNull = true
            return
        }
        if summary.lowerBound.map({ SingleValue.compare(bytes, $0, as: type) ?? 0 < 0 }) ?? true {
            summary.lowerBound = bytes
        }
        if summary.upperBound.map({ SingleValue.compare(bytes, $0, as: type) ?? 0 > 0 }) ?? true {
            summary.upperBound = bytes
        }
    }
}

extension PartitionType {
    /// The Avro type of a partition.
    var avro: JSONValue {
        ManifestSchemas.record(
            "r102",
            members.map { member in
                ManifestSchemas.optional(
                    AvroName.sanitized(member.field.name),
                    Int64(member.field.fieldID),
                    Self.avro(member.type, of: member.field)
                )
            }
        )
    }

    /// Named types carry the field's id in their name: a schema defines no name twice.
    private static func avro(_ type: ColumnType, of field: PartitionField) -> JSONValue {
        switch type {
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .decimal(let precision, let scale):
            [
                "type": "fixed", "name": .string("decimal_\(field.fieldID)"),
                "size": .integer(Int64(decimalLength(precision))), "logicalType": "decimal",
                "precision": .integer(Int64(precision)), "scale": .integer(Int64(scale)),
            ]
        case .date: ["type": "int", "logicalType": "date"]
        case .time: ["type": "long", "logicalType": "time-micros"]
        case .timestamp: ["type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": false]
        case .timestamptz: ["type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": true]
        case .string: "string"
        case .uuid: ["type": "fixed", "name": .string("uuid_\(field.fieldID)"), "size": 16, "logicalType": "uuid"]
        case .fixed(let length):
            ["type": "fixed", "name": .string("fixed_\(field.fieldID)"), "size": .integer(Int64(length))]
        case .binary: "bytes"
        case .structure, .list, .map: "null"
        }
    }

    /// - Precondition: the file fits.
    func write(_ file: DataFile, to encoder: inout AvroEncoder) {
        for (value, member) in zip(file.partition, members) {
            encoder.optional(value.bytes) { Self.write($1, as: member.type, to: &$0) }
        }
    }

    private static func write(_ bytes: [UInt8], as type: ColumnType, to encoder: inout AvroEncoder) {
        switch type {
        case .int, .long, .date, .time, .timestamp, .timestamptz: encoder.long(SingleValue.integer(bytes) ?? 0)
        case .double where bytes.count == 4:
            encoder.raw(SingleValue.littleEndian((SingleValue.double(bytes) ?? .nan).bitPattern))
        case .decimal(let precision, _):
            let sign: UInt8 = (bytes.first ?? 0) >= 0x80 ? 0xFF : 0
            let length = decimalLength(precision)
            encoder.raw(Array(repeating: sign, count: max(0, length - bytes.count)) + bytes.suffix(length))
        case .string, .binary: encoder.bytes(bytes)
        case .boolean, .float, .double, .uuid, .fixed, .structure, .list, .map: encoder.raw(bytes)
        }
    }

    /// The bytes that hold every unscaled number of so many digits.
    private static func decimalLength(_ precision: Int) -> Int {
        let largest = (0..<precision).reduce(1 as Int128) { power, _ in power * 10 } - 1
        return minimalBigEndian(largest).count
    }
}

/// Names in Avro schemas.
package enum AvroName {
    /// What writers that follow Avro's rules make of a name (`zip code`: `zip_x20code`).
    package static func sanitized(_ name: String) -> String {
        var result = ""
        for (index, scalar) in name.unicodeScalars.enumerated() {
            let isLetter = scalar.properties.isAlphabetic || scalar == "_"
            let isDigit = scalar.properties.numericType == .decimal
            if isLetter || (isDigit && index > 0) {
                result.unicodeScalars.append(scalar)
            } else {
                result += isDigit ? "_\(scalar)" : "_x\(String(scalar.value, radix: 16, uppercase: true))"
            }
        }
        return result
    }
}
