package import Base
package import Checks
package import Settings

/// What one file of `sources/` says.
package struct SourceConfiguration: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case postgres
    }

    package var name: String
    package var kind: Kind
    /// May hold a password: never shown.
    private let writtenConnection: Result<String, TarnError>
    package var tables: [String]
    package var exclude: [String] = []
    package var slot: String?
    package var publication: String?
    package var readers: Int?
    /// Names in the lake, with `{schema}` and `{table}`.
    package var bronze: String?
    package var silver: String?
    /// More log than this kept at the source because of Tarn is a warning.
    package var logBudgetBytes: Int64 = 10 << 30
    /// Checks of the source's silver tables, of all kinds.
    package var checks: [CheckFile.Table] = []
    /// The file, for messages.
    package var file: String

    /// - Throws: `configuration.invalid` where the environment lacks a part of it: only who connects needs it.
    package var connection: String { get throws(TarnError) { try writtenConnection.get() } }
}

extension SourceConfiguration {
    private static let keys = [
        "name", "type", "connection", "connection_env", "tables", "exclude", "slot", "publication", "readers", "bronze",
        "silver", "log_budget", "checks",
    ]

    /// - Parameter defaultName: the file's name without its ending.
    package init(
        parsing bytes: [UInt8],
        file: String,
        defaultName: String,
        environment: Environment
    ) throws(TarnError) {
        let root = try ConfigurationSection(
            ConfigurationDocument.parse(bytes, file: file),
            keys: Self.keys,
            environment: environment
        )
        self.file = file
        name = try root.text("name") ?? defaultName
        guard Self.isName(name) else {
            throw root.place("name").failure(
                "A source's name is not usable.",
                remedy: "Begin with a small letter; then letters, digits, `_` and `-`, at most 40 in all."
            )
        }
        kind = try Self.kind(root)
        writtenConnection = try Self.connection(root)
        tables = try root.texts("tables") ?? []
        guard !tables.isEmpty else {
            throw root.place("tables").failure(
                "The source names no tables.",
                remedy: "Add `tables: [public.*]`, or list them one by one."
            )
        }
        exclude = try root.texts("exclude") ?? []
        slot = try Self.identifier("slot", in: root)
        publication = try Self.identifier("publication", in: root)
        readers = try root.integer("readers", 1...64)
        bronze = try Self.template("bronze", in: root)
        silver = try Self.template("silver", in: root)
        logBudgetBytes = try root.size("log_budget", atLeast: 1 << 20) ?? logBudgetBytes
        if let node = root.node(at: "checks") { checks = try Self.checks(node) }
    }

    private static func checks(_ node: ConfigurationNode) throws(TarnError) -> [CheckFile.Table] {
        let tables = try CheckFile.read(tables: node)
        var seen: Set<TableName> = []
        for table in tables {
            if let fault = table.declared.faults.first { throw fault }
            guard seen.insert(table.name).inserted else {
                throw table.place.failure(
                    "The checks of \(table.name) stand in two places.",
                    remedy: "List them together, below one `name`."
                )
            }
        }
        return tables
    }

    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first), text.utf8.count <= 40 else { return false }
        return text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
        }
    }

    private static func kind(_ root: ConfigurationSection) throws(TarnError) -> Kind {
        let known = Kind.allCases.map(\.rawValue)
        guard let text = try root.text("type") else {
            throw root.node.failure("The source has no `type`.", remedy: "Add `type: postgres`.")
        }
        guard let kind = Kind(rawValue: text) else {
            let nearest = Spelling.nearest(to: text, in: known).map { "Did you mean `\($0)`? " } ?? ""
            throw root.place("type").failure(
                "There is no such type of source.",
                remedy: nearest + "The types are \(known.joined(separator: ", "))."
            )
        }
        return kind
    }

    private static func connection(_ root: ConfigurationSection) throws(TarnError) -> Result<String, TarnError> {
        switch (root.isWritten("connection"), root.isWritten("connection_env")) {
        case (true, false):
            return Result { () throws(TarnError) in
                try root.uri("connection", schemes: ["postgresql", "postgres"]) ?? ""
            }
        case (false, true):
            return Result { () throws(TarnError) in
                let name = try root.text("connection_env") ?? ""
                return try root.environment.required(name, at: root.place("connection_env"))
            }
        case (true, true):
            throw root.place("connection_env").failure(
                "The source has both `connection` and `connection_env`.",
                remedy: "Keep one of them."
            )
        case (false, false):
            throw root.node.failure(
                "The source has no `connection`.",
                remedy: "Add `connection: postgresql://user@host/database`, or `connection_env: NAME`."
            )
        }
    }

    private static func identifier(_ key: String, in root: ConfigurationSection) throws(TarnError) -> String? {
        guard let text = try root.text(key) else { return nil }
        let isFine = text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F
        }
        guard isFine, (1...63).contains(text.utf8.count) else {
            throw root.place(key).failure(
                "`\(key)` is not a usable name.",
                remedy: "Use small letters, digits and `_`, at most 63."
            )
        }
        return text
    }

    private static func template(_ key: String, in root: ConfigurationSection) throws(TarnError) -> String? {
        guard let text = try root.text(key) else { return nil }
        let sample = text.replacing("{schema}", with: "schema").replacing("{table}", with: "table")
        guard text.contains("{table}"), TableName(sample) != nil, !sample.contains("{"), !sample.contains("/") else {
            throw root.place(key).failure(
                "`\(key)` is not a template for a table's name.",
                remedy: "Write `namespace.name` with `{table}` and, if wanted, `{schema}`: `bronze.{schema}_{table}`."
            )
        }
        return text
    }
}
