import ArgumentParser
import Base
import Platform

struct ChecksRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Evaluate checks on tables as readers see them now.",
        discussion: """
            Nothing is built and nothing is stopped; results are recorded. The exit code is 1 when a check of severity \
            error does not hold.
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: ArgumentHelp("Which tables; default: all that have checks.", valueName: "table"))
    var tables: [TableName] = []

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let (project, tables, style) = (try project.open(), tables, Console.style)
        let found = try await Interruption.cancelling { () throws(TarnError) in
            try await CheckEvaluation.run(tables, in: try await Composition.open(project), style: style)
        }
        switch output {
        case .json: Console.json(.array(found.flatMap { $0.rows.array ?? [] }))
        case .text:
            if found.isEmpty { Console.line("No table has checks.") }
            for line in found.flatMap(\.lines) { Console.line(line) }
        }
        guard found.allSatisfy(\.isGood) else { throw ExitCode.failure }
    }
}
