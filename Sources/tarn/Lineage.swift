import ArgumentParser
import Assets
import Base
import Platform

struct Lineage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where a table or a column comes from, or what comes from it.",
        discussion: """
            Goes from gold over silver and bronze to the tables of the source. Each step says how: identity, \
            transformation or aggregation of a value; filter, join, group_by, sort or window where a column only \
            decides about rows. Nothing is run: assets with problems have no lineage, and `tarn compile` names them.

            Examples:
              tarn lineage gold.revenue_daily.revenue --up
              tarn lineage silver.orders.total --down
              tarn lineage gold.revenue_daily --up --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: ArgumentHelp("The table or column.", valueName: "table[.column]"))
    var target: String

    @Flag(help: "Where it comes from; this is what is shown when nothing is said.")
    var up = false

    @Flag(help: "What comes from it.")
    var down = false

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func validate() throws {
        if up, down { throw ValidationError("Give either --up or --down.") }
    }

    func run() async throws {
        let compiled = try await ProjectAssets(try project.open()).compile()
        let report = try LineageReport(of: target, down ? .down : .up, in: LineageGraph(compiled))
        switch output {
        case .json: Console.json(report.json)
        case .text: Console.write(report.text)
        }
        if !compiled.problems.isEmpty { Console.note("Some assets have problems; `tarn compile` shows them.") }
    }
}
