import ArgumentParser
import Lake
import Platform

struct TagCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Give a version of the lake a name.",
        discussion: """
            Examples:
              tarn tag create audited-2026-01
              tarn tag create before-import --at 412
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The tag.")
    var name: String

    @OptionGroup var origin: OriginOptions

    func run() async throws {
        let lake = try await Composition.open(try project.open()).lake
        try await lake.createTag(name, at: try await origin.reference(in: lake), as: .user(Console.user))
        let version = lake.knownState.tags[name].map { " for version \($0)" } ?? ""
        Console.line("Created the tag \(name)\(version)")
    }
}
