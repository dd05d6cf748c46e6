import ArgumentParser
import Platform

struct SourcePause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop mirroring a source for a while.",
        discussion: """
            A running `tarn up` obeys within a second. The source keeps its log meanwhile: watch `tarn status`.

            Example:
              tarn source pause shop
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The source.")
    var name: String

    func run() async throws {
        let project = try project.open()
        let source = try project.source(named: name)
        let composition = try await Composition.open(project)
        try composition.setPaused(source.name, true)
        Console.line("\(source.name): paused")
    }
}
