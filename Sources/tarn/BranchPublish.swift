import ArgumentParser
import Base
import Lake
import Platform

struct BranchPublish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Move what a branch changed to main, in one commit.",
        discussion: """
            Tables that main did not change meanwhile are taken as they are; rows that the branch only added are added \
            to what main has now; anything else is a conflict, and nothing is published. The branch ends with it, \
            unless tables are named or --keep is given.

            Examples:
              tarn branch publish fix-prices
              tarn branch publish fix-prices gold.prices
              tarn branch publish fix-prices --keep
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The branch.")
    var name: String

    @Argument(help: ArgumentHelp("The tables; default: all that the branch changed.", valueName: "table"))
    var tables: [TableName] = []

    @Flag(help: "Go on with the branch.")
    var keep = false

    func run() async throws {
        let lake = try await Composition.open(try project.open()).lake
        let publication = Publication(
            of: name,
            tables: tables.isEmpty ? nil : tables,
            drops: !keep && tables.isEmpty
        )
        let result = try await lake.publish(publication, as: .user(Console.user))
        if result.wasDone {
            Console.line("Nothing to publish: \(name) is in version \(result.version)")
        } else {
            Console.line("Published \(name) in version \(result.version)")
        }
    }
}
