/// A data or delete file as manifests describe it.
package struct DataFile: Sendable, Hashable {
    package var content: Content
    package var path: String
    package var format: Format
    /// The partition spec that divided the rows.
    package var specID = 0
    /// Values of a partitioned table's partition, kept as single-value binary; empty for an unpartitioned one.
    package var partition: [PartitionValue] = []
    /// Rows; for a deletion vector the positions it holds.
    package var recordCount: Int64
    package var fileSizeInBytes: Int64
    /// Statistics by field id. An absent key means unknown.
    package var columnSizes: [Int: Int64] = [:]
    package var valueCounts: [Int: Int64] = [:]
    package var nullValueCounts: [Int: Int64] = [:]
    package var nanValueCounts: [Int: Int64] = [:]
    package var lowerBounds: [Int: [UInt8]] = [:]
    package var upperBounds: [Int: [UInt8]] = [:]
    package var keyMetadata: [UInt8]?
    package var splitOffsets: [Int64] = []
    /// Of equality deletes: the fields that are compared.
    package var equalityIDs: [Int] = []
    package var sortOrderID: Int?
    /// v3: the row id of the first row.
    package var firstRowID: Int64?
    /// Of a delete file that concerns one data file alone: that file.
    package var referencedDataFile: String?
    /// Where a deletion vector lies in its Puffin file.
    package var contentOffset: Int64?
    package var contentSizeInBytes: Int64?

    package enum Content: Int, Sendable, Hashable {
        case data = 0
        case positionDeletes = 1
        case equalityDeletes = 2
    }

    package enum Format: String, Sendable, Hashable {
        case avro = "AVRO"
        case orc = "ORC"
        case parquet = "PARQUET"
        case puffin = "PUFFIN"
    }

    package struct PartitionValue: Sendable, Hashable {
        package var fieldID: Int?
        package var name: String
        /// Nil for null.
        package var bytes: [UInt8]?

        package init(fieldID: Int?, name: String, bytes: [UInt8]?) {
            self.fieldID = fieldID
            self.name = name
            self.bytes = bytes
        }
    }

    package init(content: Content, path: String, format: Format, recordCount: Int64, fileSizeInBytes: Int64) {
        self.content = content
        self.path = path
        self.format = format
        self.recordCount = recordCount
        self.fileSizeInBytes = fileSizeInBytes
    }
}

extension DataFile {
    /// Field ids that the format reserves for the columns of position delete files.
    package static let deleteFilePathID = 2_147_483_546
    package static let deletePositionID = 2_147_483_545

    /// A Parquet data file; statistics are filled in by the caller.
    package static func data(path: String, recordCount: Int64, fileSize: Int64) -> DataFile {
        DataFile(content: .data, path: path, format: .parquet, recordCount: recordCount, fileSizeInBytes: fileSize)
    }

    /// A Parquet file of positions deleted from one data file.
    ///
    /// The equal, untruncated bounds of the path are what tells readers that it concerns that file alone.
    package static func positionDeletes(
        path: String,
        referencedDataFile: String,
        count: Int64,
        fileSize: Int64,
        minPosition: Int64,
        maxPosition: Int64
    ) -> DataFile {
        var file = DataFile(
            content: .positionDeletes,
            path: path,
            format: .parquet,
            recordCount: count,
            fileSizeInBytes: fileSize
        )
        file.referencedDataFile = referencedDataFile
        let name = Array(referencedDataFile.utf8)
        file.lowerBounds = [deleteFilePathID: name, deletePositionID: SingleValue.long(minPosition)]
        file.upperBounds = [deleteFilePathID: name, deletePositionID: SingleValue.long(maxPosition)]
        file.valueCounts = [deleteFilePathID: count, deletePositionID: count]
        file.nullValueCounts = [deleteFilePathID: 0, deletePositionID: 0]
        return file
    }
}
