import Base
import Columns

extension Predicate {
    /// What follows for the partitions of rows that fulfil this: a predicate on partition fields, by their field ids.
    ///
    /// (Specification: Scan Planning; "inclusive projection".)
    func projected(on partition: PartitionType) -> Predicate {
        switch self {
        case .anything: self
        case .all(let parts): .all(parts.map { $0.projected(on: partition) })
        case .any(let parts): .any(parts.map { $0.projected(on: partition) })
        case .compare(let column, _, _), .among(let column, _), .isNull(let column), .isNotNull(let column):
            .all(
                partition.members.filter { $0.field.sourceID == column.id }.map {
                    PartitionProjection(member: $0, source: column.type).project(self)
                }
            )
        }
    }
}

/// Carries a condition on one column over to one partition field of it.
private struct PartitionProjection {
    let member: PartitionType.Member
    let source: ColumnType

    private var column: Predicate.Column { Predicate.Column(id: member.field.fieldID, type: member.type) }

    func project(_ predicate: Predicate) -> Predicate {
        if case .void = member.field.transform { return .anything }
        return switch predicate {
        case .isNull: .isNull(column)
        // Others than null may become null only through `void`.
        case .isNotNull: .isNotNull(column)
        case .compare(_, .equal, let value): equal(value)
        case .compare(_, .notEqual, let value) where member.field.transform == .identity:
            .compare(column, .notEqual, value)
        case .compare(_, .notEqual, _): .isNotNull(column)
        case .among(_, let values): .any(values.map(equal))
        case .compare(_, .less, let value): atMost(neighbour(of: value, -1) ?? value)
        case .compare(_, .lessOrEqual, let value): atMost(value)
        case .compare(_, .greater, let value): atLeast(neighbour(of: value, 1) ?? value)
        case .compare(_, .greaterOrEqual, let value): atLeast(value)
        case .anything, .all, .any: .anything
        }
    }

    private func equal(_ value: [UInt8]) -> Predicate {
        guard let result = apply(value) else { return .isNotNull(column) }
        let predicate = Predicate.compare(column, .equal, result)
        return lateResult(result).map { .any([predicate, .compare(column, .equal, $0)]) } ?? predicate
    }

    private func atMost(_ value: [UInt8]) -> Predicate {
        guard isOrdered, let result = apply(value) else { return .isNotNull(column) }
        return .compare(column, .lessOrEqual, lateResult(result) ?? result)
    }

    private func atLeast(_ value: [UInt8]) -> Predicate {
        guard isOrdered, let result = apply(value) else { return .isNotNull(column) }
        return .compare(column, .greaterOrEqual, result)
    }

    private func apply(_ value: [UInt8]) -> [UInt8]? { member.field.transform.apply(value, as: source) }

    private var isOrdered: Bool {
        if case .bucket = member.field.transform { false } else { true }
    }

    /// Old writers rounded times before 1970 towards it, so that rows may lie one partition later.
    private func lateResult(_ result: [UInt8]) -> [UInt8]? {
        switch member.field.transform {
        case .year, .month, .day, .hour:
            SingleValue.integer(result).flatMap { $0 < 0 ? SingleValue.int(Int32(truncatingIfNeeded: $0 + 1)) : nil }
        default: nil
        }
    }

    /// The next value up or down, where the type's values are whole numbers.
    private func neighbour(of value: [UInt8], _ step: Int64) -> [UInt8]? {
        switch source {
        case .int, .date:
            SingleValue.integer(value).flatMap { Int32(exactly: $0 + step) }.map(SingleValue.int)
        case .long, .time, .timestamp, .timestamptz:
            SingleValue.integer(value).flatMap { value in
                let (next, overflow) = value.addingReportingOverflow(step)
                return overflow ? nil : SingleValue.long(next)
            }
        default: nil
        }
    }
}

/// Decides which manifests and files may hold rows that fulfil a predicate.
package struct Pruning: Sendable {
    private let predicate: Predicate
    private let partitions: [Int: (type: PartitionType, predicate: Predicate)]

    /// - Parameter partitions: by the id of their spec.
    package init(_ predicate: Predicate, partitions: [Int: PartitionType]) {
        self.predicate = predicate
        self.partitions = partitions.mapValues { ($0, predicate.projected(on: $0)) }
    }

    /// False where no data file of the manifest can hold such rows.
    package func keeps(_ manifest: ManifestFile) -> Bool {
        guard manifest.content == .data, let partition = partitions[manifest.partitionSpecID],
            let summaries = manifest.partitions, summaries.count == partition.type.members.count
        else { return true }
        return partition.predicate.mayHold { column in
            partition.type.members.firstIndex { $0.field.fieldID == column.id }.map {
                ValueRange(summaries[$0], of: column.type)
            }
        }
    }

    /// False where the data file cannot hold such rows.
    package func keeps(_ file: DataFile) -> Bool {
        if let partition = partitions[file.specID] {
            let mayHold = partition.predicate.mayHold { column in
                let value = file.partition.first { $0.fieldID == column.id }
                return value.map { ValueRange(only: $0.bytes) }
            }
            guard mayHold else { return false }
        }
        return predicate.mayHold { file.range(of: $0) }
    }
}

extension ValueRange {
    fileprivate init(_ summary: ManifestFile.FieldSummary, of type: ColumnType) {
        self.init()
        guard type.hasAgreedOrder else { return }
        lower = summary.lowerBound
        upper = summary.upperBound
        mayHoldNull = summary.containsNull
        mayHoldNaN = summary.containsNaN ?? true
        // Without bounds there are no values but NaN.
        mayHoldValue = lower != nil || upper != nil || mayHoldNaN
    }
}
