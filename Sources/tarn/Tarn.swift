import ArgumentParser
import Base
import Platform

#if canImport(Glibc)
    import Glibc
#endif

@main
struct Tarn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tarn",
        abstract: "Mirrors a live PostgreSQL into open Iceberg tables, and answers SQL on them.",
        discussion: """
            To begin:
              tarn init shop && cd shop
              tarn source add shop --connection postgresql://user@host/shop --tables 'public.*'
              tarn up                                    (leave it running)
              tarn status                                (in another terminal)
              tarn query 'SELECT count(*) FROM silver.orders'

            Commands work on the project of the folder they are called in, or of `--project`.
            """,
        version: "tarn \(Version.text)",
        subcommands: [],
        groupedSubcommands: [
            CommandGroup(
                name: "Mirroring",
                subcommands: [Initialize.self, Up.self, Source.self, Status.self, Verify.self]
            ),
            CommandGroup(
                name: "Reading",
                subcommands: [Query.self, SQL.self, Tables.self, Describe.self, History.self, Commits.self, Diff.self]
            ),
            CommandGroup(name: "Branches", subcommands: [Branch.self, Tag.self, RollBack.self]),
            CommandGroup(
                name: "Assets",
                subcommands: [
                    Compile.self, TestAssets.self, Materialize.self, List.self, Lineage.self, WhyBuilt.self,
                    Checks.self, Runs.self,
                ]
            ),
            CommandGroup(name: "Other tables", subcommands: [Register.self, Alter.self]),
        ]
    )

    /// Errors of ours are printed whole, with their remedy; those of usage as ArgumentParser does.
    static func main() async {
        Console.holdStandardStreams()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as TarnError {
            Console.complain(error)
            Glibc.exit(error.code == .interrupted ? 130 : 1)
        } catch {
            exit(withError: error)
        }
    }
}
