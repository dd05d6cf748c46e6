import Base

/// Limits and rights of one DuckDB instance. All of them hold for the instance as a whole, not for a connection.
package struct EngineConfiguration: Sendable {
    package var memoryLimitBytes: Int
    package var threads: Int
    /// Where data goes that does not fit in memory. Nil: nothing is ever written out, and what does not fit fails.
    package var temporaryDirectory: String?
    package var temporaryBytesMax: Int?
    /// The folders that statements may read and write. Nil: all, unless the instance is locked down.
    package var allowedDirectories: [String]?
    /// No statement may reach outside `allowedDirectories`, load anything, or change a setting.
    package var isLockedDown: Bool
    /// Paths of extensions, loaded in this order before anything is locked.
    package var extensions: [String]
    /// False: plans stay as the binder made them, which is enough, and faster, where nothing is run.
    package var optimizes = true

    package init(
        memoryLimitBytes: Int,
        threads: Int,
        temporaryDirectory: String? = nil,
        temporaryBytesMax: Int? = nil,
        allowedDirectories: [String]? = nil,
        isLockedDown: Bool = false,
        extensions: [String] = []
    ) {
        self.memoryLimitBytes = memoryLimitBytes
        self.threads = threads
        self.temporaryDirectory = temporaryDirectory
        self.temporaryBytesMax = temporaryBytesMax
        self.allowedDirectories = allowedDirectories
        self.isLockedDown = isLockedDown
        self.extensions = extensions
    }
}

extension EngineConfiguration {
    /// What DuckDB must know before it opens.
    var openingSettings: [(name: String, value: String)] {
        [
            ("memory_limit", "\(memoryLimitBytes)B"),
            ("threads", String(threads)),
            ("autoload_known_extensions", "false"),
            ("autoinstall_known_extensions", "false"),
            ("allow_community_extensions", "false"),
            ("allow_persistent_secrets", "false"),
        ]
    }

    /// What is set afterwards, in an order that matters: access ends last, and the settings are locked at the very end.
    var statements: [String] {
        var result = extensions.map { "LOAD \(sqlLiteral($0))" }
        result += ["SET GLOBAL TimeZone = 'UTC'", "SET temp_directory = \(sqlLiteral(temporaryDirectory ?? ""))"]
        if let temporaryBytesMax { result.append("SET max_temp_directory_size = '\(temporaryBytesMax)B'") }
        if isLockedDown || allowedDirectories != nil {
            let directories = (allowedDirectories ?? []).map { sqlLiteral($0) }.joined(separator: ", ")
            result += ["SET allowed_directories = [\(directories)]", "SET enable_external_access = false"]
        }
        if isLockedDown {
            let names = Self.progressSettings.map { sqlLiteral($0.name) }.joined(separator: ", ")
            result += ["SET allowed_configs = [\(names)]", "SET lock_configuration = true"]
        }
        return result
    }

    /// Each connection sets these for itself, also in a locked instance; without them DuckDB measures no progress.
    /// The order matters: nothing may be printed.
    static var progressSettings: [(name: String, value: String)] {
        [("enable_progress_bar_print", "false"), ("progress_bar_time", "0"), ("enable_progress_bar", "true")]
    }
}
