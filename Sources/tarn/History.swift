import ArgumentParser
import Platform

struct History: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the commits that changed a table, newest first.",
        discussion: """
            Any version can be read: `tarn query --at-version N`.

            Examples:
              tarn history silver.orders
              tarn history silver.orders --limit 5
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: ArgumentHelp("The table, as namespace.table.", valueName: "table"))
    var table: String

    @OptionGroup var listing: ListingOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let composition = try await Composition.open(try project.open())
        let history = try await CommitListing.history(of: table, in: composition.lake, limit: listing.limit)
        switch output {
        case .json: Console.json(history.json)
        case .text: Console.write(history.text)
        }
    }
}
