package import Columns

/// A condition on the rows of a table, as far as files can be left out by it.
///
/// It is about columns by field id and values in the binary form of bounds. It has no negation: who makes one turns it
/// into these. Null fulfils only `isNull`; NaN equals itself and is greater than every other number, as the engine
/// has it.
package indirect enum Predicate: Sendable, Hashable {
    /// Every row: what cannot be said otherwise.
    case anything
    case compare(Column, Comparison, [UInt8])
    /// Equal to one of these.
    case among(Column, [[UInt8]])
    case isNull(Column)
    case isNotNull(Column)
    case all([Predicate])
    case any([Predicate])

    /// How a value relates to a constant on its right.
    package enum Comparison: Sendable, Hashable {
        case less
        case lessOrEqual
        case equal
        case notEqual
        case greaterOrEqual
        case greater
    }

    /// A column of the table, or a child of structs.
    package struct Column: Sendable, Hashable {
        package var id: Int
        package var type: ColumnType
        /// It lies in a struct, whose nulls other writers count in other ways.
        package var isNested: Bool

        package init(id: Int, type: ColumnType, isNested: Bool = false) {
            self.id = id
            self.type = type
            self.isNested = isNested
        }
    }
}

/// What is known of the values of one column in a set of rows.
package struct ValueRange: Sendable {
    /// Not above, or not below, any value but NaN; nil where unknown.
    package var lower: [UInt8]?
    package var upper: [UInt8]?
    package var mayHoldNull = true
    package var mayHoldNaN = true
    /// Something else than null.
    package var mayHoldValue = true

    package init() {}

    /// Rows that all have one value, nil for null.
    init(only value: [UInt8]?) {
        lower = value
        upper = value
        mayHoldNull = value == nil
        mayHoldValue = value != nil
        // A partition of NaN has bytes that do not compare with anything, so nothing follows from them.
        mayHoldNaN = false
    }
}

extension Predicate {
    /// False only where no row with columns in these ranges can fulfil the predicate.
    package func mayHold(_ range: (Column) -> ValueRange?) -> Bool {
        switch self {
        case .anything: true
        case .compare(let column, let comparison, let value):
            range(column).map { $0.mayHold(comparison, value, column.type) } ?? true
        case .among(let column, let values):
            range(column).map { range in values.contains { range.mayHold(.equal, $0, column.type) } } ?? true
        case .isNull(let column): range(column)?.mayHoldNull ?? true
        case .isNotNull(let column): range(column)?.mayHoldValue ?? true
        case .all(let parts): parts.allSatisfy { $0.mayHold(range) }
        case .any(let parts): parts.contains { $0.mayHold(range) }
        }
    }
}

extension ValueRange {
    fileprivate func mayHold(_ comparison: Predicate.Comparison, _ value: [UInt8], _ type: ColumnType) -> Bool {
        guard mayHoldValue else { return false }
        // Unknown where either is missing, or is no value of the type.
        let lower = lower.flatMap { Self.order($0, value, type) }
        let upper = upper.flatMap { Self.order($0, value, type) }
        return switch comparison {
        case .less: lower.map { $0 < 0 } ?? true
        case .lessOrEqual: lower.map { $0 <= 0 } ?? true
        case .equal: (lower.map { $0 <= 0 } ?? true) && (upper.map { $0 >= 0 } ?? true)
        case .notEqual: mayHoldGreatest(type) || lower != 0 || upper != 0
        case .greaterOrEqual: mayHoldGreatest(type) || (upper.map { $0 >= 0 } ?? true)
        case .greater: mayHoldGreatest(type) || (upper.map { $0 > 0 } ?? true)
        }
    }

    /// NaN is above every bound.
    private func mayHoldGreatest(_ type: ColumnType) -> Bool { mayHoldNaN && type.isFloating }

    /// As the engine compares: the two zeros of floating-point numbers are equal to it, not so to the format.
    private static func order(_ first: [UInt8], _ second: [UInt8], _ type: ColumnType) -> Int? {
        if type.isFloating, let first = SingleValue.double(first), let second = SingleValue.double(second) {
            return first < second ? -1 : (first == second ? 0 : 1)
        }
        return SingleValue.compare(first, second, as: type)
    }
}

extension ColumnType {
    /// Writers disagree on whether the bytes of a UUID are signed when they look for the least.
    var hasAgreedOrder: Bool { self != .uuid }

    fileprivate var isFloating: Bool { self == .float || self == .double }
}

extension DataFile {
    /// What the file's statistics say of a column.
    func range(of column: Predicate.Column) -> ValueRange {
        var range = ValueRange()
        range.mayHoldNaN = nanValueCounts[column.id] != 0
        if !column.isNested, let nulls = nullValueCounts[column.id] {
            range.mayHoldNull = nulls != 0
            range.mayHoldValue = nulls < recordCount
        }
        guard column.type.hasAgreedOrder else { return range }
        range.lower = lowerBounds[column.id]
        range.upper = upperBounds[column.id]
        return range
    }
}
