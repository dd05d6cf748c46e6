import Base
import Columns

/// Reads single values out of the engine's answers.
enum EngineValue {
    /// The value of the first row; nil for null, and for types that are neither numbers nor moments.
    static func measured(_ column: Column, _ row: Int = 0) -> MeasuredValue? {
        guard row < column.count, !column.isNull(row) else { return nil }
        switch column.storage {
        case .int32(let values):
            guard column.type == .date else { return .number(CheckNumber(Int64(values[row]))) }
            // The engine's infinite days lie beyond all moments.
            let (microseconds, overflow) = Int64(values[row]).multipliedReportingOverflow(by: 86_400_000_000)
            return overflow ? nil : .day(Timestamp(microseconds: microseconds))
        case .int64(let values):
            switch column.type {
            case .timestamp, .timestamptz: return .moment(Timestamp(microseconds: values[row]))
            case .decimal(_, let scale): return .number(.decimal(unscaled: Int128(values[row]), scale: scale))
            case .long: return .number(CheckNumber(values[row]))
            default: return nil
            }
        case .int128(let values):
            guard case .decimal(_, let scale) = column.type else { return nil }
            return .number(.decimal(unscaled: values[row], scale: scale))
        case .float(let values): return .number(.double(Double(values[row])))
        case .double(let values): return .number(.double(values[row]))
        default: return nil
        }
    }

    static func text(_ column: Column, _ row: Int) -> String? {
        guard !column.isNull(row), case .slices(let slices) = column.storage else { return nil }
        return String(decoding: slices[row], as: UTF8.self)
    }
}
