/// How a line of the log is written.
package enum LogFormat: String, Sendable, CaseIterable {
    /// `time=… level=info msg="…" key=value`
    case logfmt
    /// One JSON object a line.
    case json
}
