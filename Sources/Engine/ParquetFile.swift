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

/// Where a query's rows go that are more than one file's.
package struct ParquetFolder: Sendable {
    /// How rows are divided among files.
    package enum Division: Sendable {
        /// Into files of about this size. The order of rows is kept only roughly.
        case bytes(Int)
        /// By the values of columns of text, which are left out of the files; large groups may have several files.
        case columns([String])
    }

    package var path: String
    /// Begins the names of the files: no other file in the folder may begin with it.
    package var namePrefix: String
    package var division: Division

    package init(path: String, namePrefix: String, division: Division) {
        self.path = path
        self.namePrefix = namePrefix
        self.division = division
    }
}

/// A file that was written, with what a table needs to know of it.
package struct ParquetFile: Sendable {
    package let path: String
    /// The values of the columns that the rows were divided by, nil for null; empty for another division.
    package let group: [String: String?]
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
