import Base
import Testing
import Web

@Suite struct StatusTests {
    @Test("a status comes through JSON unchanged")
    func roundTrip() throws {
        let status = Samples.status()
        let json = try JSONParser.parse(status.json.serialized(), subject: "status")
        #expect(try ServiceStatus(json) == status)
    }

    @Test("what does not run has no health, no process and no start")
    func resting() {
        var status = Samples.status()
        (status.processID, status.startedAt) = (nil, nil)
        for key in ["status", "pid", "started_at"] { #expect(status.json[key]?.isNull == true) }
        #expect(!MetricsText.render(status, .current()).contains("process_start_time_seconds "))
    }

    @Test("a status of another shape is refused, not guessed", arguments: ["{}", "[]", #"{"tarn_version":1}"#])
    func malformed(text: String) throws {
        let json = try JSONParser.parse(Array(text.utf8), subject: "status")
        #expect(throws: TarnError.self) { try ServiceStatus(json) }
    }

    @Test("health is the worst of the sources")
    func health() {
        var status = Samples.status()
        #expect(status.health == .degraded)
        status.sources[1].tables = []
        #expect(status.health == .ok)
        status.sources[1].log?.retainedBytes = 11 << 30
        #expect(status.health == .degraded)
        status.sources[0].phase = .retrying
        #expect(status.health == .degraded)
        status.sources[0].phase = .failed
        #expect(status.health == .failed)
    }
}
