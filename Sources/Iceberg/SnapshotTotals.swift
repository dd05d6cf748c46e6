import Base

/// The totals that a snapshot's summary states of a whole table.
struct SnapshotTotals: Equatable {
    var dataFiles: Int64 = 0
    var deleteFiles: Int64 = 0
    var records: Int64 = 0
    var filesSize: Int64 = 0
    var positionDeletes: Int64 = 0
    var equalityDeletes: Int64 = 0

    /// The summary entry by which Tarn knows a snapshot of its own.
    static let marker = Snapshot.SummaryEntry("engine-name", "tarn")

    init() {}

    /// What `snapshot` states, where it is of our own making and complete; other writers' totals are not trusted.
    init?(trusting snapshot: Snapshot) {
        guard snapshot[summary: Self.marker.key] == Self.marker.value else { return nil }
        func number(_ key: String) -> Int64? {
            snapshot[summary: key].flatMap { Int64($0) }.flatMap { $0 >= 0 && $0 < 1 << 60 ? $0 : nil }
        }
        guard let dataFiles = number("total-data-files"), let deleteFiles = number("total-delete-files"),
            let records = number("total-records"), let filesSize = number("total-files-size"),
            let positionDeletes = number("total-position-deletes"),
            let equalityDeletes = number("total-equality-deletes")
        else { return nil }
        self.dataFiles = dataFiles
        self.deleteFiles = deleteFiles
        self.records = records
        self.filesSize = filesSize
        self.positionDeletes = positionDeletes
        self.equalityDeletes = equalityDeletes
    }

    mutating func count(_ file: DataFile, sign: Int64 = 1) {
        filesSize &+= sign &* file.fileSizeInBytes
        switch file.content {
        case .data:
            dataFiles += sign
            records &+= sign &* file.recordCount
        case .positionDeletes:
            deleteFiles += sign
            positionDeletes &+= sign &* file.recordCount
        case .equalityDeletes:
            deleteFiles += sign
            equalityDeletes &+= sign &* file.recordCount
        }
    }

    var entries: [Snapshot.SummaryEntry] {
        [
            .init("total-records", String(records)), .init("total-files-size", String(filesSize)),
            .init("total-data-files", String(dataFiles)), .init("total-delete-files", String(deleteFiles)),
            .init("total-position-deletes", String(positionDeletes)),
            .init("total-equality-deletes", String(equalityDeletes)),
        ]
    }
}

/// The files that one commit adds, or those that it removes, as its summary counts them.
struct ChangedFiles {
    private var totals = SnapshotTotals()
    private var positionDeleteFiles: Int64 = 0
    private var equalityDeleteFiles: Int64 = 0

    mutating func count(_ file: DataFile) {
        totals.count(file)
        switch file.content {
        case .data: break
        case .positionDeletes: positionDeleteFiles += 1
        case .equalityDeletes: equalityDeleteFiles += 1
        }
    }

    var added: [Snapshot.SummaryEntry] {
        entries("added-data-files", "added-records", "added")
    }

    var removed: [Snapshot.SummaryEntry] {
        entries("deleted-data-files", "deleted-records", "removed")
    }

    /// Only what is not zero, as other writers do.
    private func entries(_ dataFiles: String, _ records: String, _ verb: String) -> [Snapshot.SummaryEntry] {
        let numbers = [
            (dataFiles, totals.dataFiles), ("\(verb)-delete-files", totals.deleteFiles),
            ("\(verb)-position-delete-files", positionDeleteFiles),
            ("\(verb)-equality-delete-files", equalityDeleteFiles), (records, totals.records),
            ("\(verb)-position-deletes", totals.positionDeletes), ("\(verb)-equality-deletes", totals.equalityDeletes),
            ("\(verb)-files-size", totals.filesSize),
        ]
        return numbers.filter { $0.1 != 0 }.map { Snapshot.SummaryEntry($0.0, String($0.1)) }
    }
}
