import ArgumentParser

struct Tag: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Names for versions of the lake.",
        discussion: """
            A tag stands for one version until it is dropped.
            """,
        subcommands: [TagCreate.self, TagList.self, TagDrop.self]
    )
}
