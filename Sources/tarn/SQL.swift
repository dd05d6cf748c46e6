import ArgumentParser
import Base
import Lake
import Platform

struct SQL: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sql",
        abstract: "Open a shell for SQL.",
        discussion: """
            Statements end with `;` and may span lines. Ctrl-C ends the query that runs, not the shell; Ctrl-D or \\q \
            leaves it. \\? lists the commands. From a pipe, statements run until the first that fails.

            Examples:
              tarn sql
              tarn sql < report.sql
            """
    )

    @OptionGroup var project: ProjectOptions

    func run() async throws {
        let project = try project.open()
        let composition = try await Composition.open(project)
        let shell = Shell(composition, session: try await composition.querySession())
        guard await shell.run() else { throw ExitCode.failure }
    }
}
