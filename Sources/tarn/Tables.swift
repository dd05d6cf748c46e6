import ArgumentParser
import Base
import Platform

struct Tables: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the tables of the lake.",
        discussion: """
            Rows and sizes come from metadata alone. `bronze` tables hold every change, `silver` tables the current rows.

            Examples:
              tarn tables
              tarn tables --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @OptionGroup var options: ReferenceOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let composition = try await Composition.open(try project.open())
        let tables = try await TableListing.all(of: composition.lake, at: options.reference)
        switch output {
        case .json: Console.json(.array(tables.map(\.json)))
        case .text: Console.write(TableListing.text(tables))
        }
    }
}
