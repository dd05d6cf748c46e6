import Base
import Settings
import Testing

@Suite struct QuantityTests {
    @Test(
        "durations are read with their unit",
        arguments: [
            ("250ms", 250), ("1s", 1000), ("1.5s", 1500), ("5m", 300_000), ("2 h", 7_200_000), ("1d", 86_400_000),
        ]
    )
    func durations(text: String, milliseconds: Int64) {
        #expect(Quantity.duration(text) == .milliseconds(milliseconds))
    }

    @Test(
        "what is no duration is refused",
        arguments: ["", "5", "m", "-1s", "5 weeks", "1e3s", "9223372036854775807d", "..s"]
    )
    func noDurations(text: String) { #expect(Quantity.duration(text) == nil) }

    @Test(
        "sizes are read with their unit",
        arguments: [
            ("0B", 0), ("64KiB", 65_536), ("1.5 GiB", 1_610_612_736), ("2GB", 2_000_000_000), ("1tib", 1 << 40),
        ]
    )
    func sizes(text: String, bytes: Int64) { #expect(Quantity.bytes(text) == bytes) }

    @Test(
        "what is no size is refused",
        arguments: ["", "5", "GiB", "-1B", "1XB", "9223372036854775807KiB", "1e300GiB"]
    )
    func noSizes(text: String) { #expect(Quantity.bytes(text) == nil) }

    @Test(
        "durations are said in two units",
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1500, "1.5 s"), (60_000, "1 min"), (200_000, "3 min 20 s"),
            (7_500_000, "2 h 5 min"), (90_000_000, "1 d 1 h"),
        ]
    )
    func saysDurations(milliseconds: Int64, text: String) {
        #expect(Quantity.text(.milliseconds(milliseconds)) == text)
    }

    @Test("sizes and counts are said for people")
    func saysSizes() {
        #expect(Quantity.text(bytes: 1023) == "1023 B")
        #expect(Quantity.text(bytes: 1536) == "1.5 KiB")
        #expect(Quantity.text(bytes: 10 << 30) == "10 GiB")
        #expect(Quantity.text(bytes: .max) == "8388607.9 TiB")
        #expect(Quantity.text(count: 0) == "0")
        #expect(Quantity.text(count: 1_234_567) == "1,234,567")
        #expect(Quantity.text(count: .min) == "-9,223,372,036,854,775,808")
    }

    @Test("a slip of the finger finds what was meant, another word does not")
    func spelling() {
        let words = ["warehouse", "state", "http", "limits", "landing"]
        #expect(Spelling.nearest(to: "warehose", in: words) == "warehouse")
        #expect(Spelling.nearest(to: "htpp", in: words) == "http")
        #expect(Spelling.nearest(to: "Limit", in: words) == "limits")
        #expect(Spelling.nearest(to: "colour", in: words) == nil)
    }
}
