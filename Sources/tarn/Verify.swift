import ArgumentParser
import Base
import Capture
import Platform

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that the lake equals a source, table by table.",
        discussion: """
            Waits until the lake holds everything that the source had when the command began, then compares row counts \
            and a hash over all columns: the source's table, the silver table, and the bronze changes replayed. While \
            the source is written to, the two sides are read at different moments and will differ. The exit code is 1 \
            when a table does not match, is no longer followed, or was not there at the snapshot.

            Examples:
              tarn verify shop
              tarn verify shop --output json
            """
    )

    @OptionGroup var project: ProjectOptions

    @Argument(help: "The source.")
    var name: String

    @Option(help: ArgumentHelp("How long to wait for the lake to catch up.", valueName: "seconds"))
    var wait: Int = 60

    @Option(help: ArgumentHelp("How the answer is written.", valueName: "form"))
    var output: ReportFormat = .text

    func validate() throws {
        guard wait >= 0 else { throw ValidationError("--wait takes a number from 0 upwards.") }
    }

    func run() async throws {
        let project = try project.open()
        let source = try project.source(named: name)
        let result = try await Verification.run(
            source,
            try await Composition.open(project),
            patience: .seconds(wait)
        )
        switch output {
        case .json: Console.json(result.json)
        case .text: report(result)
        }
        guard result.isMatch else { throw ExitCode.failure }
    }

    private func report(_ result: Verification) {
        var table = TextTable([
            ("table", .left), ("rows", .right), ("hash", .right), ("silver", .left), ("bronze", .left),
        ])
        for row in result.tables {
            table.add([
                row.name, String(row.source.rowCount), row.source.hash,
                row.silver == row.source ? "match" : "DIFFERS (\(row.silver.rowCount) rows)",
                row.bronze == row.source ? "match" : "DIFFERS (\(row.bronze.rowCount) rows)",
            ])
        }
        Console.write(table.text)
        for omission in result.omitted {
            let reason = "not compared: \(omission.name), \(omission.reason)"
            Console.line(omission.isFailure ? Console.style.error(reason) : reason)
        }
        let verdict = result.isMatch ? Console.style.good("match") : Console.style.error("NO MATCH")
        Console.line("\(verdict): \(name) at position \(result.position), lake version \(result.version)")
    }
}
