import ArgumentParser
import Lake
import Platform

struct TagDrop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Take a tag away; the version stays.",
        discussion: """
            Example:
              tarn tag drop before-import
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The tag.")
    var name: String

    func run() async throws {
        let lake = try await Composition.open(try project.open()).lake
        try await lake.dropTag(name, as: .user(Console.user))
        Console.line("Dropped the tag \(name)")
    }
}
