/// A manifest as its list describes it.
package struct ManifestFile: Sendable, Hashable {
    package enum Content: Int, Sendable, Hashable {
        case data = 0
        case deletes = 1
    }

    package var path: String
    package var length: Int64
    package var partitionSpecID: Int
    package var content: Content
    package var sequenceNumber: Int64
    /// The least data sequence number of its live files.
    package var minSequenceNumber: Int64
    package var addedSnapshotID: Int64
    /// Nil where a v1 writer left them out.
    package var counts: Counts?
    package var partitions: [FieldSummary]?
    package var keyMetadata: [UInt8]?
    /// v3: where row ids of its added files start.
    package var firstRowID: Int64?

    package struct Counts: Sendable, Hashable {
        package var addedFiles: Int64 = 0
        package var existingFiles: Int64 = 0
        package var deletedFiles: Int64 = 0
        package var addedRows: Int64 = 0
        package var existingRows: Int64 = 0
        package var deletedRows: Int64 = 0

        package init() {}

        package init(of entries: [ManifestEntry]) {
            for entry in entries { add(entry) }
        }

        package var liveFiles: Int64 { addedFiles &+ existingFiles }
        package var liveRows: Int64 { addedRows &+ existingRows }

        private mutating func add(_ entry: ManifestEntry) {
            switch entry.status {
            case .added:
                addedFiles += 1
                addedRows &+= entry.file.recordCount
            case .existing:
                existingFiles += 1
                existingRows &+= entry.file.recordCount
            case .deleted:
                deletedFiles += 1
                deletedRows &+= entry.file.recordCount
            }
        }
    }

    /// What is known of one partition field over all files of a manifest.
    package struct FieldSummary: Sendable, Hashable {
        package var containsNull: Bool
        package var containsNaN: Bool?
        package var lowerBound: [UInt8]?
        package var upperBound: [UInt8]?

        package init(containsNull: Bool, containsNaN: Bool?, lowerBound: [UInt8]?, upperBound: [UInt8]?) {
            self.containsNull = containsNull
            self.containsNaN = containsNaN
            self.lowerBound = lowerBound
            self.upperBound = upperBound
        }
    }

    package init(
        path: String,
        length: Int64,
        partitionSpecID: Int,
        content: Content,
        sequenceNumber: Int64,
        minSequenceNumber: Int64,
        addedSnapshotID: Int64,
        counts: Counts?
    ) {
        self.path = path
        self.length = length
        self.partitionSpecID = partitionSpecID
        self.content = content
        self.sequenceNumber = sequenceNumber
        self.minSequenceNumber = minSequenceNumber
        self.addedSnapshotID = addedSnapshotID
        self.counts = counts
    }
}
