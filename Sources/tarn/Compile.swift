import ArgumentParser
import Assets
import Base
import Platform

struct Compile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check all assets without running anything.",
        discussion: """
            Finds unknown tables and columns, types that do not fit, circles, names that are taken, wrong keys in \
            headers and broken contracts, each with its file, line and column. The columns of mirrors come from the \
            lake, or from what a source said at `tarn source check`. The exit code is 1 when something is wrong.

            Examples:
              tarn compile
              tarn compile --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let compiled = try await ProjectAssets(try project.open()).compile()
        switch output {
        case .json: Console.json(compiled.json)
        case .text: report(compiled)
        }
        guard compiled.problems.isEmpty else { throw ExitCode.failure }
    }

    private func report(_ compiled: CompiledProject) {
        for problem in compiled.problems { Console.line(problem.text) }
        let assets = compiled.assets.count == 1 ? "1 asset" : "\(compiled.assets.count) assets"
        let unread = compiled.assets.values.filter { $0.schema == nil }.count
        for table in compiled.orphans {
            Console.line("\(Console.style.warning("note")): no file makes \(table) any more; DROP TABLE takes it away")
        }
        guard !compiled.problems.isEmpty else {
            return Console.line("\(Console.style.good("fine")): \(assets), nothing to put right")
        }
        let problems = compiled.problems.count == 1 ? "1 problem" : "\(compiled.problems.count) problems"
        Console.line("\(Console.style.error(problems)) in \(assets); \(unread) could not be read to the end")
    }
}
