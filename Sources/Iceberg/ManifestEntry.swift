/// A file's place in a table's history.
package struct ManifestEntry: Sendable, Hashable {
    package enum Status: Int, Sendable, Hashable {
        case existing = 0
        case added = 1
        case deleted = 2
    }

    package var status: Status
    /// The snapshot that added the file, or that removed it.
    package var snapshotID: Int64?
    /// The data sequence number: which deletes apply to the file. Nil: that of the commit which adds it.
    package var sequenceNumber: Int64?
    package var fileSequenceNumber: Int64?
    package var file: DataFile

    package init(
        status: Status,
        snapshotID: Int64?,
        sequenceNumber: Int64?,
        fileSequenceNumber: Int64?,
        file: DataFile
    ) {
        self.status = status
        self.snapshotID = snapshotID
        self.sequenceNumber = sequenceNumber
        self.fileSequenceNumber = fileSequenceNumber
        self.file = file
    }

    package var isLive: Bool { status != .deleted }
}
