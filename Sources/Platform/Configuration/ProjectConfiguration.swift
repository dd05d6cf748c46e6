package import Base
package import Settings

/// What `tarn.yaml` says, with every path absolute and every default filled in.
package struct ProjectConfiguration: Sendable, Equatable {
    /// The folder that is the lake.
    package var warehouse: String
    /// Local state: can be deleted, is rebuilt.
    package var state: String
    package var http = HTTP()
    package var limits = Limits()
    package var landing = Landing()

    package struct HTTP: Sendable, Equatable {
        package var host = "127.0.0.1"
        /// 0: any free one.
        package var port = 7070
    }

    package struct Limits: Sendable, Equatable {
        /// What the embedded engine of one process may take.
        package var memoryBytes: Int64 = 1 << 30
        /// Nil: as many as the machine has cores.
        package var threads: Int?
        package var queryTimeout = Duration.seconds(300)
        /// Rows that one query may answer with; nil: as many as there are.
        package var queryRowsMax: Int?
    }

    package struct Landing: Sendable, Equatable {
        package var commitInterval = Duration.seconds(1)
        package var commitRowsMax = 500_000
        package var memoryBytes: Int64 = 96 << 20
        package var idleInterval = Duration.seconds(10)
    }
}

extension ProjectConfiguration {
    static let fileName = "tarn.yaml"

    /// - Parameters:
    ///   - file: the name shown in errors.
    ///   - folder: where relative paths begin: the folder that holds the file.
    package init(
        parsing bytes: [UInt8],
        file: String,
        folder: String,
        environment: Environment
    ) throws(TarnError) {
        let root = try ConfigurationSection(
            ConfigurationDocument.parse(bytes, file: file),
            keys: ["warehouse", "state", "http", "limits", "landing"],
            environment: environment
        )
        warehouse = Path.absolute(try Self.localFolder("warehouse", in: root) ?? "warehouse", from: folder)
        state = Path.absolute(try Self.localFolder("state", in: root) ?? ".tarn", from: folder)
        http = try Self.http(root)
        limits = try Self.limits(root)
        landing = try Self.landing(root)
    }

    private static func localFolder(_ key: String, in root: ConfigurationSection) throws(TarnError) -> String? {
        guard let text = try root.text(key) else { return nil }
        guard !text.isEmpty else {
            throw root.place(key).failure("`\(key)` is empty.", remedy: "Give a folder, or leave the key out.")
        }
        guard !text.contains("://") else {
            throw root.place(key).failure(
                "`\(key)` is not a folder of this machine.",
                remedy: "Give a path; buckets are not supported yet."
            )
        }
        return text
    }

    private static func http(_ root: ConfigurationSection) throws(TarnError) -> HTTP {
        let section = try root.section("http", keys: ["host", "port", "allow_remote"])
        var http = HTTP()
        http.host = try section.text("host") ?? http.host
        http.port = try section.integer("port", 0...65535) ?? http.port
        let isRemoteAllowed = try section.flag("allow_remote") ?? false
        guard isRemoteAllowed || isLoopback(http.host) else {
            throw section.place("host").failure(
                "`http.host` can be reached from other machines, and the service asks nobody for a password.",
                remedy: "Use 127.0.0.1, or set `http.allow_remote: true` where the network is closed."
            )
        }
        return http
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.split(separator: ".").count == 4)
    }

    private static func limits(_ root: ConfigurationSection) throws(TarnError) -> Limits {
        let section = try root.section("limits", keys: ["memory", "threads", "query_timeout", "query_rows"])
        var limits = Limits()
        limits.memoryBytes = try section.size("memory", atLeast: 64 << 20) ?? limits.memoryBytes
        limits.threads = try section.integer("threads", 1...1024)
        limits.queryTimeout =
            try section.duration("query_timeout", .milliseconds(1)...(.seconds(86_400))) ?? limits.queryTimeout
        limits.queryRowsMax = try section.integer("query_rows", 1...Int(Int32.max))
        return limits
    }

    private static func landing(_ root: ConfigurationSection) throws(TarnError) -> Landing {
        let section = try root.section("landing", keys: ["commit_interval", "commit_rows", "memory", "idle_interval"])
        var landing = Landing()
        landing.commitInterval =
            try section.duration("commit_interval", .milliseconds(10)...(.seconds(3600))) ?? landing.commitInterval
        landing.commitRowsMax = try section.integer("commit_rows", 1...100_000_000) ?? landing.commitRowsMax
        landing.memoryBytes = try section.size("memory", atLeast: 1 << 20) ?? landing.memoryBytes
        landing.idleInterval =
            try section.duration("idle_interval", .milliseconds(100)...(.seconds(3600))) ?? landing.idleInterval
        return landing
    }
}
