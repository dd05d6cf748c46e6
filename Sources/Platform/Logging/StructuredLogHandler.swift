internal import Base
package import Logging

/// Writes one line for each event to standard error, in one piece, so that lines of several threads never mix.
package struct StructuredLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata = Logger.Metadata()
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogFormat
    private let time: any TimeSource
    private let write: @Sendable (String) -> Void

    /// A logger for `tarn up`.
    package static func logger(_ label: String, format: LogFormat, level: Logger.Level) -> Logger {
        Logger(label: label) {
            StructuredLogHandler($0, format: format, level: level, time: SystemTime()) { line in
                Files.writeAll(Array(line.utf8), to: 2)
            }
        }
    }

    init(
        _ label: String,
        format: LogFormat,
        level: Logger.Level,
        time: any TimeSource,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.format = format
        self.time = time
        self.write = write
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var pairs: [(key: String, value: String)] = [
            ("time", time.now().description), ("level", event.level.rawValue), ("component", label),
            ("msg", event.message.description),
        ]
        var details = metadata
        details.merge(metadataProvider?.get() ?? [:]) { $1 }
        details.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { details["error"] = "\(error)" }
        pairs += details.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) }
        write(line(pairs) + "\n")
    }

    private func line(_ pairs: [(key: String, value: String)]) -> String {
        switch format {
        case .logfmt:
            return pairs.map { "\($0.key)=\(Self.word($0.value))" }.joined(separator: " ")
        case .json:
            var object = JSONObject()
            for pair in pairs { object.append(pair.key, .string(pair.value)) }
            return JSONValue.object(object).text
        }
    }

    /// Bare where nothing in it could be misread, else in quotes.
    private static func word(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x5C && $0 != 0x7F }
        return isPlain && !text.isEmpty ? text : JSONValue.string(text).text
    }
}
