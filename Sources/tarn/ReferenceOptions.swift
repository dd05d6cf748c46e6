import ArgumentParser
import Base
import Lake

/// Which state of the lake a command reads.
struct ReferenceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read the lake as this branch has it.", valueName: "name"))
    var branch: String?

    @Option(help: ArgumentHelp("Read the lake at the version that this tag names.", valueName: "name"))
    var tag: String?

    func validate() throws {
        if branch != nil, tag != nil { throw ValidationError("Give either --branch or --tag.") }
    }

    var reference: VersionReference {
        branch.map { .branch($0) } ?? tag.map { .tag($0) } ?? .newest
    }
}

/// A version or a tag as somebody types it.
struct OriginOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The version, or a tag; default: the newest version.", valueName: "version"))
    var at: String?

    func reference(in lake: Lake) async throws(TarnError) -> VersionReference {
        guard let at else { return .newest }
        return try await lake.reference(named: at)
    }
}

/// As namespace.table.
extension TableName: ExpressibleByArgument {
    /// Nil for a text of another form.
    package init?(argument: String) { self.init(argument) }
}
