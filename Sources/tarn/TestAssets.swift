import ArgumentParser
import Assets
import Base
import Platform

struct TestAssets: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the tests of assets on rows that they give, without the lake and without any service.",
        discussion: """
            Tests are in tests/**/*.yaml: rows for the tables that an asset reads, and the rows that it then has to \
            give, in any order. The exit code is 1 when a test fails.

            Examples:
              tarn test
              tarn test gold.revenue_daily
              tarn test tag:finance --output json
            """
    )

    @OptionGroup var project: ProjectOptions
    @OptionGroup var selection: SelectionOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let project = try project.open()
        let assets = ProjectAssets(project)
        let compiled = try await assets.compile()
        let reader = AssetTestReader(try assets.testFiles())
        let isAll = selection.isEmpty
        let selected = Set(try await selection.assets(of: compiled, in: project))
        let run = try AssetTestRun(compiled)
        var results: [AssetTestResult] = []
        for test in reader.tests where isAll || selected.contains(test.asset) {
            results.append(try await run.run(test))
        }
        switch output {
        case .json: Console.json(Self.json(results, reader.problems))
        case .text: Self.report(results, reader.problems)
        }
        guard reader.problems.isEmpty, results.allSatisfy(\.isPassed) else { throw ExitCode.failure }
    }

    private static func report(_ results: [AssetTestResult], _ problems: [Problem]) {
        let style = Console.style
        for result in results {
            let name = "\(result.test.asset): \(result.test.name)"
            switch result.outcome {
            case .passed: Console.line("\(style.good("passed"))  \(name)")
            case .failed(let difference):
                Console.line("\(style.error("FAILED"))  \(name) (\(result.test.place))")
                for line in difference.split(separator: "\n") { Console.line("    \(line)") }
            case .broken(let problem):
                Console.line("\(style.error("BROKEN"))  \(name)")
                for line in problem.text.split(separator: "\n") { Console.line("    \(line)") }
            }
        }
        for problem in problems { Console.line(problem.text) }
        let passed = results.count(where: \.isPassed)
        Console.line("\(passed) of \(results.count) tests passed")
    }

    private static func json(_ results: [AssetTestResult], _ problems: [Problem]) -> JSONValue {
        let tests = results.map { result -> JSONValue in
            var object: JSONObject = [
                "asset": .string(result.test.asset.description), "name": .string(result.test.name),
                "place": .string(result.test.place.description),
            ]
            switch result.outcome {
            case .passed: object.append("outcome", "passed")
            case .failed(let difference):
                object.append("outcome", "failed")
                object.append("difference", .string(difference))
            case .broken(let problem):
                object.append("outcome", "broken")
                object.append("problem", problem.json)
            }
            return .object(object)
        }
        return ["tests": .array(tests), "problems": .array(problems.map(\.json))]
    }
}
