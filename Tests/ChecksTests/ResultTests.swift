import Base
import Columns
import Testing

@testable import Checks

@Suite struct ResultTests {
    private func results() async throws -> [CheckResult] {
        let shop = try await Shop(Shop.orders("amount", ["-1", "2", "3"]))
        return try await shop.evaluate(
            declared(
                "checks: [{positive: {column: amount}}, avg(amount) > 0, {unique: [id, amount], severity: warn}, "
                    + "sum(gone) > 0]"
            )
        )
    }

    private var rows: CheckResults {
        CheckResults(run: "run-1", table: Shop.name, version: 7, time: Shop.now, isPublished: true)
    }

    @Test("results become rows of the table of results")
    func batch() async throws {
        let batch = rows.batch(try await results())
        #expect(batch.schema == CheckResults.schema)
        #expect(batch.columns.allSatisfy { $0.count == 4 })
        func texts(_ name: String) -> [String?] {
            let index = CheckResults.schema.fields.firstIndex { $0.name == name } ?? 0
            return (0..<4).map { EngineValue.text(batch.columns[index], $0) }
        }
        #expect(texts("check_name") == ["positive(amount)", "avg(amount) > 0", "unique(id, amount)", "sum(gone) > 0"])
        #expect(texts("outcome") == ["fail", "pass", "pass", "error"])
        #expect(texts("columns") == ["amount", "amount", "id, amount", "gone"])
        #expect(texts("measured") == ["1 of 3 rows", "1.333333", "0 of 3 rows", nil])
        #expect(texts("sample_keys") == ["id=1", nil, nil, nil])
        #expect(texts("query")[0] == "SELECT * FROM \"shop\".\"orders\" AS \"orders\" WHERE (\"amount\" <= 0)")
        #expect(batch.columns[10].nullCount == 2)
        #expect(Set(CheckResults.schema.fields.map(\.id)).count == CheckResults.schema.fields.count)
    }

    @Test("and JSON of the same names")
    func json() async throws {
        let json = rows.json(try await results())
        let first = try #require(json.array?.first)
        #expect(first["run_id"] == "run-1")
        #expect(first["table_name"] == "shop.orders")
        #expect(first["failing_rows"] == 1)
        #expect(first["sample_keys"] == ["id=1"])
        #expect(first["lake_version"] == 7)
        #expect(first["time"] == "2026-01-01T00:00:00.000000Z")
        #expect(json.array?.last?["reason"]?.string?.contains("gone") == true)
        let read = try JSONParser.parse(json.serialized(), subject: "results")
        #expect(read == json)
        let kept = CheckResults.batch(of: read.array ?? [])
        let batch = rows.batch(try await results())
        for (column, other) in zip(kept.columns, batch.columns) {
            #expect((0..<4).map { EngineValue.text(column, $0) } == (0..<4).map { EngineValue.text(other, $0) })
        }
    }
}
