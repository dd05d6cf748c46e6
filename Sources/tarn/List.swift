import ArgumentParser
import Assets
import Base
import Platform

struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the assets that a selection picks.",
        discussion: """
            A selection is made of names (gold.revenue_daily, gold.*), tag:, path:, owner:, state:modified. With + \
            before it, what an asset is made of comes too; with + after it, what is made of it; 2+ means two steps. \
            Words are united, words with a comma between them have to hold together.

            Examples:
              tarn ls
              tarn ls +gold.revenue_daily
              tarn ls silver.orders+ --exclude tag:slow
              tarn ls tag:finance,path:assets/gold --output json
            """
    )

    @OptionGroup var project: ProjectOptions
    @OptionGroup var selection: SelectionOptions

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func run() async throws {
        let project = try project.open()
        let compiled = try await ProjectAssets(project).compile()
        let assets = try await selection.assets(of: compiled, in: project).compactMap { compiled.assets[$0] }
        switch output {
        case .json: Console.json(.array(assets.map(\.json)))
        case .text: Console.write(AssetListing.text(assets))
        }
    }
}

/// Which assets a command works on.
struct SelectionOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Which assets; default: all.", valueName: "selection"))
    var selection: [String] = []

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Which of them not.", valueName: "selection"))
    var exclude: [String] = []

    var isEmpty: Bool { selection.isEmpty && exclude.isEmpty }

    func assets(of compiled: CompiledProject, in project: Project) async throws(TarnError) -> [TableName] {
        // What was published last takes a look into the log, and is not asked for without need.
        let asksState = (selection + exclude).contains { $0.contains("state:") }
        let plans = asksState ? try await ProjectAssets(project).publishedPlans(of: compiled) : [:]
        return try AssetSelection(compiled, publishedPlans: plans).assets(selection, excluding: exclude)
    }
}
