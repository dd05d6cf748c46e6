import ArgumentParser
import Platform

struct TagList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the tags.",
        discussion: """
            Example:
              tarn tag list
            """
    )

    @OptionGroup var project: ProjectOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let listing = try await TagListing(try await Composition.open(try project.open()).lake)
        switch output {
        case .json: Console.json(listing.json)
        case .text: Console.write(listing.text)
        }
    }
}
