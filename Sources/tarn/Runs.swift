import ArgumentParser
import Platform

struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the runs of assets on this machine, or what became of each asset in one of them.",
        discussion: """
            Examples:
              tarn runs
              tarn runs 20260403T080001-1f0c93aa
              tarn runs --limit 100 --output json
            """
    )

    @OptionGroup var project: ProjectOptions
    @OptionGroup var listing: ListingOptions

    @Argument(help: ArgumentHelp("One run; default: the newest ones.", valueName: "run"))
    var name: String?

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let composition = try await Composition.open(try project.open())
        let runs =
            if let name { try RunListing.run(name, in: composition) } else {
                try RunListing.newest(in: composition, limit: listing.limit)
            }
        switch output {
        case .json: Console.json(runs.json)
        case .text: Console.write(runs.text)
        }
    }
}
