import Base
import Lake
import TestKit
import Testing

/// Publishing beside others: readers, writers of main, another process.
@Suite struct PublishingTests {
    private static let names = (0..<4).map { TableName(namespace: "gold", name: "t\($0)") }

    @Test("readers see all of what was published or none, whatever else is committed")
    func readers() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            let reader = try await LakeFixture.open(folder, state: "reader.db")
            let writer = try await LakeFixture.open(folder, state: "writer.db")
            for name in Self.names { try await fixture.create(name, 0..<1) }
            try await fixture.create(orders, 0..<1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.publish(fixture, rounds: 12) }
                group.addTask { try await Self.watch(reader, until: 12) }
                group.addTask {
                    for number in 0..<12 {
                        try await writer.append(orders, Int64(number + 1)..<Int64(number + 2), on: nil)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await reader.ids(orders) == Array(0..<13))
            let publishing = try await reader.lake.records(limit: 100).filter { $0.commits[0].cause == "publish" }
            #expect(publishing.count == 12 && publishing.allSatisfy { $0.commits.count == 1 })
        }
    }

    /// Round n leaves just the row n in every table.
    private static func publish(_ fixture: LakeFixture, rounds: Int) async throws {
        for round in 1...rounds {
            try await fixture.lake.createBranch("run-\(round)", as: .system)
            for name in names {
                try await fixture.rewrite(name, Int64(round)..<Int64(round + 1), on: "run-\(round)")
            }
            try await fixture.lake.publish(Publication(of: "run-\(round)"), as: .system)
        }
    }

    private static func watch(_ fixture: LakeFixture, until last: Int64) async throws {
        var seen: Int64 = 0
        while seen < last {
            let state = try await fixture.lake.refresh()
            var rounds: Set<[Int64]> = []
            for name in names { rounds.insert(try await fixture.ids(name, at: .version(state.version))) }
            #expect(rounds.count == 1, "half of a publishing in version \(state.version)")
            let round = rounds.first?.first ?? 0
            #expect(round >= seen)
            seen = round
        }
    }

    @Test("two processes that publish appends and append at once lose nothing")
    func appends() async throws {
        try await withTemporaryFolder { folder in
            let first = try await LakeFixture.open(folder)
            try await first.create(orders, 0..<1)
            let second = try await LakeFixture.open(folder, state: "other.db")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, fixture) in [first, second].enumerated() {
                    group.addTask {
                        for round in 0..<8 {
                            let start = Int64(1 + (index * 8 + round) * 2)
                            let branch = "b-\(index)-\(round)"
                            try await fixture.lake.createBranch(branch, as: .system)
                            try await fixture.append(orders, start..<start + 1, on: branch)
                            try await fixture.append(orders, start + 1..<start + 2, on: nil)
                            try await fixture.lake.publish(Publication(of: branch), as: .system)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await first.ids(orders) == Array(0..<33))
            #expect(try await second.lake.refresh() == (try await first.lake.refresh()))
        }
    }

    @Test("commits on branches and on main share records, and each goes where it belongs")
    func groups() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            for name in ["x", "y"] { try await fixture.lake.createBranch(name, as: .system) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, branch) in ["x", "y", nil].enumerated() {
                    group.addTask {
                        for number in 0..<6 {
                            let id = Int64(index * 100 + number + 1)
                            try await fixture.append(orders, id..<id + 1, on: branch)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await fixture.ids(orders, at: .branch("x")) == Array(0..<7))
            #expect(try await fixture.ids(orders, at: .branch("y")) == [0] + Array(101..<107))
            #expect(try await fixture.ids(orders) == [0] + Array(201..<207))
        }
    }

    @Test("a commit to a branch that is published meanwhile is refused or published, never lost")
    func lateCommit() async throws {
        try await withTemporaryFolder { folder in
            let fixture = try await LakeFixture.open(folder)
            try await fixture.create(orders, 0..<1)
            for round in 0..<10 {
                try await fixture.lake.createBranch("x", as: .system)
                let first = Int64(round * 2 + 1)
                try await fixture.append(orders, first..<first + 1, on: "x")
                async let published = fixture.lake.publish(Publication(of: "x"), as: .system)
                var isLate = false
                do {
                    try await fixture.append(orders, first + 1..<first + 2, on: "x")
                } catch let error as TarnError {
                    isLate = error.code == .referenceMissing
                }
                _ = try await published
                let ids = try await fixture.ids(orders)
                #expect(ids.contains(first) && ids.contains(first + 1) == !isLate)
            }
        }
    }
}
