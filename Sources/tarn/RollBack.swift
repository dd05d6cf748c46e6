import ArgumentParser
import Base
import Lake
import Platform

struct RollBack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Bring tables back to an older state, by a new commit.",
        discussion: """
            Versions in between stay readable, and the rollback itself can be rolled back. Without tables, the whole \
            lake goes back: tables that did not exist then are dropped. Mirrors follow their source and are left alone.

            Examples:
              tarn rollback 412 gold.prices
              tarn rollback before-import
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The version, or a tag.")
    var version: String

    @Argument(help: ArgumentHelp("The tables; default: all but mirrors.", valueName: "table"))
    var tables: [TableName] = []

    func run() async throws {
        let lake = try await Composition.open(try project.open()).lake
        let result = try await lake.rollback(
            to: try await lake.reference(named: version),
            tables: tables.isEmpty ? nil : tables,
            as: .user(Console.user)
        )
        for name in result.restored { Console.line("restored \(name)") }
        for name in result.dropped { Console.line("dropped  \(name)") }
        for name in result.mirrors { Console.line("left     \(name), a mirror") }
        Console.line(result.version.map { "Rolled back in version \($0)" } ?? "Nothing to roll back")
    }
}
