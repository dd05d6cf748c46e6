import Base
import Landing
import TestKit
import Testing

/// A landing on a real lake, fed by a source in memory, against a naive replay.
@Suite struct LandingModelTests {
    @Test("silver equals the source after random transactions, restarts and lost indexes", arguments: 0..<12)
    func model(seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            let random = SeededEntropy(seed: seed)
            let rows = (0..<Int64(random.next() % 60)).map { MemorySource.Row(id: $0, name: "n\($0)", big: "b\($0)") }
            let source = MemorySource(rows: rows, changesPerPart: seed % 3 == 0 ? 4 : .max)
            for round in 0..<6 {
                for _ in 0..<(random.next() % 6) { source.append(source.transaction(random)) }
                if round == 3, seed % 4 == 1 { removeTree(folder + "/index") }
                let fixture = try await LandingFixture(folder, entropy: random)
                try await fixture.land(source)
                #expect(try await fixture.silverRows() == source.rows, "seed \(seed), round \(round)")
                #expect(source.acknowledged == source.end || round == 0)
                #expect(try await fixture.bronzeCount() == rows.count + source.changeCount)
            }
        }
    }

    @Test("another database, or the same one set back, is refused; it is known from the snapshot on")
    func otherDatabase() async throws {
        try await withTemporaryFolder { folder in
            let rows = [MemorySource.Row(id: 1, name: "a", big: nil)]
            var fixture = try await LandingFixture(folder, entropy: SeededEntropy(seed: 1))
            try await fixture.land(MemorySource(rows: rows, identity: "1/1"))
            fixture = try await LandingFixture(folder, entropy: SeededEntropy(seed: 2))
            let other = SourceLanding(MemorySource(rows: rows, identity: "1/2"), context: fixture.context)
            let error = await #expect(throws: TarnError.self) { try await other.run() }
            #expect(error?.code == .sourceReplaced)
            try await fixture.land(MemorySource(rows: rows, identity: "1/1"))
        }
    }
}
