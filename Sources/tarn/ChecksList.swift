import ArgumentParser
import Base
import Platform

struct ChecksList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the last result of each check.",
        discussion: """
            Examples:
              tarn checks
              tarn checks list gold.revenue_daily
              tarn checks list --bad --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: ArgumentHelp("Of which tables; default: all.", valueName: "table"))
    var tables: [TableName] = []

    @Flag(help: "Leave out those that passed.")
    var bad = false

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let composition = try await Composition.open(try project.open())
        let listing = try await CheckListing.newest(tables, onlyBad: bad, in: composition)
        switch output {
        case .json: Console.json(listing.json)
        case .text: Console.write(listing.text)
        }
    }
}
