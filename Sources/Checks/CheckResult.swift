import Base

/// How a check of a table came out.
package struct CheckResult: Sendable, Hashable {
    /// What it means for the table, from good to bad.
    package enum Outcome: String, Sendable, Hashable, CaseIterable {
        case pass
        /// Does not hold, and is not to stop anything.
        case warn
        case fail
        /// Could not be evaluated: as bad as not holding.
        case error
    }

    package var check: Check
    package var outcome: Outcome
    /// For people: `3 of 100 rows`, `12.50`.
    package var measured: String?
    /// What later runs compare themselves with: a count of failing rows, or the value of the metric.
    package var value: Double?
    /// For people: `no failing rows`, `between 5 and 50`.
    package var expected: String
    /// Nil for checks that do not count rows.
    package var failingRows: Int64?
    /// Keys of up to five failing rows, `order_id=5, line=2`; empty where the table has no key.
    package var sampleKeys: [String] = []
    /// A statement over the tables of the lake that shows the failing rows, or what was measured.
    package var query: String?
    /// Why the check could not be evaluated; never a cell value.
    package var reason: String?

    /// Whether the table must not be published.
    package var isBlocking: Bool {
        switch outcome {
        case .pass, .warn: false
        case .fail: true
        case .error: check.severity == .error
        }
    }

    /// An error as the reason why a check could not be evaluated.
    static func reason(_ error: TarnError) -> String {
        error.message + error.detail.map { " (\($0.key): \($0.value))" }.joined()
    }
}
