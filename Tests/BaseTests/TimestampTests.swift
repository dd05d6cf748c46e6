import Base
import Testing

@Suite struct TimestampTests {
    @Test(
        "a moment is written and read back",
        arguments: [
            ("1970-01-01T00:00:00.000000Z", 0), ("2026-02-28T23:59:59.999999Z", 1_772_323_199_999_999),
            ("1969-12-31T23:59:59.999999Z", -1), ("0001-01-01T00:00:00.000000Z", -62_135_596_800_000_000),
        ]
    )
    func roundTrip(text: String, microseconds: Int64) {
        #expect(Timestamp(microseconds: microseconds).description == text)
        #expect(Timestamp(iso8601: text)?.microseconds == microseconds)
    }

    @Test("the first and the last moment there are can be written", arguments: [Int64.min, .min + 1, .max])
    func extremes(microseconds: Int64) {
        let text = Timestamp(microseconds: microseconds).description
        #expect(text.hasSuffix("Z"))
        #expect(text.hasPrefix("-") == (microseconds < 0))
    }

    @Test("zones and short forms are understood")
    func forms() {
        #expect(Timestamp(iso8601: "2026-01-01") == Timestamp(iso8601: "2026-01-01T00:00:00Z"))
        #expect(Timestamp(iso8601: "2026-01-01 12:00+02:00") == Timestamp(iso8601: "2026-01-01T10:00:00Z"))
        #expect(Timestamp(iso8601: "2026-01-01T12:00:00.5-0130") == Timestamp(iso8601: "2026-01-01T13:30:00.500000"))
    }

    @Test(
        "what is no moment is refused",
        arguments: ["", "2026", "2026-02-29", "2026-01-01T25:00", "2026-01-01x", "2026-01-01T10:00:00.1234567"]
    )
    func refused(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }
}
