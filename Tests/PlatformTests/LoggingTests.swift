import Base
import Logging
import Synchronization
import Testing

@testable import Platform

@Suite struct LoggingTests {
    private final class Sink: Sendable {
        let lines = Mutex<[String]>([])
    }

    private static func logger(_ sink: Sink, _ format: LogFormat) -> Logger {
        Logger(label: "tarn") { label in
            StructuredLogHandler(label, format: format, level: .info, time: ManualTime(step: 0)) { line in
                sink.lines.withLock { $0.append(line) }
            }
        }
    }

    @Test("logfmt quotes only what could be misread")
    func logfmt() {
        let sink = Sink()
        var logger = Self.logger(sink, .logfmt)
        logger[metadataKey: "source"] = "shop"
        logger.info("source started", metadata: ["b": "x=\"y\"\nz", "a": "1", "empty": ""])
        logger.debug("not shown")
        #expect(
            sink.lines.withLock { $0 } == [
                #"time=2023-11-14T22:13:20.000000Z level=info component=tarn msg="source started" a=1 b="x=\"y\"\nz" empty="" source=shop"#
                    + "\n"
            ]
        )
    }

    @Test("JSON is one object a line")
    func json() throws {
        let sink = Sink()
        Self.logger(sink, .json).error("it\nfailed", metadata: ["code": "a"])
        let line = try #require(sink.lines.withLock { $0.first })
        #expect(line.hasSuffix("}\n") && line.filter(\.isNewline).count == 1)
        let value = try JSONParser.parse(Array(line.utf8), subject: "log line")
        #expect(
            value["level"]?.string == "error" && value["msg"]?.string == "it\nfailed" && value["code"]?.string == "a"
        )
    }
}
