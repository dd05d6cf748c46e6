import Testing

@testable import Checks

@Suite struct NumberTests {
    @Test("decimals are compared exactly, beyond what floating point tells apart")
    func exact() throws {
        let left = try #require(CheckNumber("123456789012345678.01"))
        let right = try #require(CheckNumber("123456789012345678.02"))
        #expect(left < right)
        #expect(!left.equals(right))
        #expect(left.distance(to: right)?.description == "0.01")
        #expect(try #require(CheckNumber("1.50")).equals(try #require(CheckNumber("1.5"))))
        #expect(CheckNumber(-5) < CheckNumber(3))
        #expect(try #require(CheckNumber("0.000001")) < .double(0.1))
    }

    @Test("extremes do not trap")
    func extremes() throws {
        let most = try #require(CheckNumber(String(repeating: "9", count: 38)))
        let least = try #require(CheckNumber("-" + String(repeating: "9", count: 38)))
        let fine = try #require(CheckNumber("0." + String(repeating: "0", count: 36) + "1"))
        #expect(least < most)
        #expect(fine < most)
        #expect(most.distance(to: least) == nil)
        #expect(CheckNumber.decimal(unscaled: .min, scale: 0).description.hasPrefix("-"))
        #expect(!CheckNumber.decimal(unscaled: .min, scale: 0).equals(most))
        #expect(CheckNumber.double(.infinity).description == "inf")
        #expect(CheckNumber.double(.nan).description == "nan")
    }

    @Test(
        "what is no number is none",
        arguments: ["", "-", ".", "1.", "1e5", "0x1", "１", "--1", "1.2.3", String(repeating: "9", count: 39)]
    )
    func noNumbers(text: String) { #expect(CheckNumber(text) == nil) }
}
