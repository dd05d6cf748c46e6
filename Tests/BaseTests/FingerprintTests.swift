import Base
import Testing

@Suite struct FingerprintTests {
    @Test("contents that differ in a bit, in length or in where parts end have other fingerprints")
    func differences() {
        let bytes = (0..<100).map { UInt8($0) }
        var seen: Set<Fingerprint> = [Fingerprint(bytes)]
        for index in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[index] ^= 1 << UInt8(bit)
                #expect(seen.insert(Fingerprint(other)).inserted)
            }
        }
        for count in 0..<100 {
            #expect(seen.insert(Fingerprint(Array(bytes[..<count]))).inserted)
            #expect(seen.insert(Fingerprint([UInt8](repeating: 0, count: count + 2))).inserted)
        }
        var parts = Fingerprint()
        parts.add("ab")
        parts.add("c")
        var others = Fingerprint()
        others.add("a")
        others.add("bc")
        #expect(parts != others)
    }

    @Test("the same contents have the same fingerprint, in every process")
    func stable() {
        var text = Fingerprint()
        text.add("gold.revenue_daily")
        #expect(text == Fingerprint(Array("gold.revenue_daily".utf8)))
        #expect(String(text.low, radix: 16) == "beb667f3838e0a02")
    }
}
