import Base
import TestKit
import Testing
import Web

@Suite struct MetricsTests {
    @Test("metrics are written as Prometheus reads them")
    func golden() {
        let usage = ProcessUsage(residentBytes: 52_428_800, cpuMicroseconds: 1_250_000)
        expectGolden(MetricsText.render(Samples.status(), usage), "metrics.txt")
    }

    @Test("every sample belongs to a metric with a help and a type line")
    func shape() {
        let text = MetricsText.render(Samples.status(), ProcessUsage(residentBytes: 1, cpuMicroseconds: 1))
        var declared: Set<Substring> = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE") { declared.insert(words[2]) }
            guard !line.hasPrefix("#") else { continue }
            #expect(declared.contains(line.prefix { $0 != "{" && $0 != " " }))
            #expect(Double(words[words.count - 1]) != nil)
        }
        #expect(declared.count > 10)
    }

    @Test("quotes, backslashes and line breaks in labels are escaped")
    func escapes() {
        var status = Samples.status()
        status.sources = [SourceStatus(name: "a\"b\\c\nd", kind: "postgres", phase: .streaming)]
        let text = MetricsText.render(status, ProcessUsage(residentBytes: 1, cpuMicroseconds: 1))
        #expect(text.contains(#"tarn_commits_total{source="a\"b\\c\nd"} 0"#))
    }

    @Test("the usage of this process is known")
    func usage() {
        let usage = ProcessUsage.current()
        #expect(usage.residentBytes > 1 << 20)
        #expect(usage.cpuMicroseconds > 0)
    }
}
