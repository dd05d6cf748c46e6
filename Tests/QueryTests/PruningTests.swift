import Base
import Columns
import Engine
import Iceberg
import Lake
import Query
import TestKit
import Testing

/// Statements read only the files that can hold their rows, and answer as if they had read all.
@Suite struct PruningTests {
    private static let partitions: [[String]] = [
        [], ["day"], ["region"], ["bucket(3, id)"], ["month(at)", "truncate(1, region)"], ["year(day)", "flag"],
        ["truncate(100, small)"], ["hour(at)"], ["day(at)", "bucket(2, key)"], ["truncate(200, amount)"],
        ["truncate(1, code)"], ["after.n"],
    ]

    @Test("random conditions on random tables give the answer of all rows", arguments: UInt64(1)...12)
    func model(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            let random = SeededEntropy(seed: seed)
            let partition = Self.partitions[Int(seed) % Self.partitions.count]
            let world = try await PrunedLake(folder, partition: partition)
            for part in 0..<6 {
                let spread = [2, 20, 200][Int(random.next() % 3)]
                let files = try await world.append(
                    PrunedLake.rows(40, from: part * 100 - 200, random: random, spread: spread)
                )
                if part % 2 == 1 { try await world.delete(0, of: files[Int(random.next() % UInt64(files.count))]) }
            }
            try await world.fillOracle()
            let samples = ConditionSamples(random: random)
            var pruned: Int64 = 0
            var checked = 0
            for _ in 0..<80 {
                let sql = "SELECT id FROM t.x WHERE \(samples.condition()) ORDER BY id"
                let expected: String
                do throws(TarnError) {
                    expected = try await world.oracle(sql)
                } catch {
                    continue
                }
                let answer = try await world.session.run(sql, as: .system)
                #expect(answer.text == expected, "seed \(seed), \(partition): \(sql)")
                pruned += answer.scan.pruned.files
                checked += 1
            }
            #expect(checked > 50, "seed \(seed)")
            #expect(pruned > 20, "seed \(seed), \(partition): nothing was left out")
        }
    }

    @Test("DELETE and INSERT of a table in partitions change the rows that they name, and no others")
    func writes() async throws {
        try await withTemporaryFolder { folder in
            let world = try await PrunedLake(folder, partition: ["truncate(50, small)"])
            let random = SeededEntropy(seed: 5)
            for part in 0..<3 {
                let files = try await world.append(
                    PrunedLake.rows(200, from: part * 1000, random: random, spread: 200)
                )
                try await world.delete(0, of: files[part])
            }
            let writing = try await QuerySession.open(world.lake, allowsWrites: true)
            try await world.fillOracle()
            for statement in [
                "DELETE FROM t.x WHERE small > 0 AND id % 3 = 0",
                "DELETE FROM t.x WHERE small < 0 AND id IN (SELECT id + 1 FROM t.x WHERE small < -100)",
                "INSERT INTO t.x (id, small) VALUES (9001, 3), (9002, 700000), (9003, NULL)",
                "DELETE FROM t.x WHERE small = 700000", "DELETE FROM t.x WHERE id >= 1000 AND id < 2000",
            ] {
                _ = try await writing.run(statement, as: .system)
                try await world.connection.execute(statement)
                let sql = "SELECT id FROM t.x ORDER BY id"
                #expect(try await writing.run(sql, as: .system).text == world.oracle(sql), "\(statement)")
                let files = try await world.lake.reader.snapshot(PrunedLake.name, try await world.state).files
                for file in files.map(\.dataFile) + files.flatMap(\.deletes).map(\.dataFile) {
                    #expect(file.partition.count == 1 && file.specID == files[0].dataFile.specID, "\(statement)")
                }
            }
            let sql = "SELECT id FROM t.x WHERE small = 3 ORDER BY id"
            let answer = try await writing.run(sql, as: .system)
            #expect(try answer.text == (await world.oracle(sql)) && answer.scan.pruned.files > 0)
        }
    }

    @Test("a condition on a partition reads its file alone, whatever else lies spoiled beside it")
    func partitionFiles() async throws {
        try await withTemporaryFolder { folder in
            let world = try await PrunedLake(folder, partition: ["month(day)"])
            let random = SeededEntropy(seed: 3)
            let files = try await world.append(PrunedLake.rows(3000, from: 0, random: random, spread: 300))
            #expect(files.count > 5)
            let wanted = try #require(files.first { $0.partition[0].bytes != nil })
            let month = try #require(wanted.partition[0].bytes)
            let first = "DATE '1970-01-01' + to_months(\(SingleValue.text(of: month, as: .int) ?? ""))"
            let sql = "SELECT count(id) FROM t.x WHERE day >= \(first) AND day < \(first) + INTERVAL '1 month'"
            for path in try parquetFiles(below: folder) where !wanted.path.hasSuffix(path) { try spoil(path) }
            let answer = try await world.session.run(sql, as: .system)
            #expect(answer.text == "\(wanted.recordCount)")
            #expect(answer.scan.files == 1)
            #expect(answer.scan.bytes == wanted.fileSizeInBytes)
            #expect(answer.scan.pruned.files == Int64(files.count - 1))
            #expect(await world.session.failure("SELECT sum(id) FROM t.x WHERE day < DATE '2100-01-01'") != nil)
        }
    }

    @Test("manifests whose partitions cannot match are not read")
    func manifests() async throws {
        try await withTemporaryFolder { folder in
            let world = try await PrunedLake(folder, partition: ["truncate(1000, id)"])
            let random = SeededEntropy(seed: 4)
            for part in 0..<5 {
                try await world.append(PrunedLake.rows(10, from: part * 1000, random: random, spread: 20))
            }
            let session = try await QuerySession.open(world.lake)
            let answer = try await session.run("SELECT count(id) FROM t.x WHERE id IN (2003, 2004)", as: .system)
            #expect(answer.text == "2")
            #expect(answer.scan.pruned == PrunedFiles(files: 4, manifests: 4))
            #expect(answer.scan.json["files"] == 1 && answer.scan.json["pruned_manifests"] == 4)
        }
    }

    @Test("each table of a statement, each time it is named, is pruned by its own conditions")
    func joins() async throws {
        try await withTemporaryFolder { folder in
            let world = try await PrunedLake(folder, partition: ["truncate(100, id)"])
            let random = SeededEntropy(seed: 5)
            for part in 0..<4 {
                try await world.append(PrunedLake.rows(10, from: part * 100, random: random, spread: 20))
            }
            try await world.fillOracle()
            let cases: [(String, files: Int64)] = [
                ("SELECT a.id FROM t.x a JOIN t.x b ON a.id = b.id + 100 AND b.id < 50 WHERE a.id >= 100", 4),
                ("SELECT a.id FROM t.x a LEFT JOIN t.x b ON a.id = b.id AND b.id < 50 WHERE a.id < 200", 3),
                ("SELECT a.id FROM t.x a LEFT JOIN t.x b ON a.id = b.id AND a.id < 50 WHERE b.id IS NULL", 8),
                ("SELECT b.id FROM t.x a RIGHT JOIN t.x b ON a.id = b.id AND a.id < 50 WHERE b.id < 200", 3),
                ("SELECT a.id FROM t.x a FULL JOIN t.x b ON a.id = b.id WHERE a.id < 50 AND b.id < 50", 4),
                ("SELECT id FROM t.x WHERE id < 50 UNION ALL SELECT id FROM t.x WHERE id > 300", 2),
                ("SELECT a.id FROM t.x a JOIN t.x b USING (id) WHERE a.id < 50 AND id < 80", 5),
                ("SELECT a.id FROM t.x a NATURAL JOIN t.x b WHERE a.id < 50", 5),
                ("SELECT id FROM t.x SEMI JOIN (SELECT 5 AS k) ON id = k WHERE id < 50", 1),
                (
                    "SELECT a.id FROM t.x a ANTI JOIN t.x b ON a.id = b.id AND b.id < 50 AND a.id > 7 WHERE a.id < 150",
                    3
                ),
                ("WITH w AS (SELECT * FROM t.x WHERE id < 50) SELECT id FROM w WHERE id > 3", 1),
                ("SELECT id FROM t.x o WHERE id < 50 AND EXISTS (FROM t.x i WHERE i.id = o.id AND i.id > 3)", 5),
                ("SELECT id FROM t.x AS y(id, r) WHERE id < 50", 4),
                ("SELECT id FROM t.x, (SELECT 1 AS one) WHERE id < 50 AND one = 1", 1),
                ("SELECT x.id FROM t.x POSITIONAL JOIN (SELECT 1 AS one) WHERE x.id < 50 AND one = 1", 4),
                ("SELECT id FROM t.x WHERE id < 50 AND id = (SELECT min(id) FROM t.x)", 5),
                ("SELECT -id AS id FROM t.x WHERE id < 50", 1),
                ("SELECT id FROM t.x WHERE id < 50 OR region <> 'q'", 4),
            ]
            for (sql, files) in cases {
                let answer = try await world.session.run("\(sql) ORDER BY 1", as: .system)
                #expect(answer.text == (try await world.oracle("\(sql) ORDER BY 1")), "\(sql)")
                #expect(answer.scan.files == files, "\(sql)")
            }
        }
    }

    @Test("a scan that was pruned for one condition is never used for another, nor for none")
    func caching() async throws {
        try await withTemporaryFolder { folder in
            let world = try await PrunedLake(folder, partition: ["truncate(100, id)"])
            let random = SeededEntropy(seed: 6)
            for part in 0..<4 {
                try await world.append(PrunedLake.rows(10, from: part * 100, random: random, spread: 20))
            }
            for _ in 0..<2 {
                for (condition, count, files) in [
                    ("id < 50", "10", 1), ("id > 250", "10", 1), ("true", "40", 4), ("id < 150", "20", 2),
                    ("id = 1 OR id = 301", "2", 2),
                ] as [(String, String, Int64)] {
                    let answer = try await world.session.run(
                        "SELECT count(id) FROM t.x WHERE \(condition)",
                        as: .system
                    )
                    #expect(answer.text == count)
                    #expect(answer.scan.files == files)
                }
                #expect(try await world.session.run("SELECT count(*) FROM t.x", as: .system).scan == ScanStatistics())
            }
            let old = try await world.session.run(
                "SELECT count(id) FROM t.x AT (VERSION => 3) WHERE id >= 100",
                as: .system
            )
            #expect(old.text == "10" && old.scan.files == 1 && old.scan.pruned.files == 1)
        }
    }
}
