package import Base

/// The files that a new project begins with.
package enum ProjectTemplate {
    /// Writes what is missing in `folder`; returns the names of the files it wrote.
    /// - Throws: `configuration.invalid` when there is a project already.
    package static func write(to folder: String) throws(TarnError) -> [String] {
        guard !Files.exists("\(folder)/\(ProjectConfiguration.fileName)") else {
            throw TarnError(
                .configurationInvalid,
                "There is a project here already.",
                detail: ["folder": folder],
                remedy: "Go on with `tarn source add`, or choose another folder."
            )
        }
        try Files.makeFolder("\(folder)/sources")
        var written: [String] = []
        let files = [
            (ProjectConfiguration.fileName, projectFile), ("sources/example.yaml.txt", exampleSource),
            (".gitignore", ignored),
        ]
        for (name, text) in files where !Files.exists("\(folder)/\(name)") {
            try Files.write(text, to: "\(folder)/\(name)")
            written.append(name)
        }
        return written
    }

    /// The file of one source, as `tarn source add` writes it.
    package static func source(
        connection: SourceConnection,
        tables: [String],
        exclude: [String]
    ) -> String {
        var lines = ["type: postgres"]
        switch connection {
        case .text(let text): lines.append("connection: \(quoted(text))")
        case .variable(let name): lines.append("connection_env: \(name)")
        }
        lines.append("tables: [\(tables.map(quoted).joined(separator: ", "))]")
        if !exclude.isEmpty { lines.append("exclude: [\(exclude.map(quoted).joined(separator: ", "))]") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// As a YAML text in double quotes.
    private static func quoted(_ text: String) -> String { JSONValue.string(text).text }

    private static let ignored = """
        /warehouse/
        /.tarn/

        """

    private static let projectFile = """
        # A Tarn project. Every key is optional; what is written here are the defaults.
        # Paths are relative to this file. docs/configuration.md explains every key.

        # The lake: open Iceberg tables and their commit log. Copy this folder and you have all of it.
        warehouse: ./warehouse

        # Local state of this machine: indexes and caches. It can be deleted; it is rebuilt from the lake.
        state: ./.tarn

        # Health, metrics and status of `tarn up`.
        http:
          host: 127.0.0.1
          port: 7070

        # limits:
        #   memory: 1GiB          # of the embedded engine, for each process
        #   threads: 2            # default: as many as there are cores
        #   query_timeout: 5m
        #   query_rows: 1000000   # default: no limit

        # landing:
        #   commit_interval: 1s   # how fresh the lake is, against how many commits it has
        #   commit_rows: 500000
        #   memory: 96MiB         # changes held for each source before they go to files
        #   idle_interval: 10s

        """

    private static let exampleSource = """
        # An example: rename it to <name>.yaml, or let `tarn source add` write one.
        # The file's name is the source's name. ${VARIABLE} takes a value from the environment.
        type: postgres
        connection: postgresql://tarn:${SHOP_PASSWORD}@db.example.com:5432/shop
        tables: [public.*]
        # exclude: [public.audit_*]
        # slot: tarn_shop
        # publication: tarn_shop
        # readers: 4                        # parts of the snapshot that are read at once
        # bronze: bronze.{table}            # names in the lake; {schema} is known as well
        # silver: silver.{table}
        # log_budget: 10GiB                 # warn when the source keeps more log than this for Tarn

        """
}

/// Where a source's connection string is kept.
package enum SourceConnection: Sendable {
    case text(String)
    /// In the environment, under this name.
    case variable(String)
}
