package import Base
package import Columns
import Engine
import Iceberg

extension Lake {
    /// How often somebody else may make the same table at the same moment.
    private static let attemptsMax = 3

    /// Commits what `body` makes of the newest state; once more where the table that it was to make is there by then.
    package func retryingCreation<Value: Sendable>(
        _ body: (LakeState) async throws(TarnError) -> Value
    ) async throws(TarnError) -> Value {
        var attempt = 1
        while true {
            do throws(TarnError) {
                return try await body(try await refresh())
            } catch {
                guard error.code == .tableExists, attempt < Self.attemptsMax else { throw error }
                attempt += 1
            }
        }
    }

    /// Writes rows as a file of a table, and gives what a commit has to do to add them: to a table that the lake has as
    /// it is, else by making the table with them as its first rows.
    ///
    /// Adding commutes with what others do meanwhile; making does not: a commit that throws `lake.tableExists` is tried
    /// again with an update for a newer state.
    ///
    /// - Parameters:
    ///   - batch: rows of the table's schema, with its field ids.
    ///   - state: of the version that the commit builds on.
    /// - Throws: `lake.ownerMismatch` where the table is another's.
    package func appendUpdate(
        of batch: ColumnBatch,
        to table: TableName,
        owner: TableOwner,
        in state: LakeState,
        writer: DataFileWriter
    ) async throws(TarnError) -> TableUpdate {
        let present = state.tables[table]
        if let present, present.owner != owner {
            throw TarnError(
                .ownerMismatch,
                "Rows for a table of one owner would go into a table of another.",
                detail: ["table": table.description, "owner": present.owner.description],
                remedy: "Drop the table, or give its rows another name."
            )
        }
        let existing = present.flatMap(TableFolder.init)
        guard present == nil || existing != nil else {
            throw TarnError(
                .unsupported,
                "A table outside the warehouse cannot be written.",
                detail: ["table": table.description]
            )
        }
        let folder = existing ?? TableFolder(table, entropy: entropy)
        var change = TableChange(.append)
        let rows = RowInput(schema: batch.schema, batches: [batch])
        change.addedDataFiles = [try await writer.writeRows(rows, into: folder)]
        if let present { return .change(change, base: present) }
        return .create(NewTable(folder: folder, owner: owner, schema: batch.schema, change: change))
    }
}
