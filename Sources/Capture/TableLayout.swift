/// What a source's catalog says of a table beside its shape. Two layouts tell what no change in the log tells: that a
/// column was replaced by one of the same name, that the key is another one, that rows were rewritten.
package struct TableLayout: Sendable, Hashable {
    /// The source's own number of each column, in the order of the columns; a number is never used again.
    package var columns: [Int]
    /// The numbers of the key's columns, in the key's order.
    package var key: [Int]
    /// The file of each part that holds rows (PostgreSQL: the relfilenode of the table, or of each of its partitions).
    /// Another file: all rows were written anew, or the part was emptied.
    package var files: [UInt64: UInt64]

    package init(columns: [Int], key: [Int], files: [UInt64: UInt64]) {
        self.columns = columns
        self.key = key
        self.files = files
    }

    /// What happened since `earlier` that the log does not show; nil when a table in that layout can be followed on.
    package func difference(since earlier: TableLayout) -> String? {
        guard columns.starts(with: earlier.columns) else { return "a column was dropped, and perhaps added anew" }
        guard earlier.key.isEmpty || key == earlier.key else { return "the key changed" }
        let isRewritten = earlier.files.contains { part, file in files[part].map { $0 != file } ?? false }
        guard isRewritten, columns.count > earlier.columns.count else { return nil }
        return "columns were added and rows rewritten, so that old rows may hold values that the log does not show"
    }

    /// The layout to compare later ones with, once the table was followed up to its first `count` columns. The files of
    /// a table that has more columns by now may hold values in them already.
    package func known(columnCount count: Int, since earlier: TableLayout?) -> TableLayout {
        var known = self
        known.columns = Array(columns.prefix(count))
        if columns.count > count, let earlier { known.files = earlier.files }
        return known
    }
}
