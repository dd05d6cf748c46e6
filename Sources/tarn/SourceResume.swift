import ArgumentParser
import Platform

struct SourceResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a paused or failed source.",
        discussion: """
            It goes on where it stopped. A source that has failed starts again after `pause` and `resume`.

            Example:
              tarn source resume shop
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The source.")
    var name: String

    func run() async throws {
        let project = try project.open()
        let source = try project.source(named: name)
        let composition = try await Composition.open(project)
        try composition.setPaused(source.name, false)
        Console.line("\(source.name): resumed")
    }
}
