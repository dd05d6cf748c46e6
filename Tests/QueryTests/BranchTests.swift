import Base
import Lake
import Query
import TestKit
import Testing

@Suite struct BranchTests {
    private func withLake(_ body: (SmallLake) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in try await body(try await SmallLake(folder)) }
    }

    @Test("a statement reads a branch or a tag as a whole, or for one table with AT")
    func references() async throws {
        try await withLake { world in
            try await world.lake.createTag("early", at: .version(1), as: .system)
            try await world.lake.createBranch("x", at: .version(3), as: .system)
            let session = try await QuerySession.open(world.lake)
            let sql = "SELECT count(id) FROM silver.orders"
            #expect(try await session.rows(sql) == "7")
            #expect(try await session.rows(sql, at: .branch("x")) == "8")
            #expect(try await session.rows(sql, at: .tag("early")) == "4")
            #expect(try await session.rows("\(sql) AT (BRANCH => 'x')") == "8")
            #expect(try await session.rows("\(sql) AT (TAG => 'early')") == "4")
            let both = """
                SELECT (SELECT count(id) FROM silver.orders), \
                (SELECT count(id) FROM silver.orders AT (BRANCH => 'x')), \
                (SELECT count(id) FROM silver.orders AT (TAG => 'early'))
                """
            #expect(try await session.rows(both) == "7|8|4")
            #expect(try await session.rows(both, at: .branch("x")) == "8|8|4")
            #expect(try await session.rows("SHOW TABLES", at: .tag("early")) == "silver|orders")
        }
    }

    @Test("what AT cannot mean is refused, with what it can")
    func refused() async throws {
        try await withLake { world in
            try await world.lake.createBranch("audit", as: .system)
            let session = try await QuerySession.open(world.lake)
            let missing = await session.failure("FROM silver.orders AT (BRANCH => 'audits')")
            #expect(missing?.code == .referenceMissing)
            #expect(missing?.detail.contains { $0.key == "did you mean" && $0.value == "audit" } == true)
            for clause in ["BRANCH => 7", "BRANCH => lower('AUDIT')", "TAG => id", "BRANCH =>"] {
                let error = await session.failure("FROM silver.orders AT (\(clause))")
                #expect(error?.code == .queryInvalid, "\(clause)")
                #expect(error?.remedy.contains("AT (BRANCH => 'name')") == true)
            }
            let place = await session.failure("SELECT id FROM silver.orders AT (BRANCH => 'audit'), silver.nothing")
            #expect(place?.code == .tableMissing)
            #expect(place?.detail.contains { $0.key == "column" && $0.value == "61" } == true)
            let syntax = await session.failure("FROM silver.orders AT (BRANCH => 'audit') WHERE id = = 1")
            #expect(syntax?.detail.contains { $0.key == "column" && $0.value == "54" } == true)
            #expect(await session.failure("FROM silver.orders", at: .tag("audit"))?.code == .referenceMissing)
        }
    }

    @Test("rows that differ are found by key, or whole, and only in files that are not in both states")
    func difference() async throws {
        try await withLake { world in
            let session = try await QuerySession.open(world.lake)
            func pair(_ old: Int64, _ new: Int64) async throws -> TablePair {
                let name = SmallLake.orders
                return TablePair(
                    name: name,
                    old: try await world.lake.state(at: .version(old)).tables[name],
                    new: try await world.lake.state(at: .version(new)).tables[name]
                )
            }
            for key in [nil, ["id"], ["id", "day"]] {
                let rows = try await session.rows(of: try await pair(1, 4), key: key, rowsMax: 10, as: .system)
                #expect(rows.lines == ["- 2>", "+ >5", "+ >6", "+ >7", "+ >8"])
                let summary = try await session.summary(of: try await pair(1, 4), key: key, as: .system)
                #expect((summary.added, summary.removed, summary.changed) == (4, 1, 0))
                let back = try await session.summary(of: try await pair(4, 1), key: key, as: .system)
                #expect((back.added, back.removed, back.changed) == (1, 4, 0))
            }
            let cut = try await session.rows(of: try await pair(1, 4), rowsMax: 2, as: .system)
            #expect(cut.isCut && cut.lines.count == 2)
            let none = TablePair(name: SmallLake.orders, old: nil, new: try await pair(1, 4).new)
            #expect(try await session.summary(of: none, as: .system).added == 7)
            for key in [["nothing"], ["at2"]] {
                let error = await #expect(throws: TarnError.self) {
                    try await session.rows(of: try await pair(1, 4), key: key, rowsMax: 1, as: .system)
                }
                #expect(error?.code == .queryInvalid)
            }
        }
    }

    @Test("files that are in both states are not read: spoiled ones do not matter")
    func unreadFiles() async throws {
        try await withLake { world in
            let name = SmallLake.orders
            let old = try await world.lake.state(at: .version(1)).tables[name]
            let new = try await world.lake.state(at: .version(3)).tables[name]
            let shared = try #require(old)
            for file in try await world.lake.reader.snapshot(name, shared).files {
                try spoil(String(file.uri.dropFirst("file://".count)))
            }
            let session = try await QuerySession.open(world.lake)
            let pair = TablePair(name: name, old: old, new: new)
            let rows = try await session.rows(of: pair, key: ["id"], rowsMax: 10, as: .system)
            #expect(rows.lines == ["+ >5", "+ >6", "+ >7", "+ >8"])
        }
    }
}

extension DifferingRows {
    /// `+ old>new` of the first column.
    var lines: [String] {
        var lines: [String] = []
        map(
            { ValueText.text($0, $1) ?? "" },
            { change, old, new in lines.append("\(change.rawValue) \(old[0])>\(new[0])") }
        )
        return lines
    }
}
