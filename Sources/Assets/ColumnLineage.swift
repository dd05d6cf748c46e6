package import Base

/// A column of a table, or a field within one: `silver.orders.address.city`. Without a path it stands for the rows of
/// the table: which there are.
package struct ColumnPath: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let table: TableName
    /// The column, then the fields down to the one that is meant.
    package let path: [String]

    package init(table: TableName, path: [String]) {
        self.table = table
        self.path = path
    }

    package var column: String { path.joined(separator: ".") }
    package var description: String { path.isEmpty ? table.description : "\(table).\(column)" }

    package static func < (left: Self, right: Self) -> Bool {
        (left.table, left.column) < (right.table, right.column)
    }
}

/// How a value came out of the values of another column.
package enum Derivation: String, Sendable, Comparable {
    /// It is that value.
    case identity
    /// It is computed from that value in the same row.
    case transformation
    /// It is computed from that column in many rows.
    case aggregation

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int { self == .identity ? 0 : self == .transformation ? 1 : 2 }
}

/// How a column decides about rows, or about a value, without being part of it.
package enum Influence: String, Sendable, Comparable, CaseIterable {
    case filter
    case join
    case groupBy = "group_by"
    case sort
    case window

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Which columns decide about something, and how.
typealias Influences = [ColumnPath: Set<Influence>]

/// Where the values of one column come from.
package struct ColumnLineage: Sendable, Equatable {
    /// The columns whose values the value is made of.
    package var direct: [ColumnPath: Derivation] = [:]
    /// The columns that decide about this value alone: what a window is over, what a subquery looks for.
    package var indirect: [ColumnPath: Set<Influence>] = [:]

    package init(direct: [ColumnPath: Derivation] = [:], indirect: [ColumnPath: Set<Influence>] = [:]) {
        self.direct = direct
        self.indirect = indirect
    }
}

/// Where a table's rows and columns come from: exact, as the engine's binder resolved every name.
package struct TableLineage: Sendable, Equatable {
    /// One output column.
    package struct Column: Sendable, Equatable {
        package let name: String
        package let lineage: ColumnLineage
    }

    package let columns: [Column]
    /// The columns that decide which rows there are, and in which order.
    package let indirect: [ColumnPath: Set<Influence>]
}

extension ColumnLineage {
    /// Everything it depends on, in whatever way.
    var inputs: Set<ColumnPath> { Set(direct.keys).union(indirect.keys) }

    mutating func merge(_ other: ColumnLineage) {
        direct.merge(other.direct, uniquingKeysWith: max)
        indirect.add(other.indirect)
    }

    func atLeast(_ derivation: Derivation) -> ColumnLineage {
        ColumnLineage(direct: direct.mapValues { max($0, derivation) }, indirect: indirect)
    }

    /// The lineage of a field within a value that was passed on as it is; nil for any other value.
    func field(_ name: String) -> ColumnLineage? {
        guard direct.count == 1, let (path, derivation) = direct.first, derivation == .identity else { return nil }
        let inner = ColumnPath(table: path.table, path: path.path + [name])
        return ColumnLineage(direct: [inner: .identity], indirect: indirect)
    }
}

extension Influences {
    mutating func add(_ other: Influences) { merge(other) { $0.union($1) } }

    /// Whatever the values depend on decides now in this way.
    mutating func add(_ lineages: some Sequence<ColumnLineage>, as influence: Influence) {
        for lineage in lineages {
            for path in lineage.inputs { self[path, default: []].insert(influence) }
        }
    }
}
