import ArgumentParser
import Platform

/// Which project a command works on.
struct ProjectOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The project's folder; default: the nearest one with a tarn.yaml.", valueName: "dir"))
    var project: String?

    func open() throws -> Project { try Project.open(project) }
}

/// How much of a list a command shows.
struct ListingOptions: ParsableArguments {
    @Option(help: "At most so many.")
    var limit = 20

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit takes a number from 1 upwards.") }
    }
}

/// How a command prints its answer.
enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}
