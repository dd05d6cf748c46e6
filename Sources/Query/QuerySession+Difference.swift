package import Base
package import Columns
import Engine
package import Lake
import Synchronization

/// How many rows of a table differ, and how its columns do.
package struct DifferenceSummary: Sendable {
    package let difference: TableDifference
    package var added: Int64 = 0
    package var removed: Int64 = 0
    /// Rows of the same key with other values.
    package var changed: Int64 = 0
}

extension QuerySession {
    /// Counts the rows of a table that differ. Reads only files that are not in both states, and none where metadata
    /// tells.
    ///
    /// - Parameter key: names of columns that tell rows apart; nil for the table's own key.
    /// - Throws: `query.invalid` for a key that is not one.
    package func summary(
        of pair: TablePair,
        key: [String]? = nil,
        as access: AccessContext
    ) async throws(TarnError) -> DifferenceSummary {
        try await limited { [self] () throws(TarnError) in
            let difference = try await difference(pair, key)
            var summary = DifferenceSummary(difference: difference)
            if difference.new?.files.isEmpty != false, let count = difference.old?.knownRowCount {
                summary.removed = count
                return summary
            }
            if difference.old?.files.isEmpty != false, let count = difference.new?.knownRowCount {
                summary.added = count
                return summary
            }
            for batch in try await connection.query(difference.counts).batches {
                for row in 0..<batch.rowCount {
                    guard case .int64(let counts) = batch.columns[1].storage else { continue }
                    switch ValueText.text(batch.columns[0], row) {
                    case "+": summary.added = counts[row]
                    case "-": summary.removed = counts[row]
                    default: summary.changed = counts[row]
                    }
                }
            }
            return summary
        }
    }

    /// The rows of a table that differ, by key: the first column says how, then come each column's values before and
    /// after.
    package func rows(
        of pair: TablePair,
        key: [String]? = nil,
        rowsMax: Int,
        as access: AccessContext
    ) async throws(TarnError) -> DifferingRows {
        try await limited { [self] () throws(TarnError) in
            let difference = try await difference(pair, key)
            let collected = Mutex<[ColumnBatch]>([])
            let end = try await connection.query(difference.rows, rowsMax: rowsMax) { batch in
                collected.withLock { $0.append(batch) }
                return true
            }
            return DifferingRows(difference: difference, batches: collected.withLock { $0 }, isCut: end.isCut)
        }
    }

    private func difference(_ pair: TablePair, _ key: [String]?) async throws(TarnError) -> TableDifference {
        let reader = engine.lake.reader
        let difference = try await TableDifference(pair, key: key) { (name, state) async throws(TarnError) in
            try await reader.snapshot(name, state)
        }
        guard !difference.isKeyTrusted else { return difference }
        let repeated = try await connection.query(difference.repeatedKeys)
        guard repeated.batches.allSatisfy({ $0.rowCount == 0 }) else {
            throw TarnError(
                .queryInvalid,
                "Several rows have the same key.",
                detail: ["table": pair.name.description, "key": difference.key.joined(separator: ", ")],
                remedy: "Name further columns with --key, or an empty --key to compare whole rows."
            )
        }
        return difference
    }
}

/// Rows of a table that differ between two states.
package struct DifferingRows: Sendable {
    /// How a row differs.
    package enum Change: String, Sendable {
        case added = "+"
        case removed = "-"
        case changed = "~"
    }

    package let difference: TableDifference
    /// There are more.
    package let isCut: Bool
    private let batches: [ColumnBatch]

    init(difference: TableDifference, batches: [ColumnBatch], isCut: Bool) {
        self.difference = difference
        self.batches = batches
        self.isCut = isCut
    }

    /// - Parameter value: turns a column's value at a row into what is shown.
    package func map<Value>(
        _ value: (Column, Int) -> Value,
        _ body: (_ change: Change, _ old: [Value], _ new: [Value]) -> Void
    ) {
        for batch in batches {
            for row in 0..<batch.rowCount {
                guard let change = ValueText.text(batch.columns[0], row).flatMap(Change.init(rawValue:)) else {
                    continue
                }
                let columns = difference.columns.indices
                body(
                    change,
                    columns.map { value(batch.columns[1 + 2 * $0], row) },
                    columns.map { value(batch.columns[2 + 2 * $0], row) }
                )
            }
        }
    }
}

extension TableSnapshot {
    /// Rows after deletes; nil where two delete files may name the same row.
    fileprivate var knownRowCount: Int64? { files.allSatisfy { $0.deletes.count <= 1 } ? exactRowCount : nil }
}
