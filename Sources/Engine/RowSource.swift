import Base
import CDuckDB
package import Columns
import Synchronization

/// Rows that a statement can read: batches of one schema, in order.
package struct RowInput: Sendable {
    package let schema: Schema
    let batches: [ColumnBatch]
    /// For each batch the rows to give, in this order; nil for all of them.
    let selections: [[Int]?]

    /// - Precondition: every batch has columns of the schema's types; selected rows exist.
    package init(schema: Schema, batches: [ColumnBatch]) {
        self.schema = schema
        self.batches = batches
        selections = Array(repeating: nil, count: batches.count)
    }

    /// - Precondition: as above, and one selection a batch.
    package init(schema: Schema, batches: [ColumnBatch], selections: [[Int]?]) {
        precondition(batches.count == selections.count)
        self.schema = schema
        self.batches = batches
        self.selections = selections
    }

    package var rowCount: Int {
        zip(batches, selections).reduce(0) { $0 + ($1.1?.count ?? $1.0.rowCount) }
    }
}

/// What stands behind one `tarn_rows(handle)`.
final class RowSource: Sendable {
    typealias Producer = @Sendable () throws(TarnError) -> ColumnBatch?

    private enum Content {
        case input(RowInput)
        case producer(Producer)
    }

    let schema: Schema
    /// Nil where it is not known.
    let rowCount: Int?
    private let content: Content
    private let firstFailure = Mutex<TarnError?>(nil)
    private let isTaken = Mutex(false)

    init(_ input: RowInput) {
        schema = input.schema
        rowCount = input.rowCount
        content = .input(input)
    }

    init(schema: Schema, producer: @escaping Producer) {
        self.schema = schema
        rowCount = nil
        content = .producer(producer)
    }

    /// Why the reading of the rows failed: the engine itself passes only a text on.
    var failure: TarnError? { firstFailure.withLock { $0 } }

    func fail(_ error: TarnError) { firstFailure.withLock { $0 = $0 ?? error } }

    /// False when a producer, which can be read only once, is read again.
    func take() -> Bool {
        guard case .producer = content else { return true }
        return isTaken.withLock { taken in
            defer { taken = true }
            return !taken
        }
    }

    /// The batch after the first `index` ones, with its selection.
    func batch(_ index: Int) throws(TarnError) -> (batch: ColumnBatch, selection: [Int]?)? {
        switch content {
        case .input(let input):
            index < input.batches.count ? (input.batches[index], input.selections[index]) : nil
        case .producer(let produce): try produce().map { ($0, nil) }
        }
    }
}

/// The row sources of an instance that statements may name at the moment.
final class RowSources: Sendable {
    private struct State {
        var lastHandle: Int64 = 0
        var live: [Int64: RowSource] = [:]
    }

    private let state = Mutex(State())

    subscript(handle: Int64) -> RowSource? { state.withLock { $0.live[handle] } }

    func add(_ source: RowSource) -> Int64 {
        state.withLock {
            $0.lastHandle += 1
            $0.live[$0.lastHandle] = source
            return $0.lastHandle
        }
    }

    func remove(_ handle: Int64) { state.withLock { $0.live[handle] = nil } }
}
