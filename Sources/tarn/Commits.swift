import ArgumentParser
import Platform

struct Commits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the newest commits of the lake.",
        discussion: """
            A commit changes all its tables at once; its version is the version of the whole lake.

            Examples:
              tarn commits
              tarn commits --limit 100 --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @OptionGroup var listing: ListingOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let composition = try await Composition.open(try project.open())
        let commits = try await CommitListing.newest(in: composition.lake, limit: listing.limit)
        switch output {
        case .json: Console.json(commits.json)
        case .text: Console.write(commits.text)
        }
    }
}
