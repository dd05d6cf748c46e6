import ArgumentParser
import Base
import Lake
import Platform

struct SourceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the sources.",
        discussion: "Reads files only; `tarn status` asks the sources."
    )

    @OptionGroup var project: ProjectOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let project = try project.open()
        let composition = try await Composition.open(project)
        let state = composition.lake.knownState
        var table = TextTable([
            ("source", .left), ("type", .left), ("state", .left), ("tables", .left), ("file", .left),
        ])
        var entries: [JSONValue] = []
        for source in try project.sources() {
            let isPaused = try composition.isPaused(source.name)
            let standing = isPaused ? "paused" : (state.sources[source.name] == nil ? "new" : "mirrored")
            table.add([
                source.name, source.kind.rawValue, standing, source.tables.joined(separator: ", "), source.file,
            ])
            entries.append([
                "name": .string(source.name), "type": .string(source.kind.rawValue), "state": .string(standing),
                "tables": .array(source.tables.map { .string($0) }), "file": .string(source.file),
            ])
        }
        if output == .json { Console.json(.array(entries)) } else { Console.write(table.text) }
    }
}
