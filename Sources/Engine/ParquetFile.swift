import Base

/// How a Parquet file is written.
package struct ParquetOptions: Sendable {
    /// Of zstd. Level 1 writes 30 % more rows a CPU second than level 3, in files 12 % larger:
    /// 3 is for files that stay.
    package var compressionLevel: Int
    package var rowGroupRows: Int

    package init(compressionLevel: Int = 1, rowGroupRows: Int = 122_880) {
        self.compressionLevel = compressionLevel
        self.rowGroupRows = rowGroupRows
    }
}

/// A file that was written, with what a table needs to know of it.
package struct ParquetFile: Sendable {
    package let rowCount: Int
    package let fileSizeBytes: Int
    /// By field id, for every column without children, those inside of nested ones included.
    package let columns: [Int: ColumnStatistics]
}

package struct ColumnStatistics: Sendable, Equatable {
    package let sizeBytes: Int
    package let valueCount: Int
    package let nullCount: Int
    /// SQL text as DuckDB prints it, in UTC and whole (bytes as hexadecimal digits); nil where there is no value.
    package let min: String?
    package let max: String?
    /// Floats only.
    package let hasNaN: Bool?
}
