import ArgumentParser
import Base
import Platform

struct Initialize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new project, with an empty lake.",
        discussion: """
            Writes tarn.yaml, the folder sources/ with an example, and .gitignore. Nothing that is there is changed.

            Examples:
              tarn init
              tarn init shop
            """
    )

    @Argument(help: ArgumentHelp("The folder; made when missing.", valueName: "dir"))
    var folder = "."

    func validate() throws {
        guard !folder.isEmpty else { throw ValidationError("The folder has no name.") }
    }

    func run() async throws {
        let path = folder.hasPrefix("/") ? folder : "\(Files.currentFolder())/\(folder)"
        try Files.makeFolder(path)
        let written = try ProjectTemplate.write(to: path)
        let project = try Project.open(path)
        try await Composition.createLake(project)
        Console.line("Made a project in \(project.folder)")
        for name in written { Console.line("  \(name)") }
        Console.line("Next: tarn source add NAME --connection postgresql://user@host/database --tables 'public.*'")
    }
}
