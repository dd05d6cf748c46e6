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
            leaves it. \\? lists the commands. Open tables can be written: CREATE TABLE … AS, INSERT INTO, \
            DELETE FROM, DROP TABLE. From a pipe, statements run until the first that fails.

            Examples:
              tarn sql
              tarn sql --branch fix-prices
              tarn sql < report.sql
            """
    )

    @OptionGroup var project: ProjectOptions

    @OptionGroup var options: ReferenceOptions

    func run() async throws {
        let project = try project.open()
        let composition = try await Composition.open(project)
        let shell = Shell(
            composition,
            session: try await composition.querySession(allowsWrites: true),
            reading: options.reference
        )
        guard await shell.run() else { throw ExitCode.failure }
    }
}
