package import Base
package import Columns
package import Lake

/// What queries may use together on one engine, and each one alone.
package struct QueryLimits: Sendable {
    /// Of the engine, over all its sessions.
    package var memoryBytes: Int
    package var threads: Int
    /// Where rows go that do not fit in memory; nil: a query that needs it fails.
    package var temporaryFolder: String?
    package var temporaryBytesMax: Int?
    /// Of each query, from its start to its last row; nil for none.
    package var timeout: Duration?
    /// Of each answer; rows beyond are not made where possible.
    package var rowsMax: Int

    package init(
        memoryBytes: Int = 1 << 30,
        threads: Int = 2,
        temporaryFolder: String? = nil,
        temporaryBytesMax: Int? = nil,
        timeout: Duration? = .seconds(300),
        rowsMax: Int = .max
    ) {
        self.memoryBytes = memoryBytes
        self.threads = threads
        self.temporaryFolder = temporaryFolder
        self.temporaryBytesMax = temporaryBytesMax
        self.timeout = timeout
        self.rowsMax = rowsMax
    }
}

/// What a query came to.
package struct QueryAnswer: Sendable {
    package let schema: Schema
    /// The version of the lake that every table without an AT clause was read at.
    package let version: Int64
    package let time: Timestamp
    package let rowCount: Int
    /// There were more rows than `rowsMax`.
    package let isCut: Bool
    /// The files that the statement had to look into. Answers from metadata alone read none.
    package let scan: ScanStatistics
    /// The rows, where they were not handed on as they came.
    package var batches: [ColumnBatch] = []

    init(_ schema: Schema, _ state: LakeState, rowCount: Int, isCut: Bool, scan: ScanStatistics) {
        self.schema = schema
        version = state.version
        time = state.time
        self.rowCount = rowCount
        self.isCut = isCut
        self.scan = scan
    }
}
