import ArgumentParser
import Base
import Platform

struct Describe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show a table's columns, owner, files and properties.",
        discussion: """
            Examples:
              tarn describe silver.orders
              tarn describe silver.orders --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @OptionGroup var options: ReferenceOptions

    @Argument(help: ArgumentHelp("The table, as namespace.table.", valueName: "table"))
    var table: String

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let composition = try await Composition.open(try project.open())
        let description = try await TableDescription.make(
            of: table,
            in: composition.lake,
            at: options.reference
        )
        switch output {
        case .json: Console.json(description.json)
        case .text: Console.write(description.text)
        }
    }
}
