import ArgumentParser
import Base
import Platform

struct SourceAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Describe a new source, and check that it can be mirrored.",
        discussion: """
            Writes sources/NAME.yaml and runs the check. A running `tarn up` takes it up after a restart.
            Keep passwords out of the file: write ${VARIABLE} in the connection, or use --connection-env.

            Examples:
              tarn source add shop --connection 'postgresql://tarn:${SHOP_PASSWORD}@db/shop' --tables 'public.*'
              tarn source add shop --connection-env SHOP_URL --tables public.orders public.customers
              tarn source add shop --connection service=shop --tables 'sales.*' --exclude 'sales.tmp_*'
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "A name of its own: small letters, digits, `_` and `-`.")
    var name: String

    @Option(help: ArgumentHelp("The kind of database.", valueName: "kind"))
    var type: SourceConfiguration.Kind = .postgres

    @Option(help: ArgumentHelp("A libpq connection string or URI; ${VARIABLE} is filled in.", valueName: "connection"))
    var connection: String?

    @Option(help: ArgumentHelp("The environment variable that holds the connection.", valueName: "variable"))
    var connectionEnv: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Tables as schema.table, with * for any run of characters.", valueName: "pattern")
    )
    var tables: [String] = ["public.*"]

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Tables to leave out.", valueName: "pattern"))
    var exclude: [String] = []

    @Flag(help: "Write the file without asking the database.")
    var noCheck = false

    func validate() throws {
        guard SourceConfiguration.isName(name) else {
            throw ValidationError("A source's name begins with a small letter; then letters, digits, `_` and `-`.")
        }
        guard (connection == nil) != (connectionEnv == nil) else {
            throw ValidationError("Give either --connection or --connection-env.")
        }
    }

    func run() async throws {
        let project = try project.open()
        if let existing = try project.sources().first(where: { $0.name == name }) {
            throw TarnError(
                .configurationInvalid,
                "There is a source of this name already.",
                detail: ["file": existing.file],
                remedy: "Choose another name, edit that file, or remove it with `tarn source remove \(name)`."
            )
        }
        let kept: SourceConnection = connection.map { .text($0) } ?? .variable(connectionEnv ?? "")
        let path = "\(project.sourcesFolder)/\(name).yaml"
        guard !Files.exists(path) else {
            throw TarnError(.configurationInvalid, "The file exists already.", detail: ["file": path])
        }
        try Files.makeFolder(project.sourcesFolder)
        let text = ProjectTemplate.source(connection: kept, tables: split(tables), exclude: split(exclude))
        try Files.write(text, to: path, isSecret: true)
        let source: SourceConfiguration
        do {
            source = try project.source(named: name)
        } catch {
            try Files.remove(path)
            throw error
        }
        Console.line("Wrote sources/\(name).yaml")
        if !noCheck { try await SourceReport.check([source], of: project) }
    }

    private func split(_ patterns: [String]) -> [String] {
        patterns.flatMap { $0.split(separator: ",").map { String($0.drop { $0 == " " }) } }
    }
}

extension SourceConfiguration.Kind: ExpressibleByArgument {}
