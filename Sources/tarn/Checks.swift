import ArgumentParser
import Base
import Platform

struct Checks: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show how checks came out, or evaluate them now.",
        discussion: """
            Results of all checks, of runs of assets and of mirrors, are kept in the table tarn.check_results.

            Examples:
              tarn checks
              tarn checks list gold.revenue_daily --bad
              tarn checks run silver.orders
              tarn query "SELECT * FROM tarn.check_results WHERE check_name = 'unique(order_id)'"
            """,
        subcommands: [ChecksList.self, ChecksRun.self],
        defaultSubcommand: ChecksList.self
    )
}
