import Base

extension AggregateFunction {
    static let names: Set<String> = ["sum", "avg", "min", "max", "median", "stddev", "distinct", "quantile"]

    /// - Parameter share: of a quantile, from 0 to 1.
    init?(_ name: String, share: String?) {
        switch name {
        case "sum": self = .sum
        case "avg": self = .avg
        case "min": self = .min
        case "max": self = .max
        case "median": self = .median
        case "stddev": self = .stddev
        case "distinct": self = .distinct
        case "quantile":
            guard let share, let number = CheckNumber(share), (0...1).contains(number.double) else { return nil }
            self = .quantile(share)
        default: return nil
        }
    }

    var name: String {
        switch self {
        case .sum: "sum"
        case .avg: "avg"
        case .min: "min"
        case .max: "max"
        case .median: "median"
        case .stddev: "stddev"
        case .distinct: "distinct"
        case .quantile: "quantile"
        }
    }
}

extension Metric: CustomStringConvertible {
    /// As in a one-line check.
    package var description: String {
        switch self {
        case .rowCount: "row_count"
        case .aggregate(.quantile(let share), let column): "quantile(\(column.name), \(share))"
        case .aggregate(let function, let column): "\(function.name)(\(column.name))"
        }
    }

    var column: ColumnReference? {
        if case .aggregate(_, let column) = self { column } else { nil }
    }
}

extension Deviation {
    static let daysMax = 3650
}

extension Expectation {
    static let signs = ["=", "==", "!=", "<>", "<", "<=", ">", ">="]

    init?(sign: String, _ literal: CheckLiteral) {
        switch sign {
        case "=", "==": self = .equal(literal)
        case "!=", "<>": self = Expectation.equal(literal).negated
        case "<", "<=": self.init(upper: Limit(literal: literal, isInclusive: sign == "<="))
        case ">", ">=": self.init(lower: Limit(literal: literal, isInclusive: sign == ">="))
        default: return nil
        }
    }

    /// `> 10`, `>=1%`: a threshold as dbt writes it; nil for anything else.
    init?(threshold text: String, at place: CheckPlace) {
        let compact = text.filter { $0 != " " }
        guard let sign = ["==", "!=", "<>", "<=", ">=", "=", "<", ">"].first(where: compact.hasPrefix) else {
            return nil
        }
        let rest = compact.dropFirst(sign.count)
        let isPercent = rest.hasSuffix("%")
        let number = String(isPercent ? rest.dropLast() : rest)
        guard CheckNumber(number) != nil else { return nil }
        self.init(sign: sign, CheckLiteral(text: number, place: place))
        self.isPercent = isPercent
    }
}

extension OtherTable {
    /// - Throws: unless the name is `namespace.table`, also inside of dbt's `ref('…')` or `source('…', '…')`.
    init(_ text: String, at place: CheckPlace) throws(TarnError) {
        var name = text
        for call in ["ref(", "source("] where text.hasPrefix(call) && text.hasSuffix(")") {
            name = text.dropFirst(call.count).dropLast()
                .filter { !"'\" ".contains($0) }
                .replacing(",", with: ".")
        }
        guard TableName(name) != nil, !name.contains("\0") else {
            throw place.failure("`\(text)` is not the name of a table.", remedy: "Write it as namespace.table.")
        }
        self.init(name: name, place: place)
    }
}

/// Ages as people say them.
enum CheckDuration {
    private static let secondsOf: [String: Int64] = [
        "s": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60, "h": 3600, "hour": 3600,
        "hours": 3600, "d": 86_400, "day": 86_400, "days": 86_400, "week": 604_800, "weeks": 604_800,
    ]

    static let units = ["second", "minute", "hour", "day", "week"]

    static func seconds(_ number: String, _ unit: String) -> Int64? {
        guard let factor = secondsOf[unit.lowercased()], let value = Double(number), value.isFinite else { return nil }
        return Int64(exactly: (value * Double(factor)).rounded())
    }

    /// `2h`, `90 minutes`.
    static func seconds(_ text: String) -> Int64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        return seconds(String(number), String(text.dropFirst(number.count).drop { $0 == " " }))
    }

    static func text(seconds: Int64) -> String {
        for (unit, factor) in [("day", Int64(86_400)), ("hour", 3600), ("minute", 60)]
        where seconds >= factor && seconds % factor == 0 {
            return "\(seconds / factor) \(unit)\(seconds == factor ? "" : "s")"
        }
        return "\(seconds) s"
    }
}

extension CheckPlace {
    /// An error about a name that nothing has, with what was probably meant.
    func unknown(_ what: String, _ name: String, among names: [String]) -> TarnError {
        let meant = Spelling.nearest(to: name, in: names).map { "Did you mean `\($0)`? " } ?? ""
        let list = names.count > 40 ? names.prefix(40) + ["…"] : names
        return failure(
            "There is no \(what) `\(name)`.",
            remedy: "\(meant)There are \(list.joined(separator: ", "))."
        )
    }
}
