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
              tarn commits --all                    (with those that build assets, on branches of their own)
            """
    )

    @OptionGroup var project: ProjectOptions

    @OptionGroup var listing: ListingOptions

    @Flag(help: "Also those on branches that programs made for themselves.")
    var all = false

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let composition = try await Composition.open(try project.open())
        let commits = try await CommitListing.newest(in: composition.lake, limit: listing.limit, withHidden: all)
        switch output {
        case .json: Console.json(commits.json)
        case .text: Console.write(commits.text)
        }
    }
}
