/// The keys of many rows, encoded by a `KeyEncoder`, one after the other: key *n* is
/// `bytes[offsets[n]..<offsets[n + 1]]`.
package struct KeyBatch: Sendable, Equatable {
    package internal(set) var bytes: [UInt8] = []
    package internal(set) var offsets: [Int] = [0]

    /// LMDB's limit of a key, and the length that only shortened keys have.
    static let hashedLength = 511
    /// What a shortened key keeps of the original; its last 16 bytes are the hash of the whole.
    static let hashedPrefix = hashedLength - 16

    package init() {}

    init(bytes: [UInt8], offsets: [Int]) {
        self.bytes = bytes
        self.offsets = offsets
    }

    package var count: Int { offsets.count - 1 }

    package subscript(row: Int) -> ArraySlice<UInt8> { bytes[offsets[row]..<offsets[row + 1]] }

    /// The key was too long and is a prefix and a hash. Two different rows could share it, however unlikely:
    /// who finds a location by it must read the row there and compare.
    package func isHashed(_ row: Int) -> Bool { offsets[row + 1] - offsets[row] == Self.hashedLength }

    package var hasHashed: Bool { (0..<count).contains { isHashed($0) } }

    package mutating func append(_ row: Int, of other: KeyBatch) {
        bytes.append(contentsOf: other[row])
        offsets.append(bytes.count)
    }

    package mutating func append(contentsOf other: KeyBatch) {
        let start = bytes.count
        bytes.append(contentsOf: other.bytes)
        offsets.reserveCapacity(offsets.count + other.count)
        for offset in other.offsets.dropFirst() { offsets.append(start + offset) }
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        offsets.append(0)
    }
}

/// Where the current row of a key lies.
package struct RowLocation: Sendable, Hashable {
    /// As `KeyIndex.fileID(for:)` numbered the data file.
    package var file: UInt32
    /// The row's number in that file, from 0, as Iceberg's position deletes count.
    package var position: Int64

    package init(file: UInt32, position: Int64) {
        self.file = file
        self.position = position
    }
}
