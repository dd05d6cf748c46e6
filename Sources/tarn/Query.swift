import ArgumentParser
import Base
import Lake
import Platform
import Query

struct Query: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run one SQL statement and print its rows.",
        discussion: """
            The whole statement reads one version of the lake: the newest, or the one asked for. Tables can also be \
            read at a version of their own: SELECT * FROM silver.orders AT (VERSION => 12), \
            or AT (BRANCH => 'name'). Ctrl-C ends the query.

            Examples:
              tarn query 'SELECT status, count(*) FROM silver.orders GROUP BY status'
              tarn query --format csv --output-file orders.csv 'FROM silver.orders'
              tarn query --format parquet --output-file orders.parquet 'FROM silver.orders'
              tarn query --at-time '2026-01-31 08:00' 'SELECT sum(total) FROM silver.orders'
              tarn query --branch fix-prices 'SELECT * FROM gold.prices'
              tarn query - < report.sql
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: ArgumentHelp("The statement; `-` reads it from standard input.", valueName: "sql"))
    var sql: String

    @Option(help: ArgumentHelp("How rows are written.", valueName: "form"))
    var format: OutputFormat = .table

    @Option(help: ArgumentHelp("Write to this file; needed for parquet.", valueName: "file"))
    var outputFile: String?

    @Option(help: ArgumentHelp("Read the lake at this version.", valueName: "version"))
    var atVersion: Int64?

    @Option(help: ArgumentHelp("Read the lake as it was at this moment (ISO 8601, UTC).", valueName: "time"))
    var atTime: String?

    @Flag(help: "Say on standard error how many files were read, and how many could be left out.")
    var stats = false

    @OptionGroup var options: ReferenceOptions

    func validate() throws {
        guard [atVersion != nil, atTime != nil, options.reference != .newest].count(where: { $0 }) <= 1 else {
            throw ValidationError("Give one of --at-version, --at-time, --branch and --tag.")
        }
        if let atTime, Timestamp(iso8601: atTime) == nil {
            throw ValidationError("--at-time takes a moment such as 2026-01-31T08:00:00Z.")
        }
        if format == .parquet, stats { throw ValidationError("--stats goes with text formats.") }
        if format == .parquet, outputFile == nil { throw ValidationError("--format parquet needs --output-file.") }
    }

    func run() async throws {
        let project = try project.open()
        let statement = sql == "-" ? Self.standardInput() : sql
        let output = try outputFile.map { (path) throws(TarnError) in
            try OutputFile(path.hasPrefix("/") ? path : "\(Files.currentFolder())/\(path)")
        }
        defer { output?.close() }
        let (format, reference, tellsScan) = (format, reference, stats)
        try await Interruption.cancelling { () async throws(TarnError) in
            let composition = try await Composition.open(project)
            let job = QueryJob(composition: composition, sql: statement, reference: reference, tellsScan: tellsScan)
            switch (format, output) {
            case (.parquet, let output?): try await job.export(to: output)
            case (_, let output?): try await job.write(format, to: output)
            case (_, nil): try await job.print(format)
            }
        }
    }

    private var reference: VersionReference {
        if let atVersion { return .version(atVersion) }
        if let time = atTime.flatMap({ Timestamp(iso8601: $0) }) { return .time(time) }
        return options.reference
    }

    private static func standardInput() -> String {
        var lines: [String] = []
        while let line = readLine(strippingNewline: false) { lines.append(line) }
        return lines.joined()
    }
}

extension OutputFormat: ExpressibleByArgument {}
