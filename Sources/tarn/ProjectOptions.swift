import ArgumentParser
import Platform

/// Which project a command works on.
struct ProjectOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The project's folder; default: the nearest one with a tarn.yaml.", valueName: "dir"))
    var project: String?

    func open() throws -> Project { try Project.open(project) }
}

/// How a command prints its answer.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}
