import ArgumentParser
import Base
import Logging
import Platform

struct Up: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Mirror every source that is not paused, and keep assets up to date, until stopped.",
        discussion: """
            The first time, each source is read whole; from then on its changes follow. A source that fails does not \
            end the others: what can pass by itself is tried again, what needs a person is shown by `tarn status`.
            Assets are built again when what they are made of has changed, each at most as often as its `every` says.
            SIGTERM or Ctrl-C finishes the commits at hand and stops. Logs go to standard error.

            Serves /health, /metrics (Prometheus) and /status on the address in tarn.yaml.

            Examples:
              tarn up
              tarn up --log-format json --log-level warning
            """
    )

    @OptionGroup var project: ProjectOptions

    @Option(help: ArgumentHelp("How log lines are written.", valueName: "form"))
    var logFormat: LogFormat = .logfmt

    @Option(
        help: ArgumentHelp(
            "The least severe level that is logged: trace, debug, info, notice, warning, error or critical.",
            valueName: "level"
        ),
        transform: Up.level
    )
    var logLevel = Logger.Level.info

    @Flag(help: "End with an error when every source has failed and needs a person.")
    var exitOnFailure = false

    func run() async throws {
        let logger = StructuredLogHandler.logger("tarn", format: logFormat, level: logLevel)
        let service = UpService(try project.open(), logger: logger, exitsOnFailure: exitOnFailure)
        try await service.run()
    }

    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text.lowercased()) else {
            throw ValidationError("There is no log level '\(text)'.")
        }
        return level
    }
}

extension LogFormat: ExpressibleByArgument {}
