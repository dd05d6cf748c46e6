import ArgumentParser
import Base
import Lake
import Platform

struct Register: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take an Iceberg table of another writer into the lake.",
        discussion: """
            Nothing is copied: the table stays where it is, at the state of the metadata file given.

            Example:
              tarn register reference.countries /data/countries/metadata/00003-5b3c.metadata.json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: ArgumentHelp("The name in the lake, as namespace.table.", valueName: "table"))
    var table: String

    @Argument(help: ArgumentHelp("The table's metadata file: a path or a file: URI.", valueName: "metadata"))
    var metadata: String

    func validate() throws {
        guard TableName(table) != nil, !table.contains("/") else {
            throw ValidationError("Give the name as namespace.table, without `/`.")
        }
    }

    func run() async throws {
        guard let name = TableName(table) else { return }
        let composition = try await Composition.open(try project.open())
        let uri = metadata.contains(":") || metadata.hasPrefix("/") ? metadata : "\(Files.currentFolder())/\(metadata)"
        var request = CommitRequest(cause: "register", message: "Register \(name)")
        request.tables[name] = .register(metadata: uri)
        do throws(TarnError) {
            let result = try await composition.lake.commit(request, as: .user(Console.user))
            Console.line("Registered \(name) in version \(result.version)")
        } catch {
            throw Self.explained(error, metadata: uri)
        }
    }

    /// What is wrong with the file is about the path that was given, not about an object of the lake.
    static func explained(_ error: TarnError, metadata: String) -> TarnError {
        guard error.code == .objectMissing || error.code == .corruptData,
            error.detail.contains(where: { metadata.hasSuffix($0.value) })
        else { return error }
        return TarnError(
            error.code,
            error.code == .objectMissing ? "There is no such metadata file." : error.message,
            detail: ["metadata": metadata],
            remedy: "Give the newest file of the table's metadata folder, `00003-….metadata.json`."
        )
    }
}
