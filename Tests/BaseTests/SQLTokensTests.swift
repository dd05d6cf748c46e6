import Base
import Testing

@Suite struct SQLTokensTests {
    private func texts(_ sql: String) -> [String] { SQLTokens.of(sql).map(\.text) }

    @Test("words, names, texts, numbers and signs; comments fall away")
    func tokens() {
        let sql = "SELECT \"a \"\"b\"\"\", 'it''s' -- x\n<> 1.5h /* ( /* ) */ ; */ $$ ; $$ e'\\'' ."
        #expect(texts(sql) == ["SELECT", "a \"b\"", ",", "it's", "<>", "1.5", "h", " ; ", "'", "."])
        #expect(SQLTokens.of(sql).map(\.offset).first == 0)
        #expect(SQLTokens.of("é 'a'").map(\.offset) == [0, 2])
    }

    @Test(
        "what is not closed ends with the text, and is a fault where it has to be whole",
        arguments: [
            ("a 'b", 2), ("a \"b", 2), ("a /* b", 2), ("a $x$ b $y$", 2), ("a e'b\\'", 3), ("a\0b", 1), ("a -- \0", 5),
        ]
    )
    func faults(sql: String, offset: Int) {
        #expect(SQLTokens.of(sql).first?.text == "a")
        let fault = #expect(throws: SQLTokens.Fault.self) { try SQLTokens.whole(sql) }
        #expect(fault?.offset == offset)
    }
}
