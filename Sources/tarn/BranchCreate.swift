import ArgumentParser
import Lake
import Platform

struct BranchCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a branch of the whole lake.",
        discussion: """
            Nothing is copied. Read it with `tarn query --branch NAME`, or a single table with AT (BRANCH => 'NAME').

            Examples:
              tarn branch create fix-prices
              tarn branch create audit --at 412
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The branch.")
    var name: String

    @OptionGroup var origin: OriginOptions

    func run() async throws {
        let lake = try await Composition.open(try project.open()).lake
        let result = try await lake.createBranch(
            name,
            at: try await origin.reference(in: lake),
            as: .user(Console.user)
        )
        let base = lake.knownState.branches[name]?.base ?? result.version
        Console.line("Created the branch \(name) at version \(base)")
    }
}
