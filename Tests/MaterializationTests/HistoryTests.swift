import Base
import Store
import TestKit
import Testing

/// What the state store keeps of runs.
@Suite struct HistoryTests {
    private func step(_ name: String) -> StepRecord { StepRecord(asset: name, status: .waiting, planHash: "h") }

    @Test("runs come back as they were kept, the newest first")
    func kept() async throws {
        try await withTemporaryFolder { folder in
            let history = RunHistory(try StateDatabase(path: "\(folder)/state.db"))
            for number in 1...3 {
                let time = Timestamp(microseconds: Int64(number) * 1_000_000)
                let run = RunRecord(id: "r\(number)", trigger: "manual", base: 7, isFullRefresh: true, startedAt: time)
                try history.begin(run, [step("gold.b"), step("gold.a")])
            }
            var done = step("gold.a")
            done.status = .failed
            done.seconds = 1.5
            done.details = ["rows": 3]
            try history.record(done, of: "r2")
            var run = try #require(try history.run("r2"))
            run.status = .failed
            run.endedAt = Timestamp(microseconds: 9)
            run.version = 12
            try history.update(run)
            #expect(try history.runs(limit: 9).map(\.status) == [.running, .failed, .interrupted])
            #expect(try history.runs(limit: 2).map(\.id) == ["r3", "r2"])
            #expect(try history.run("r2") == run)
            #expect(try history.steps(of: "r2") == [step("gold.b"), done])
            #expect(try history.run("r9") == nil)
        }
    }

    @Test("the oldest runs make room, the newest stays")
    func bounded() async throws {
        try await withTemporaryFolder { folder in
            let history = RunHistory(try StateDatabase(path: "\(folder)/state.db"))
            let many = (0..<30_000).map { step("gold.t\($0)") }
            for number in 1...3 {
                let time = Timestamp(microseconds: Int64(number) * 1_000_000)
                try history.begin(RunRecord(id: "r\(number)", trigger: "manual", base: 7, startedAt: time), many)
            }
            #expect(try history.runs(limit: 9).map(\.id) == ["r3"])
            #expect(try history.steps(of: "r2").isEmpty)
            #expect(try history.steps(of: "r3").count == 30_000)
        }
    }
}
