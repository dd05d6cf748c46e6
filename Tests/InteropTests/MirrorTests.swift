import Base
import Iceberg
import Lake
import TestKit
import Testing

/// The tables of a landing, at every version of the lake, as other readers see them.
@Suite(Readers.trait) struct MirrorTests {
    private static let silver = TableName(namespace: "silver", name: "orders")
    private static let bronze = TableName(namespace: "bronze", name: "orders")

    @Test("readers agree on every version of a mirror, after random transactions", arguments: 0..<4)
    func random(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            let random = SeededEntropy(seed: seed)
            let lake = try await TestLake.open(folder, entropy: random)
            let source = ShopSource(
                rows: (0..<Int64(random.next() % 40)).map { ShopSource.Row(id: $0, salt: $0 * 7 % 11) }
            )
            var columnCount = ShopTable.firstColumnCount
            for number in 0..<15 {
                if number % 4 == 3 { columnCount = min(columnCount + 1, ShopTable.columnCount) }
                source.append(
                    Self.transaction(source, random),
                    columnCount: columnCount,
                    changesPerPart: number % 5 == 4 ? 3 : .max
                )
            }
            try await lake.land(source)
            let silver = try await lake.sights(of: Self.silver)
            let bronze = try await lake.sights(of: Self.bronze)
            let some = stride(from: bronze.count - 1, through: 0, by: -4).map { bronze[$0] }
            let tables = try await expectAgreement(silver + some, in: lake, "seed \(seed)")
            #expect(silver.count == 16)
            #expect(tables[silver.count - 1].rows.count == source.rows.count)
        }
    }

    /// More than a hundred data files lose rows in one commit, so that they share a delete file.
    @Test("readers agree on deletes that share a file, on later ones of a file alone, and after a truncate")
    func sharedDeletes() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            let source = ShopSource(rows: [])
            let columns = ShopTable.firstColumnCount
            let ids = Int64(0)..<330
            source.append(
                ids.map { .create(ShopSource.Row(id: $0, salt: $0 % 9)) },
                columnCount: columns,
                changesPerPart: 3
            )
            source.append([.delete(1), .delete(4)], columnCount: columns)
            source.append(
                ids.filter { $0 % 3 == 0 }.map { .update(old: $0, ShopSource.Row(id: $0, salt: 2)) },
                columnCount: columns
            )
            source.append([.delete(2), .delete(7), .delete(8)], columnCount: columns)
            source.append([.truncate, .create(ShopSource.Row(id: 5, salt: 5))], columnCount: columns)
            source.append([.update(old: 5, ShopSource.Row(id: 6, salt: 1))], columnCount: columns)
            try await lake.land(source)
            let sights = try await lake.sights(of: Self.silver)
            let tables = try await expectAgreement(sights, in: lake)
            #expect(tables.map(\.rows.count) == [0, 330, 328, 328, 325, 1, 1])

            var kinds: [[Bool]] = []
            for sight in sights {
                let files = try await lake.snapshot(Self.silver, at: sight.version).files
                kinds.append(
                    [true, false].map { scoped in files.contains { $0.deletes.contains { $0.isFileScoped == scoped } } }
                )
            }
            #expect(
                kinds == [
                    [false, false], [false, false], [true, false], [true, true], [true, true], [false, false],
                    [false, false],
                ]
            )
        }
    }

    /// Random changes that are valid one after the other.
    private static func transaction(_ source: ShopSource, _ random: SeededEntropy) -> [ShopSource.Change] {
        var live = source.rows
        var changes: [ShopSource.Change] = []
        for _ in 0..<(1 + random.next() % 12) {
            let ids = live.keys.sorted()
            let existing = ids.isEmpty ? nil : ids[Int(random.next() % UInt64(ids.count))]
            let salt = Int64(random.next() % 100)
            let change: ShopSource.Change
            switch (random.next() % 20, existing) {
            case (0, _) where random.next() % 4 == 0: change = .truncate
            case (0..<5, let id?): change = .delete(id)
            case (5..<14, let id?):
                let moved = random.next() % 5 == 0 ? Int64(1000 + random.next() % 50) : id
                guard moved == id || live[moved] == nil else { continue }
                change = .update(old: id, ShopSource.Row(id: moved, salt: salt))
            default:
                let id = Int64(random.next() % 80)
                guard live[id] == nil else { continue }
                change = .create(ShopSource.Row(id: id, salt: salt))
            }
            ShopSource.apply(change, to: &live)
            changes.append(change)
        }
        return changes
    }
}
