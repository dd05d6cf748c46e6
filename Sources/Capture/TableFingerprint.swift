/// A table's rows in two numbers, the same wherever the same rows are: what "silver equals the source" is proven by.
///
/// Of each row, the values in canonical text are joined as `v<text>` or `n` (null), separated by `|`, and hashed with
/// MD5; the first 60 bits of all rows are summed, so that the order of rows does not matter. The canonical texts:
///
/// ```
/// boolean                 true, false
/// int, long, decimal      as SQL writes them
/// float, double           C's %.6g, %.15g; NaN, Infinity, -Infinity
/// date, time, uuid        as ISO writes them
/// timestamp(tz)           microseconds since 1970-01-01 UTC
/// string                  itself
/// binary                  lower-case hexadecimal
/// list                    the elements' texts, NULL for null, with commas between
/// ```
package struct TableFingerprint: Sendable, Hashable {
    package var rowCount: Int64
    /// A decimal number.
    package var hash: String

    package init(rowCount: Int64, hash: String) {
        self.rowCount = rowCount
        self.hash = hash
    }
}
