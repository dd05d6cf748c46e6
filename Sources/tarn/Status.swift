import ArgumentParser
import Platform

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what every source is doing, and how far the lake is.",
        discussion: """
            Asks the running `tarn up`; without one, the lake and the databases. `log kept` is the log that a source
            keeps because of Tarn, against the budget in its file.

            Examples:
              tarn status
              tarn status --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Option(help: "How the answer is written: text or json.")
    var output: ReportFormat = .text

    func run() async throws {
        let report = try await StatusReport.make(try project.open())
        switch output {
        case .json: Console.json(report.json)
        case .text: Console.write(StatusText.render(report.status, address: report.address, style: Console.style))
        }
    }
}
