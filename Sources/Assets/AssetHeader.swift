import Base
package import Checks

/// What the comment at the top of an asset's file says of it.
package struct AssetHeader: Sendable {
    package var namespace: String?
    package var description: String?
    package var owner: String?
    package var tags: [String] = []
    package var columns: [ColumnNote] = []
    /// The checks of its columns, then those of the table as a whole.
    package var declared = DeclaredChecks()
    package var materialization = Materialization.full
    package var partition: [PartitionTerm] = []
    /// The columns that must hold exactly; nil where nothing is promised.
    package var contract: [ContractColumn]?
    /// `tarn up` brings the table up to date at most so often.
    package var every = AssetHeader.everyDefault
    /// Where each key stands, for errors that show later.
    var places: [String: SourcePlace] = [:]

    package static let everyDefault = Duration.seconds(30)

    /// What is said of one column.
    package struct ColumnNote: Sendable {
        package let name: String
        package let description: String?
        let place: SourcePlace
    }

    /// A promised column.
    package struct ContractColumn: Sendable {
        package let name: String
        /// As written; any name of the type in SQL.
        package let type: String
        let place: SourcePlace
    }
}

/// How an asset's new rows become its table.
package enum Materialization: Sendable, Hashable {
    /// The table is the rows of the statement.
    case full
    /// The rows are added.
    case append
    /// The rows take the place of those with the same key.
    case merge(key: [String])
    /// The rows take the place of those in the same partitions.
    case partition

    package var description: String {
        switch self {
        case .full: "full"
        case .append: "append"
        case .merge(let key): "merge(\(key.joined(separator: ", ")))"
        case .partition: "partition"
        }
    }
}

/// One term of a partition spec, as Iceberg names its transforms.
package struct PartitionTerm: Sendable, Hashable {
    /// What of the column's value makes the partition.
    package enum Transform: Sendable, Hashable {
        case identity
        case year
        case month
        case day
        case hour
        case bucket(Int)
        case truncate(Int)
    }

    package let column: String
    package let transform: Transform

    package var description: String {
        switch transform {
        case .identity: column
        case .year: "year(\(column))"
        case .month: "month(\(column))"
        case .day: "day(\(column))"
        case .hour: "hour(\(column))"
        case .bucket(let count): "bucket(\(count), \(column))"
        case .truncate(let width): "truncate(\(width), \(column))"
        }
    }
}
