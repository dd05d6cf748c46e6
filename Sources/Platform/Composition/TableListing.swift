package import Base
internal import Iceberg
package import Lake
internal import Settings

/// One line of `tarn tables`.
package struct TableListing: Sendable {
    package var name: TableName
    package var owner: String
    /// Nil where metadata alone does not tell.
    package var rows: Int64?
    package var files: Int
    package var bytes: Int64
    package var committedAt: Timestamp?

    package static func all(
        of lake: Lake,
        at reference: VersionReference = .newest
    ) async throws(TarnError) -> [TableListing] {
        let state = try await lake.state(at: reference)
        var listings: [TableListing] = []
        for (name, table) in state.tables.sorted(by: { $0.key < $1.key }) {
            listings.append(TableListing(try await lake.reader.snapshot(name, table)))
        }
        return listings
    }

    init(_ snapshot: TableSnapshot) {
        name = snapshot.name
        owner = snapshot.state.owner.description
        rows = snapshot.exactRowCount
        files = snapshot.files.count
        bytes = snapshot.files.reduce(0) { $0 + $1.dataFile.fileSizeInBytes }
        let milliseconds = snapshot.metadata.currentSnapshot?.timestampMilliseconds
        committedAt = milliseconds.map { Timestamp(microseconds: $0 * 1000) }
    }

    package var json: JSONValue {
        [
            "table": .string(name.description), "owner": .string(owner), "rows": rows.map { .integer($0) } ?? .null,
            "files": .integer(Int64(files)), "bytes": .integer(bytes),
            "committed_at": committedAt.map { .string($0.description) } ?? .null,
        ]
    }

    package static func text(_ listings: [TableListing]) -> String {
        guard !listings.isEmpty else { return "No tables yet.\n" }
        var table = TextTable([
            ("table", .left), ("owner", .left), ("rows", .right), ("files", .right), ("size", .right),
            ("committed", .left),
        ])
        for listing in listings {
            table.add([
                listing.name.description, listing.owner, listing.rows.map { Quantity.text(count: $0) } ?? "?",
                String(listing.files), Quantity.text(bytes: listing.bytes),
                listing.committedAt.map { String($0.description.prefix(19)) } ?? "never",
            ])
        }
        return table.text
    }
}
