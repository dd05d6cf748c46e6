package import Base
package import Settings

/// The checks of one table as they were declared, and what is wrong with the declarations.
package struct DeclaredChecks: Sendable {
    package var checks: [Check] = []
    package var faults: [TarnError] = []

    package init() {}

    /// Joins what was declared of the same table elsewhere.
    package mutating func append(_ other: DeclaredChecks) {
        checks += other.checks
        faults += other.faults
        nameChecks()
    }
}

/// Reads the checks of a table from YAML: an asset's header, a file of checks, or a source's file.
package enum CheckReader {
    /// Keys below which the checks of a table or a column may stand: the first is ours, the others dbt's.
    package static let checkKeys = ["checks", "data_tests", "tests"]
    static let checksMax = 1000

    /// - Parameter columns: the list under `columns:`, of which only names and checks are read: other keys are the
    ///   caller's.
    /// - Parameter checks: the list under `checks:`.
    package static func read(columns: ConfigurationNode?, checks: ConfigurationNode?) -> DeclaredChecks {
        var result = DeclaredChecks()
        if let columns { readColumns(columns, into: &result) }
        if let checks { readList(checks, of: nil, into: &result) }
        result.nameChecks()
        return result
    }

    private static func readColumns(_ node: ConfigurationNode, into result: inout DeclaredChecks) {
        guard case .list(let columns) = node.content else {
            if case .nothing = node.content { return }
            result.faults.append(
                node.failure(
                    "`\(node.path)` has to be a list of columns.",
                    remedy: "Write `- name: id` for each column."
                )
            )
            return
        }
        for column in columns {
            guard case .section(let entries) = column.content,
                let name = entries.first(where: { $0.key == "name" })?.value, case .text(let text) = name.content
            else {
                result.faults.append(column.failure("A column has no name.", remedy: "Write `- name: id`."))
                continue
            }
            let reference = ColumnReference(name: text, place: CheckPlace(name))
            for entry in entries where checkKeys.contains(entry.key) {
                readList(entry.value, of: reference, into: &result)
            }
        }
    }

    private static func readList(
        _ node: ConfigurationNode,
        of column: ColumnReference?,
        into result: inout DeclaredChecks
    ) {
        let items: [ConfigurationNode]
        switch node.content {
        case .nothing: return
        case .list(let list): items = list
        case .text: items = [node]
        case .section:
            let fault = node.failure("`\(node.path)` has to be a list.", remedy: "Write `- ` before each check.")
            return result.faults.append(fault)
        }
        for item in items {
            do throws(TarnError) {
                guard result.checks.count < checksMax else {
                    result.faults.append(item.failure("A table has more than \(checksMax) checks."))
                    return
                }
                result.checks.append(try read(item, of: column))
            } catch {
                result.faults.append(error)
            }
        }
    }

    private static func read(_ item: ConfigurationNode, of column: ColumnReference?) throws(TarnError) -> Check {
        switch item.content {
        case .text(let text):
            guard text.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }) else {
                return try named(CheckExpression.parse(text, at: CheckPlace(item)), text)
            }
            let form = try CheckForm(text, at: CheckPlace(item))
            return try CheckOptions(form, value: nil, siblings: [], item: item, column: column).check()
        case .section(let entries):
            if let line = entries.first(where: { $0.key == "check" }) { return try oneLine(line, entries, item) }
            let own = CheckOptions.commonKeys + ["config", "arguments"]
            guard let first = entries.first(where: { !own.contains($0.key) }) else {
                throw item.failure("The check does not say what it checks.", remedy: CheckForm.remedy)
            }
            let place = CheckPlace(file: item.file, line: first.line, column: first.column)
            let form = try CheckForm(first.key, at: place)
            let siblings = entries.filter { $0.key != first.key }
            return try CheckOptions(form, value: first.value, siblings: siblings, item: item, column: column).check()
        default: throw item.failure("A check is a text, or one key with its options.", remedy: CheckForm.remedy)
        }
    }

    /// `check: missing(id) = 0` with the keys that all checks have beside it.
    private static func oneLine(
        _ line: ConfigurationNode.Entry,
        _ entries: [ConfigurationNode.Entry],
        _ item: ConfigurationNode
    ) throws(TarnError) -> Check {
        guard case .text(let text) = line.value.content else {
            throw line.value.failure("`\(line.value.path)` has to be a check of one line.", remedy: CheckForm.remedy)
        }
        let siblings = entries.filter { $0.key != "check" }
        let options = try CheckOptions(nil, value: nil, siblings: siblings, item: item, column: nil)
        return try options.finished(try named(CheckExpression.parse(text, at: CheckPlace(line.value)), text))
    }

    private static func named(_ check: Check, _ text: String) -> Check {
        var check = check
        check.name = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return check
    }
}

extension DeclaredChecks {
    /// Tells checks of one name apart by a number, since results are compared over time by it.
    mutating func nameChecks() {
        var taken: Set<String> = []
        for index in checks.indices {
            let name = checks[index].name
            var number = 1
            while !taken.insert(checks[index].name).inserted {
                number += 1
                checks[index].name = "\(name) (\(number))"
            }
        }
    }
}

extension CheckPlace {
    package init(_ node: ConfigurationNode) { self.init(file: node.file, line: node.line, column: node.column) }
}
