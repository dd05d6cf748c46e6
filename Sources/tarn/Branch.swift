import ArgumentParser

struct Branch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Branches of the whole lake.",
        discussion: """
            A branch is a version of the lake with changes of its own: cheap to make, read like main, and published in \
            one commit.
            """,
        subcommands: [BranchCreate.self, BranchList.self, BranchPublish.self, BranchDrop.self]
    )
}
