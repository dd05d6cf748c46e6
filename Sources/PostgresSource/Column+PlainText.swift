internal import Base
internal import Columns

extension Column {
    /// One value for a message to a person.
    func plainText(_ row: Int) -> String {
        switch (type, storage) {
        case (.date, .int32(let values)): CivilDate(daysSinceEpoch: Int64(values[row])).description
        case (.timestamp, .int64(let values)), (.timestamptz, .int64(let values)):
            Timestamp(microseconds: values[row]).description
        case (.decimal(_, let scale), .int64(let values)): decimalText(Int128(values[row]), scale: scale)
        case (.decimal(_, let scale), .int128(let values)): decimalText(values[row], scale: scale)
        case (.uuid, .int128(let values)): uuidText(UInt128(truncatingIfNeeded: values[row]))
        case (_, .bytes1(let values)): values[row] == 0 ? "false" : "true"
        case (_, .int32(let values)): String(values[row])
        case (_, .int64(let values)): String(values[row])
        case (.string, .slices(let values)): "'" + String(decoding: values[row], as: UTF8.self) + "'"
        default: "?"
        }
    }

    private func decimalText(_ value: Int128, scale: Int) -> String {
        var digits = String(value.magnitude)
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        let sign = value < 0 ? "-" : ""
        return scale == 0 ? sign + digits : sign + digits.dropLast(scale) + "." + digits.suffix(scale)
    }

    private func uuidText(_ value: UInt128) -> String {
        let digits = hexadecimal(UInt64(value >> 64)) + hexadecimal(UInt64(truncatingIfNeeded: value))
        return digits.enumerated().map { ([8, 12, 16, 20].contains($0) ? "-" : "") + String($1) }.joined()
    }
}
