import ArgumentParser
import Base
import Lake
import Platform
import Query

struct Diff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what differs between two states of the lake.",
        discussion: """
            A state is a version, a tag, a branch, or `main` for the newest version. One branch alone is compared with \
            what it was made from: that is what publishing would change. Without a table, rows are counted; with one, \
            they are shown: + added, - removed, ~ changed. Rows are told apart by the table's key, else by --key, else \
            whole. Only files that are not in both states are read.

            Examples:
              tarn diff 412 main
              tarn diff fix-prices
              tarn diff 412 main gold.prices --key id
              tarn diff fix-prices gold.prices --limit 20 --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(
        help: ArgumentHelp("Two states and perhaps a table; or a branch and perhaps a table.", valueName: "state")
    )
    var words: [String]

    @Option(help: ArgumentHelp("Columns that tell rows apart, by commas; empty: whole rows.", valueName: "columns"))
    var key: String?

    @Option(help: "Show at most so many rows.")
    var limit = 100

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func validate() throws {
        guard (1...3).contains(words.count) else { throw ValidationError("Give one to three names.") }
        guard limit >= 0 else { throw ValidationError("--limit takes a number of rows.") }
    }

    func run() async throws {
        let project = try project.open()
        let (words, key, limit, output) = (words, columns, limit, output)
        try await Interruption.cancelling { () async throws(TarnError) in
            let composition = try await Composition.open(project)
            let comparison = try await Comparison(words, in: composition.lake)
            let session = try await composition.querySession()
            let access = AccessContext.user(Console.user)
            guard comparison.isOfOneTable, let pair = comparison.pairs.first else {
                let listing = try await DifferenceListing(comparison, key: key, in: session, as: access)
                switch output {
                case .json: Console.json(listing.json)
                case .text: Console.write(listing.text)
                }
                return
            }
            let rows = try await session.rows(of: pair, key: key, rowsMax: limit, as: access)
            let listing = RowListing(comparison, rows)
            switch output {
            case .json: Console.json(listing.json)
            case .text: Console.write(listing.text)
            }
            if listing.isCut { Console.note("There are more rows: see --limit.") }
        }
    }

    private var columns: [String]? {
        key.map { $0.split(separator: ",").map { String($0.trimmingPrefix { $0 == " " }) } }
    }
}
