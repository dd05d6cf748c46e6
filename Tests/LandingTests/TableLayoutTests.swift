import Capture
import Testing

@Suite struct TableLayoutTests {
    private let known = TableLayout(columns: [1, 2], key: [1], files: [10: 100, 11: 110])

    @Test("what the log shows by itself is no difference")
    func followed() {
        #expect(known.difference(since: known) == nil)
        #expect(TableLayout(columns: [1, 2, 4], key: [1], files: [10: 100, 12: 120]).difference(since: known) == nil)
        #expect(TableLayout(columns: [1, 2], key: [1], files: [10: 101, 11: 111]).difference(since: known) == nil)
        let keyless = TableLayout(columns: [1, 2], key: [], files: [:])
        #expect(TableLayout(columns: [1, 2], key: [2], files: [:]).difference(since: keyless) == nil)
    }

    @Test(
        "a replaced column, another key and rows rewritten with a new column are",
        arguments: [
            TableLayout(columns: [1, 3], key: [1], files: [10: 100, 11: 110]),
            TableLayout(columns: [1], key: [1], files: [10: 100, 11: 110]),
            TableLayout(columns: [1, 2], key: [2], files: [10: 100, 11: 110]),
            TableLayout(columns: [1, 2], key: [], files: [10: 100, 11: 110]),
            TableLayout(columns: [1, 2, 3], key: [1], files: [10: 100, 11: 111]),
        ]
    )
    func broken(_ layout: TableLayout) { #expect(layout.difference(since: known) != nil) }

    @Test("a rewrite is not taken for known while it may have filled a column that is not followed yet")
    func pendingColumn() {
        let ahead = TableLayout(columns: [1, 2, 3], key: [1], files: [10: 100, 11: 110])
        let kept = ahead.known(columnCount: 2, since: known)
        #expect(kept == known)
        let filled = TableLayout(columns: [1, 2, 3], key: [1], files: [10: 100, 11: 111])
        #expect(filled.difference(since: kept) != nil)
        let vacuumed = TableLayout(columns: [1, 2], key: [1], files: [10: 101, 11: 111])
        #expect(vacuumed.known(columnCount: 2, since: known) == vacuumed)
    }
}
