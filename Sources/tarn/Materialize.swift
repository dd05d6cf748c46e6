import ArgumentParser
import Assets
import Base
import Materialization
import Platform

struct Materialize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Build assets, hold their checks against them, and publish what is good.",
        discussion: """
            Everything is built on a hidden branch from one version of the lake. Assets that pass their checks, with \
            all that they are made of, are published in one commit; what does not pass, and what is made of it, stays \
            as it was published before. Nobody ever reads rows that were not checked.

            The selection is that of `tarn ls`. The exit code is 1 when an asset was not published.

            Examples:
              tarn materialize
              tarn materialize +gold.revenue_daily
              tarn materialize state:modified+ tag:finance
              tarn materialize --resume
            """
    )

    @OptionGroup var project: ProjectOptions
    @OptionGroup var selection: SelectionOptions

    @Flag(help: "Repeat what did not succeed in the last run, and nothing else.")
    var resume = false

    @Flag(help: "Make tables anew that otherwise get rows added, merged or replaced.")
    var fullRefresh = false

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func validate() throws {
        if resume, !selection.isEmpty { throw ValidationError("--resume takes no selection.") }
    }

    func run() async throws {
        let project = try project.open()
        let compiled = try await ProjectAssets(project).compile()
        guard compiled.problems.isEmpty else { return try refuse(compiled) }
        let composition = try await Composition.open(project)
        let materializer = Materializer(composition) { Console.note("Another run is going on; waiting for its end.") }
        let (text, format, fullRefresh) = (RunText(Console.style), output, fullRefresh)
        let (resumes, selection) = (resume, selection)
        let built = try await Interruption.cancelling { () throws(TarnError) in
            try await materializer.run(
                trigger: .manual,
                isFullRefresh: fullRefresh
            ) { (compiled) throws(TarnError) in
                guard compiled.problems.isEmpty else { throw Self.changed }
                return try await resumes ? nil : selection.assets(of: compiled, in: project)
            } progress: { event in
                guard format == .text else { return }
                for line in text.lines(event) ?? [] { Console.line(line) }
            }
        }
        guard let report = built?.report else { return sayNothing() }
        switch output {
        case .json: Console.json(report.json)
        case .text: for line in text.summary(report) { Console.line(line) }
        }
        guard report.isSuccess else { throw ExitCode.failure }
    }

    private static let changed = TarnError(
        .configurationInvalid,
        "Files of the project changed while another run went on, and have problems now.",
        remedy: "Run `tarn compile` to see them."
    )

    private func sayNothing() {
        guard output == .text else { return Console.json(["run": .null, "succeeded": true, "assets": []]) }
        Console.line(resume ? "The last run left nothing to do." : "Nothing to build.")
    }

    private func refuse(_ compiled: CompiledProject) throws {
        switch output {
        case .json: Console.json(compiled.json)
        case .text: for problem in compiled.problems { Console.line(problem.text) }
        }
        throw ExitCode.failure
    }
}
