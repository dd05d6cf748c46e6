internal import Base

/// Keeps the tables of a snapshot from being changed in shape, emptied or dropped while they are read.
///
/// A reader that waited for a table behind a statement which itself waits for another reader would wait for ever, and
/// behind it everyone who uses the table; the server cannot see that the readers belong together. Hence all of them
/// hold all tables before the first row is read, and only one ever waits for that: the others have the tables at once,
/// or all let go and begin anew.
struct SnapshotLocks {
    let tables: [SourceTable]
    private static let attemptsMax = 20

    func take(_ readers: [SnapshotReader]) async throws(TarnError) {
        guard let first = readers.first, !tables.isEmpty else { return }
        let list = tables.map(\.sql).joined(separator: ", ")
        for attempt in 1...Self.attemptsMax {
            try await first.lock(list, waits: true)
            do throws(TarnError) {
                for reader in readers.dropFirst() { try await reader.lock(list, waits: false) }
                break
            } catch {
                guard error.code == .sourceUnavailable, attempt < Self.attemptsMax else { throw error }
                for reader in readers { await reader.reset() }
            }
        }
        try await refuseRewritten(first)
    }

    /// A table that was rewritten or emptied after the snapshot's moment shows no rows to it.
    private func refuseRewritten(_ reader: SnapshotReader) async throws(TarnError) {
        let rewritten = try await reader.rows(
            """
            SELECT c.relname FROM pg_class c
            WHERE (c.oid = ANY($1::oid[])
                    OR c.oid IN (SELECT t.relid FROM unnest($1::oid[]) AS r, pg_partition_tree(r) AS t))
                AND c.relfilenode <> 0 AND pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode
            """,
            ["{\(tables.map { String($0.oid) }.joined(separator: ","))}"]
        )
        guard let table = rewritten.first?[0] else { return }
        throw TarnError(
            .sourceUnavailable,
            "A table was rewritten or emptied just when the snapshot began; it begins anew.",
            detail: ["table": table]
        )
    }
}
