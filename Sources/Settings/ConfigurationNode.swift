package import Base

/// One value of a configuration file, with the place where it was written.
package struct ConfigurationNode: Sendable {
    package indirect enum Content: Sendable {
        /// Nothing after the colon, `~` or `null`: as if the key were not there.
        case nothing
        case text(String)
        case list([ConfigurationNode])
        case section([Entry])
    }

    package struct Entry: Sendable {
        package var key: String
        package var line: Int
        package var column: Int
        package var value: ConfigurationNode

        package init(key: String, line: Int, column: Int, value: ConfigurationNode) {
            self.key = key
            self.line = line
            self.column = column
            self.value = value
        }
    }

    package var file: String
    /// The way from the root, `http.port`; empty at the root.
    package var path: String
    package var line: Int
    package var column: Int
    package var content: Content

    /// An error at this place.
    package func failure(_ message: String, remedy: String? = nil) -> TarnError {
        Self.failure(message, file: file, line: line, column: column, remedy: remedy)
    }

    package static func failure(
        _ message: String,
        file: String,
        line: Int,
        column: Int,
        remedy: String? = nil
    ) -> TarnError {
        TarnError(.configurationInvalid, message, detail: ["at": "\(file):\(line):\(column)"], remedy: remedy)
    }
}
