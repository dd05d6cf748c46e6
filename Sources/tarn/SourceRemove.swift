import ArgumentParser
import Base
import Platform

struct SourceRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "End a source: its slot, its place in the lake, its tables and its file.",
        discussion: """
            Drops the replication slot and the publication that Tarn made, takes the source's mirror tables out of the \
            lake in one commit (their files stay, older versions can still be read), and deletes its file. Stop \
            `tarn up` first. When the database is gone for good, use --keep-slot.

            Examples:
              tarn source remove shop
              tarn source remove shop --yes
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The source.")
    var name: String

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    @Flag(help: "Leave the slot and the publication: the database cannot be reached.")
    var keepSlot = false

    func run() async throws {
        let project = try project.open()
        let source = try project.source(named: name)
        let lock = try ProjectLock(stateFolder: project.configuration.state)
        let removal = try await SourceRemoval(source, try await Composition.open(project))
        let tables = removal.tables
        for table in tables { Console.note("will drop \(table)") }
        guard yes || Console.confirms("Remove the source \(name) and \(tables.count) tables?") else {
            throw TarnError(
                .interrupted,
                "Nothing was removed.",
                remedy: "Answer `y`, or use --yes where nobody can be asked."
            )
        }
        try await removal.run(keepsSlot: keepSlot)
        Console.line("Removed \(name) and \(tables.count) tables")
        if keepSlot {
            Console.note(
                "The slot and the publication are still at the source: while the slot is there, its log grows."
            )
        }
        _ = consume lock
    }
}
