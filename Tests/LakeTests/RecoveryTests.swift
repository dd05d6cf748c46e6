import Base
import Iceberg
import Lake
import ObjectStore
import TestKit
import Testing

@Suite struct RecoveryTests {
    @Test("a deleted index comes back from the log, checkpoints included")
    func lostIndex() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            for number in 0..<205 {
                var request = CommitRequest(cause: "landing", message: "idle")
                let state = SourceState(position: padded(Int64(number), 8), time: nil, tables: .null)
                let expected = number == 0 ? nil : padded(Int64(number - 1), 8)
                request.sources["shop"] = SourceUpdate(expected: expected, state: state)
                try await fixture.lake.commit(request, as: .source("shop"))
            }
            let fresh = try await LakeFixture.open(folder, state: "fresh.db")
            #expect(fresh.lake.knownState == fixture.lake.knownState)
            #expect(fresh.lake.knownState.version == 206)
            #expect(try await fresh.lake.state(at: .version(50)) == (try await fixture.lake.state(at: .version(50))))
            #expect(try await fresh.ids(orders, at: .version(3)) == [0])
            #expect(try await fresh.lake.records(limit: 1000).count == 206)
        }
    }

    @Test("a record that is missing in the log is not taken for its end")
    func missingRecord() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            try await fixture.create(TableName(namespace: "silver", name: "second"), 0..<1)
            try await fixture.create(TableName(namespace: "silver", name: "third"), 0..<1)
            try await fixture.lake.store.delete("_tarn/log/\(padded(2, 20)).json")
            let error = await #expect(throws: TarnError.self) {
                _ = try await LakeFixture.open(folder, state: "fresh.db")
            }
            #expect(error?.code == .corruptData)
            #expect(error?.detail.contains { $0.key == "missing version" && $0.value == "2" } == true)
        }
    }

    @Test("a warehouse put back to an older copy goes on from there, whatever the local index remembers")
    func olderCopy() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            try runTool("/bin/cp", ["-r", folder + "/warehouse", folder + "/copy"])
            try await fixture.create(items, 0..<1)
            removeTree(folder + "/warehouse")
            try runTool("/bin/cp", ["-r", folder + "/copy", folder + "/warehouse"])
            let restored = try await LakeFixture.open(folder)
            #expect(restored.lake.knownState.version == 1)
            let (base, change) = try await restored.append(orders, 5..<6)
            #expect(try await restored.commit(orders, change, base: base).version == 2)
            #expect(try await restored.ids(orders) == [0, 5])
            #expect(try await LakeFixture.open(folder, state: "fresh.db").ids(orders) == [0, 5])
        }
    }

    @Test("a log from before there were branches is read, and goes on")
    func firstFormat() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let text = """
                {"format": 1, "version": 1, "time": "2026-04-03T08:00:01.250000Z", "commits": [{"id": "a", \
                "author": "source:shop", "cause": "idle", "message": "", "tables": {"silver.old": null}, \
                "sources": {"shop": {"position": "01", "time": null, "tables": null}}}]}
                """
            try await fixture.lake.store.put("_tarn/log/00000000000000000001.json", Array(text.utf8))
            #expect(try await fixture.lake.refresh().sources["shop"]?.position == "01")
            try await fixture.lake.createBranch("x", as: .system)
            try await fixture.create(orders, 0..<1, on: "x")
            let fresh = try await LakeFixture.open(folder, state: "fresh.db")
            #expect(fresh.lake.knownState == fixture.lake.knownState)
            #expect(try await fresh.ids(orders, at: .branch("x")) == [0])
        }
    }

    @Test("a commit stands although its checkpoint could not be written")
    func failedCheckpoint() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let obstacle = "\(folder)/warehouse/_tarn/log/\(padded(100, 20)).checkpoint.json/x"
            try runTool("/bin/mkdir", ["-p", obstacle])
            try await fixture.create(orders, 0..<1)
            for number in 1..<100 {
                let (base, change) = try await fixture.append(orders, Int64(number)..<Int64(number + 1))
                #expect(try await fixture.commit(orders, change, base: base).version == Int64(number + 1))
            }
            #expect(try await fixture.ids(orders).count == 100)
        }
    }

    @Test("a warehouse that was moved is read where it is now, deletes included")
    func movedWarehouse() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<10)
            try await deleteRows(fixture, positions: [3, 4])
            try await withTemporaryFolder { other in
                try copyTree(folder + "/warehouse", other + "/warehouse")
                removeTree(folder + "/warehouse")
                let moved = try await LakeFixture.open(other)
                #expect(try await moved.ids(orders) == [0, 1, 2, 5, 6, 7, 8, 9])
                let (base, change) = try await moved.append(orders, 20..<22)
                _ = try await moved.commit(orders, change, base: base)
                #expect(try await moved.ids(orders) == [0, 1, 2, 5, 6, 7, 8, 9, 20, 21])
            }
        }
    }

    @Test("position deletes take rows out, a later delete file takes the place of an earlier")
    func deletes() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<10)
            try await deleteRows(fixture, positions: [0])
            try await deleteRows(fixture, positions: [0, 9])
            #expect(try await fixture.ids(orders) == Array(1..<9))
            #expect(try await fixture.snapshot(orders).exactRowCount == 8)
            #expect(try await fixture.ids(orders, at: .version(2)) == Array(1..<10))
        }
    }

    @Test(
        "a damaged record is named, and nothing is changed",
        arguments: ["", "{", "{\"format\":1}", "[]", "{\"format\":0,\"version\":2}"]
    )
    func damagedRecord(text: String) async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            try await fixture.lake.store.put("_tarn/log/00000000000000000002.json", Array(text.utf8))
            let error = await #expect(throws: TarnError.self) { _ = try await fixture.lake.refresh() }
            #expect(error?.code == .corruptData)
            #expect(fixture.lake.knownState.version == 1)
        }
    }

    private func deleteRows(_ fixture: LakeFixture, positions: [Int64]) async throws {
        let snapshot = try await fixture.snapshot(orders)
        let folder = try #require(TableFolder(snapshot.state))
        let file = try #require(snapshot.files.first)
        var change = TableChange(.delete)
        change.addedDeleteFiles = [
            try await fixture.writer.writeDeletes(of: file.dataFile.path, positions: positions, into: folder)
        ]
        change.removedDeleteFiles = Set(file.deletes.map(\.dataFile.path))
        _ = try await fixture.commit(orders, change, base: snapshot.state)
    }

    private func copyTree(_ from: String, _ to: String) throws {
        try runTool("/bin/cp", ["-r", from, to])
    }
}
