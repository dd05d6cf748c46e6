import ArgumentParser
import Lake
import Platform

struct BranchList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the branches.",
        discussion: """
            `base` is the version of main that a branch began with, `changed` the number of tables to be published.

            Examples:
              tarn branch list
              tarn branch list --all --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Flag(help: "Show those that programs made for themselves, too: names that begin with `_`.")
    var all = false

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let state = try await Composition.open(try project.open()).lake.refresh()
        let listing = BranchListing(state, showsHidden: all)
        switch output {
        case .json: Console.json(listing.json)
        case .text: Console.write(listing.text)
        }
    }
}
