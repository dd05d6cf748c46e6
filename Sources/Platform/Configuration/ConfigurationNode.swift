internal import Base

/// One value of a configuration file, with the place where it was written.
struct ConfigurationNode: Sendable {
    indirect enum Content: Sendable {
        /// Nothing after the colon, `~` or `null`: as if the key were not there.
        case nothing
        case text(String)
        case list([ConfigurationNode])
        case section([Entry])
    }

    struct Entry: Sendable {
        var key: String
        var line: Int
        var column: Int
        var value: ConfigurationNode
    }

    var file: String
    /// The way from the root, `http.port`; empty at the root.
    var path: String
    var line: Int
    var column: Int
    var content: Content

    /// An error at this place.
    func failure(_ message: String, remedy: String? = nil) -> TarnError {
        Self.failure(message, file: file, line: line, column: column, remedy: remedy)
    }

    static func failure(
        _ message: String,
        file: String,
        line: Int,
        column: Int,
        remedy: String? = nil
    ) -> TarnError {
        TarnError(.configurationInvalid, message, detail: ["at": "\(file):\(line):\(column)"], remedy: remedy)
    }
}
