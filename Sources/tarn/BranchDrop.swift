import ArgumentParser
import Lake
import Platform

struct BranchDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "End a branch without publishing it.",
        discussion: """
            What was changed on it alone can no longer be read.

            Example:
              tarn branch drop fix-prices
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The branch.")
    var name: String

    func run() async throws {
        let lake = try await Composition.open(try project.open()).lake
        try await lake.dropBranch(name, as: .user(Console.user))
        Console.line("Dropped the branch \(name)")
    }
}
