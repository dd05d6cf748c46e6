import Testing

@testable import Landing

@Suite struct FillPaceTests {
    @Test("small rows are filled in by the thousands, large ones by the few, and growth is slow")
    func pace() {
        var pace = FillPace(bytesMax: 1_000_000)
        #expect(pace.rows == 128)
        pace.note(rows: 128, bytes: 1280)
        #expect(pace.rows == 1024)
        pace.note(rows: 1024, bytes: 1024 * 100_000)
        #expect(pace.rows == 10)
        pace.note(rows: 1, bytes: 50_000_000)
        #expect(pace.rows == 1)
    }
}
