import ArgumentParser
import Base
import Platform

struct WhyBuilt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show from what, by what and why the rows of an asset came to be that readers see.",
        discussion: """
            Everything is in the commit that published the table: the run, the version of the lake that it read, the \
            snapshot of each input, the plan, and how the checks came out.

            Examples:
              tarn why-built gold.revenue_daily
              tarn why-built gold.revenue_daily --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: ArgumentHelp("The table.", valueName: "table"))
    var table: TableName

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let origin = try await AssetOrigin.find(table, in: try await Composition.open(try project.open()))
        switch output {
        case .json: Console.json(origin.json)
        case .text: Console.write(origin.text)
        }
    }
}
