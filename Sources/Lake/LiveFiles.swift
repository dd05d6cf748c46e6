import Base
import Iceberg

/// Matches delete files with the data files they apply to (specification: Scan Planning).
struct LiveFiles {
    private let location: TableLocation
    private let pruning: Pruning?
    /// Live data files that cannot hold rows that are asked for.
    private(set) var prunedCount = 0
    private var dataEntries: [ManifestEntry] = []
    private var scoped: [String: [ManifestEntry]] = [:]
    private var unscoped: [ManifestEntry] = []

    init(location: TableLocation, pruning: Pruning? = nil) {
        self.location = location
        self.pruning = pruning
    }

    mutating func add(_ entry: ManifestEntry, table: TableName) throws(TarnError) {
        guard entry.isLive else { return }
        switch entry.file.content {
        case .data:
            guard entry.file.format == .parquet else {
                throw TarnError(
                    .unsupported,
                    "A table has data files of a format that is not read: only Parquet is.",
                    detail: [
                        "table": table.description, "format": entry.file.format.rawValue, "file": entry.file.path,
                    ],
                    remedy: "Rewrite the table's data files as Parquet with the engine that wrote them."
                )
            }
            if pruning?.keeps(entry.file) ?? true { dataEntries.append(entry) } else { prunedCount += 1 }
        case .positionDeletes where entry.file.format == .parquet:
            if let target = Self.target(of: entry.file) {
                scoped[target, default: []].append(entry)
            } else {
                unscoped.append(entry)
            }
        default:
            throw TarnError(
                .unsupported,
                "A table has deletes of a kind that is not read yet.",
                detail: ["table": table.description, "file": entry.file.path],
                remedy: "Rewrite the table's data files with the engine that wrote them, so that no such deletes stay."
            )
        }
    }

    func matched() -> [LiveFile] {
        dataEntries.map { entry in
            let own = scoped[entry.file.path, default: []].map { ($0, true) } + unscoped.map { ($0, false) }
            let deletes = own.filter { ($0.0.sequenceNumber ?? 0) >= (entry.sequenceNumber ?? 0) }.map {
                DeleteFile(
                    dataFile: $0.0.file,
                    uri: location.resolve($0.0.file.path),
                    isFileScoped: $0.1
                )
            }
            return LiveFile(dataFile: entry.file, uri: location.resolve(entry.file.path), deletes: deletes)
        }
    }

    /// The one data file that a delete file speaks of, when it says so itself or by equal bounds of its path column.
    private static func target(of file: DataFile) -> String? {
        if let path = file.referencedDataFile { return path }
        guard let lower = file.lowerBounds[DataFile.deleteFilePathID],
            lower == file.upperBounds[DataFile.deleteFilePathID]
        else { return nil }
        return String(validating: lower, as: UTF8.self)
    }
}
