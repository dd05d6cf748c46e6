import ArgumentParser
import Platform

struct SourceCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Ask sources whether they can be mirrored, and say what is missing.",
        discussion: """
            Changes nothing. Each problem comes with the SQL or the setting that mends it; the exit code is 1 while \
            there is one. Warnings (a table without a key, say) do not keep a source from being mirrored.

            Examples:
              tarn source check
              tarn source check shop
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The source; default: all.")
    var name: String?

    func run() async throws {
        let project = try project.open()
        let sources = try name.map { [try project.source(named: $0)] } ?? project.sources()
        if sources.isEmpty { Console.line("No sources yet: `tarn source add` adds one.") }
        try await SourceReport.check(sources, of: project)
    }
}
