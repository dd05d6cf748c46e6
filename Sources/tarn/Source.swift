import ArgumentParser

struct Source: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add, check, pause and remove sources.",
        discussion: "A source is a database that is mirrored. Each has a file in the project's folder sources/.",
        subcommands: [
            SourceAdd.self, SourceCheck.self, SourceList.self, SourcePause.self, SourceResume.self, SourceRemove.self,
        ]
    )
}
