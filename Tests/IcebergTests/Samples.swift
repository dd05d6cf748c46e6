import Base
import Columns
import Iceberg

/// Values for tests, repeatable by seed.
struct Samples {
    let entropy: SeededEntropy

    init(seed: UInt64) { entropy = SeededEntropy(seed: seed) }

    func number(_ range: Range<Int>) -> Int { range.lowerBound + Int(entropy.next() % UInt64(range.count)) }

    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: entropy.next()) } }

    func counts() -> [Int: Int64] {
        Dictionary((0..<number(0..<5)).map { _ in (number(1..<100), Int64(number(0..<1_000_000))) }) { first, _ in first
        }
    }

    func bounds() -> [Int: [UInt8]] {
        Dictionary((0..<number(0..<5)).map { _ in (number(1..<100), bytes(number(0..<20))) }) { first, _ in first }
    }

    func file(_ name: String, deletes: Bool = false) -> DataFile {
        var file =
            deletes
            ? DataFile.positionDeletes(
                path: name,
                referencedDataFile: "data-of-\(name)",
                count: Int64(number(1..<50)),
                fileSize: Int64(number(1..<9000)),
                minPosition: 0,
                maxPosition: 90
            )
            : DataFile.data(path: name, recordCount: Int64(number(0..<5000)), fileSize: Int64(number(1..<900_000)))
        file.columnSizes = counts()
        file.nanValueCounts = counts()
        if !deletes {
            file.lowerBounds = bounds()
            file.upperBounds = bounds()
            file.splitOffsets = number(0..<2) == 0 ? [] : [4, 99_999]
            file.sortOrderID = 0
        }
        return file
    }

    func entry(_ name: String, deletes: Bool = false) -> ManifestEntry {
        let status = ManifestEntry.Status(rawValue: number(0..<3)) ?? .added
        let sequence = Int64(number(1..<40))
        return ManifestEntry(
            status: status,
            snapshotID: entropy.positiveIdentifier(),
            sequenceNumber: sequence,
            fileSequenceNumber: sequence,
            file: file(name, deletes: deletes)
        )
    }

    func manifest(_ path: String, _ content: ManifestFile.Content = .data) -> ManifestFile {
        ManifestFile(
            path: path,
            length: 10,
            partitionSpecID: 0,
            content: content,
            sequenceNumber: 41,
            minSequenceNumber: 1,
            addedSnapshotID: 99,
            counts: ManifestFile.Counts()
        )
    }
}
