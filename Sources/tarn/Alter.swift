import ArgumentParser
import Base
import Iceberg
import Lake
import Platform

struct Alter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change the columns of a table, or how its rows are divided.",
        discussion: """
            Steps are taken in order and in one commit; no file is rewritten, and earlier versions stay as they were. \
            Parts of structs are named after a dot, the element of a list as `element`, the value of a map as `value`.

            Examples:
              tarn alter reports.orders 'add note string' 'rename day to since' 'move note after id'
              tarn alter reports.orders 'widen id to long' 'drop place.zip' 'make since optional'
              tarn alter reports.orders --partition 'month(since)' --partition 'bucket(16, customer_id)'
              tarn alter reports.orders --no-partition
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: ArgumentHelp("The table, as namespace.table.", valueName: "table"))
    var table: String

    @Argument(help: ArgumentHelp("What happens to the columns.", valueName: "step"))
    var steps: [String] = []

    @Option(help: ArgumentHelp("A field that divides later files; repeat it for several.", valueName: "field"))
    var partition: [String] = []

    @Flag(help: "Later files are not divided.")
    var noPartition = false

    func validate() throws {
        if steps.isEmpty, partition.isEmpty, !noPartition { throw ValidationError("Say what is to change.") }
        if noPartition, !partition.isEmpty { throw ValidationError("Give either --partition or --no-partition.") }
    }

    func run() async throws {
        guard let name = TableName(table) else { throw ValidationError("Give the name as namespace.table.") }
        var change = TableChange(.replace)
        change.schemaChanges = try steps.map { try SchemaChange(parsing: $0) }
        if noPartition || !partition.isEmpty {
            change.newPartition = try partition.map { try PartitionTerm(parsing: $0) }
        }
        let composition = try await Composition.open(try project.open())
        guard let base = try await composition.lake.refresh().tables[name] else {
            throw TarnError(.tableMissing, "The lake has no such table.", detail: ["table": name.description])
        }
        var request = CommitRequest(cause: "alter", message: "Alter \(name)")
        request.tables[name] = .change(change, base: base)
        let result = try await composition.lake.commit(request, as: .user(Console.user))
        Console.line("Altered \(name) in version \(result.version)")
    }
}
