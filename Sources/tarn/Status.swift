import ArgumentParser
import Platform

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what every source is doing, and how far the lake is.",
        discussion: """
            Asks the running `tarn up`; without one, the lake and the databases. `log kept` is the log that a source \
            keeps because of Tarn, against the budget in its file.

            Examples:
              tarn status
              tarn status --output json
              tarn status --watch
            """
    )

    @OptionGroup var project: ProjectOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    @Flag(help: "Show it anew every second, until Ctrl-C.")
    var watch = false

    @Option(help: ArgumentHelp("End --watch after so many seconds.", valueName: "seconds"))
    var watchSeconds: Int?

    func validate() throws {
        guard let watchSeconds else { return }
        guard watch else { throw ValidationError("--watch-seconds needs --watch.") }
        guard watchSeconds > 0 else { throw ValidationError("--watch-seconds takes a number from 1 upwards.") }
    }

    func run() async throws {
        let project = try project.open()
        guard watch else { return try await show(project) }
        let end = watchSeconds.map { ContinuousClock.now + .seconds($0) }
        while end.map({ ContinuousClock.now < $0 }) ?? true {
            Console.beginFrame()
            try await show(project)
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func show(_ project: Project) async throws {
        let report = try await StatusReport.make(project)
        switch output {
        case .json: Console.json(report.json)
        case .text: Console.write(StatusText.render(report.status, address: report.address, style: Console.style))
        }
    }
}
