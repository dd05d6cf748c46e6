package import Base
package import Columns

/// Turns the key columns of rows into bytes that are equal exactly when PostgreSQL holds the keys equal.
///
/// ```
/// integers, dates, times, decimals   big-endian, sign bit flipped; 4, 8 or 16 bytes as the column stores them
/// boolean                            one byte
/// uuid                               its 16 bytes
/// float, double                      ordered bits; -0.0 as 0.0, every NaN as one
/// string, binary, fixed              00 becomes 00 FF; ends with 00 00, so that ("a","bc") is not ("ab","c")
/// ```
/// The bytes sort as the values do. A key of more than 510 bytes becomes its first 495 and a 128-bit hash of all
/// (`KeyBatch.isHashed`). Text is compared by its bytes: where PostgreSQL's equality is wider (citext, numeric kept as
/// text), the log names the old key whenever its bytes change.
package struct KeyEncoder: Sendable {
    /// Differs when the same keys would encode differently: an index holds only keys of one signature.
    package let signature: String
    private let columns: [Int]
    private let names: [String]

    /// - Parameter key: positions of the key's columns in `schema`, in the key's order.
    /// - Throws: `data.unsupported` for a key of nested values.
    package init(schema: Schema, key: [Int]) throws(TarnError) {
        precondition(!key.isEmpty && key.allSatisfy(schema.fields.indices.contains))
        var forms: [String] = []
        for column in key {
            let field = schema.fields[column]
            guard let form = field.type.keyForm else {
                throw TarnError(.unsupported, "A key column holds nested values.", detail: ["column": field.name])
            }
            forms.append(form)
        }
        signature = forms.joined(separator: ",")
        columns = key
        names = key.map { schema.fields[$0].name }
    }

    /// The keys of all rows.
    package func encode(_ batch: ColumnBatch) throws(TarnError) -> KeyBatch {
        try encode(batch, rows: Array(0..<batch.rowCount))
    }

    /// The keys of the given rows, in that order. Key *n* belongs to `rows[n]`.
    ///
    /// - Throws: `data.valueUnrepresentable` when a key column of such a row is null.
    package func encode(_ batch: ColumnBatch, rows: [Int]) throws(TarnError) -> KeyBatch {
        try refuseNulls(batch, rows)
        var lengths = [Int](repeating: 0, count: rows.count)
        for column in columns { batch.columns[column].addKeyLengths(rows, to: &lengths) }
        var offsets = [0]
        offsets.reserveCapacity(rows.count + 1)
        var total = 0
        for length in lengths {
            total += length
            offsets.append(total)
        }
        var bytes = [UInt8](repeating: 0, count: total)
        var cursors = offsets
        for column in columns { batch.columns[column].writeKeys(rows, to: &bytes, at: &cursors) }
        let keys = KeyBatch(bytes: bytes, offsets: offsets)
        let isLong = lengths.contains { $0 >= KeyBatch.hashedLength }
        return isLong ? keys.shortened() : keys
    }

    private func refuseNulls(_ batch: ColumnBatch, _ rows: [Int]) throws(TarnError) {
        for (column, name) in zip(columns, names) where batch.columns[column].nullCount > 0 {
            guard let row = rows.first(where: { batch.columns[column].isNull($0) }) else { continue }
            throw TarnError(
                .valueUnrepresentable,
                "A row has no value in a column of its key.",
                detail: ["column": name, "row of the batch": String(row)]
            )
        }
    }
}

extension KeyBatch {
    /// Keys that LMDB cannot hold are cut, with a hash of the whole; no other key gets that length.
    fileprivate func shortened() -> KeyBatch {
        var result = KeyBatch()
        for row in 0..<count {
            let key = self[row]
            if key.count >= Self.hashedLength {
                result.bytes.append(contentsOf: key.prefix(Self.hashedPrefix))
                result.bytes.append(contentsOf: SipHash.hash128(key))
            } else {
                result.bytes.append(contentsOf: key)
            }
            result.offsets.append(result.bytes.count)
        }
        return result
    }
}

extension ColumnType {
    /// The form of the type's key bytes; nil for types that cannot be part of a key.
    fileprivate var keyForm: String? {
        switch self {
        case .boolean: "bool"
        case .int, .date: "i32"
        case .long, .time, .timestamp, .timestamptz: "i64"
        case .decimal(let precision, let scale): precision <= 18 ? "i64/\(scale)" : "i128/\(scale)"
        case .uuid: "uuid"
        case .float: "f32"
        case .double: "f64"
        case .string, .binary, .fixed: "bytes"
        case .structure, .list, .map: nil
        }
    }
}
