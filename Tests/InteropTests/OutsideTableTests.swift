import Base
import Lake
import TestKit
import Testing

/// Tables that PyIceberg wrote, outside the warehouse.
@Suite(Readers.trait) struct OutsideTableTests {
    @Test("tables that PyIceberg wrote are read as all readers read them")
    func register() async throws {
        try await withTemporaryFolder { folder in
            let lake = try await TestLake.open(folder)
            var sights: [Sight] = []
            for line in try await Readers.run("write_tables.py", [folder]) {
                let words = line.split(separator: " ").map(String.init)
                let name = TableName(namespace: "outside", name: words[0])
                guard name.name != "ambiguous_0" else {
                    let refused = await #expect(throws: TarnError.self) {
                        try await lake.commit(name, .register(metadata: words[1]))
                    }
                    #expect(refused?.code == .unsupported)
                    continue
                }
                try await lake.commit(name, .register(metadata: words[1]))
                sights.append(Sight(name: name))
            }
            #expect(sights.count == 27)
            let tables = try await expectAgreement(sights, in: lake)
            #expect(tables.map(\.rows.count).max() == 27)
        }
    }
}
