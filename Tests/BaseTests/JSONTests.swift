import Base
import Testing

@Suite struct JSONTests {
    @Test("a document comes through a read and a write unchanged")
    func roundTrip() throws {
        let text = #"{"b":[1,-2,3.50,1e400x]}"#.replacing("1e400x", with: "12345678901234567890")
        let value = try JSONParser.parse(Array(text.utf8), subject: "document")
        #expect(value.text == text)
        let escaped = #"{"k\"":"\u00e9\ud83d\ude00\n\\","z":null,"a":true}"#
        let parsed = try JSONParser.parse(Array(escaped.utf8), subject: "document")
        #expect(parsed.object?.members.map(\.key) == ["k\"", "z", "a"])
        #expect(parsed["k\""]?.string == "é😀\n\\")
        #expect(try JSONParser.parse(parsed.serialized(), subject: "document") == parsed)
    }

    @Test(
        "what is no document is refused",
        arguments: ["", "{", "[1,]", "{\"a\" 1}", "tru", "\"\\ud800\"", "1 2", "nan", "\"abc", "[1", "-", "{\"a\":}"]
    )
    func refused(text: String) {
        #expect(throws: TarnError.self) { try JSONParser.parse(Array(text.utf8), subject: "document") }
    }

    @Test("damaged documents never trap", arguments: 0..<50)
    func damaged(seed: UInt64) {
        let random = SeededEntropy(seed: seed)
        let original = Array(#"{"a":[1,2.5,{"b":"c\u0041\n"}],"d":null,"e":[[[true,false]]]}"#.utf8)
        var bytes = Array(original.prefix(Int(random.next() % UInt64(original.count + 1))))
        for _ in 0..<3 where !bytes.isEmpty {
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
        }
        _ = try? JSONParser.parse(bytes, subject: "document")
    }

    @Test("very deep nesting is refused, not followed")
    func deep() {
        let bytes = [UInt8](repeating: UInt8(ascii: "["), count: 1_000_000)
        #expect(throws: TarnError.self) { try JSONParser.parse(bytes, subject: "document") }
    }
}
