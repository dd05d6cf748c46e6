import Base
import Engine
import Testing

@Suite struct TreeTests {
    @Test("a statement comes through its syntax tree unchanged in meaning")
    func roundTrip() async throws {
        let connection = try testConnection()
        let tree = try await connection.serialize("select a.\"x y\", 'it''s' from s.t as a where a.n > 1.5 order by 1")
        #expect(tree["statements"]?.array?.count == 1)
        let sql = try await connection.deserialize(tree)
        #expect(sql == "SELECT a.\"x y\", 'it''s' FROM s.t AS a WHERE (a.n > 1.5) ORDER BY 1")
    }

    @Test("several statements give several trees")
    func several() async throws {
        let tree = try await testConnection().serialize("SELECT 1; SELECT 2")
        #expect(tree["statements"]?.array?.count == 2)
    }

    @Test("text that does not parse is refused with its place")
    func syntaxError() async throws {
        let connection = try testConnection()
        let error = await #expect(throws: TarnError.self) { _ = try await connection.serialize("SELECT 1 FORM t x y") }
        #expect(error?.code == .queryInvalid)
        #expect(error?.detail.first?.key == "position")
        #expect(error?.message.contains("syntax error") == true)
    }

    @Test(
        "only reading statements have a tree",
        arguments: ["DELETE FROM t", "SET a = 1", "COPY t TO 'x'", "ATTACH 'x'"]
    )
    func refuses(sql: String) async throws {
        let connection = try testConnection()
        let error = await #expect(throws: TarnError.self) { _ = try await connection.serialize(sql) }
        #expect(error?.code == .queryInvalid)
    }

    @Test("a tree that is none is an error")
    func wrongTree() async throws {
        let connection = try testConnection()
        await #expect(throws: TarnError.self) { _ = try await connection.deserialize(["statements": "no"]) }
    }

    @Test("quotes keep any name and any text")
    func quoting() async throws {
        let name = "a \"b\" 'c' \u{301}é;--"
        let result = try await testConnection().query("SELECT \(sqlLiteral(name)) AS \(sqlIdentifier(name))")
        #expect(result.columnNames == [name])
        #expect(texts(result) == [[name]])
    }
}
