import Base
import Checks
import Settings

/// Reads the header of an asset's file. Every mistake in it is reported, not only the first.
///
/// The header is a comment at the very top, so that the file stays plain SQL:
/// ```
/// /* ---
/// description: Revenue of each day
/// --- */
/// SELECT …
/// ```
struct HeaderReader {
    private let file: SourceText
    private(set) var header = AssetHeader()
    private(set) var problems: [Problem] = []

    static let keys = [
        "namespace", "description", "owner", "tags", "columns", "checks", "materialized", "partition_by", "contract",
        "every",
    ]
    private static let opening = "/* ---"
    private static let closing = "--- */"

    static func read(_ file: SourceText) -> (header: AssetHeader, problems: [Problem]) {
        var reader = HeaderReader(file: file)
        reader.read()
        return (reader.header, reader.problems)
    }

    private init(file: SourceText) { self.file = file }

    private mutating func read() {
        collect { (reader) throws(TarnError) in
            guard let yaml = try reader.yaml() else { return }
            let root = try ConfigurationDocument.parse(yaml, file: reader.file.path)
            let section = try ConfigurationSection(
                root,
                keys: Self.keys,
                environment: .none,
                unknown: { reader.report($0) }
            )
            reader.read(section)
        }
    }

    /// The header's lines at their own numbers, with empty lines in place of what is before; nil without a header.
    ///
    /// - Throws: for what looks like a header and is none: its checks would stand against nothing.
    private func yaml() throws(TarnError) -> [UInt8]? {
        let lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let first = lines.firstIndex { !Self.text($0).isEmpty } ?? 0
        guard !lines.isEmpty, Self.text(lines[first]) == Self.opening else {
            guard let line = lines.firstIndex(where: { Self.isLikeHeader(Self.text($0)) }) else { return nil }
            throw TarnError(
                .configurationInvalid,
                "This looks like a header, and is none: a header is the first thing in a file.",
                detail: ["at": "\(file.path):\(line + 1):1"],
                remedy: "Begin the file with a line `\(Self.opening)`, before any other comment."
            )
        }
        guard let end = lines.firstIndex(where: { Self.text($0) == Self.closing }) else {
            throw TarnError(
                .configurationInvalid,
                "The header has no end.",
                remedy: "Close it with a line `\(Self.closing)`."
            )
        }
        let before = [UInt8](repeating: UInt8(ascii: "\n"), count: first + 1)
        return before + lines[(first + 1)..<max(first + 1, end)].flatMap { $0 + [UInt8(ascii: "\n")] }
    }

    /// A comment that begins as a header does, but for spaces.
    private static func isLikeHeader(_ line: String) -> Bool {
        line.filter { !$0.isWhitespace }.hasPrefix("/*---")
    }

    private static func text(_ line: ArraySlice<UInt8>) -> String {
        var text = Substring(decoding: line, as: UTF8.self)
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    private mutating func read(_ section: ConfigurationSection) {
        for key in Self.keys { header.places[key] = SourcePlace(section.place(key)) }
        collect { (reader) throws(TarnError) in reader.header.namespace = try section.text("namespace") }
        collect { (reader) throws(TarnError) in reader.header.description = try section.text("description") }
        collect { (reader) throws(TarnError) in reader.header.owner = try section.text("owner") }
        collect { (reader) throws(TarnError) in reader.header.tags = try section.texts("tags") ?? [] }
        collect { (reader) throws(TarnError) in
            guard let text = try section.text("materialized") else { return }
            reader.header.materialization = try Self.materialization(text, at: section.place("materialized"))
        }
        collect { (reader) throws(TarnError) in
            reader.header.every =
                try section.duration("every", .seconds(1)...(.seconds(7 * 86_400))) ?? reader.header.every
        }
        if let node = section.node(at: "partition_by") { readPartition(node) }
        let columns = section.node(at: "columns").map { readColumns($0) }
        header.declared = CheckReader.read(columns: columns, checks: section.node(at: "checks"))
        for fault in header.declared.faults { report(fault) }
        if let node = section.node(at: "contract") { readContract(node) }
        requirePartition()
    }

    private mutating func readPartition(_ node: ConfigurationNode) {
        let items = if case .list(let items) = node.content { items } else { [node] }
        for item in items {
            collect { (reader) throws(TarnError) in
                guard case .text(let text) = item.content else { throw Self.noPartition(item) }
                reader.header.partition.append(try Self.partitionTerm(text, at: item))
            }
        }
    }

    /// - Returns: the columns that have names.
    private mutating func readColumns(_ node: ConfigurationNode) -> ConfigurationNode {
        var named = node
        named.content = .nothing
        guard case .list(let items) = node.content else {
            report(node.failure("`columns` has to be a list.", remedy: "Write `- name: …` for each column."))
            return named
        }
        var known: [ConfigurationNode] = []
        for item in items {
            collect { (reader) throws(TarnError) in
                let section = try ConfigurationSection(
                    item,
                    keys: ["name", "description", "checks"],
                    environment: .none,
                    unknown: { reader.report($0) }
                )
                guard let name = try section.text("name") else { throw item.failure("The column has no `name`.") }
                reader.header.columns.append(
                    AssetHeader.ColumnNote(
                        name: name,
                        description: try section.text("description"),
                        place: SourcePlace(section.place("name"))
                    )
                )
                known.append(item)
            }
        }
        named.content = .list(known)
        return named
    }

    private mutating func readContract(_ node: ConfigurationNode) {
        guard case .section(let entries) = node.content else {
            return report(
                node.failure("`contract` has to name columns and their types.", remedy: "Write `day: date` and so on.")
            )
        }
        var columns: [AssetHeader.ContractColumn] = []
        for entry in entries {
            guard case .text(let type) = entry.value.content else {
                report(entry.value.failure("A contract gives each column one type, such as `decimal(12, 2)`."))
                continue
            }
            columns.append(
                AssetHeader.ContractColumn(name: entry.key, type: type, place: SourcePlace(entry, in: node.file))
            )
        }
        header.contract = columns
    }

    private mutating func requirePartition() {
        guard header.materialization == .partition, header.partition.isEmpty, let place = header.places["materialized"]
        else { return }
        let error = TarnError(
            .configurationInvalid,
            "`materialized: partition` needs partitions.",
            remedy: "Add `partition_by: [day(ordered_at)]`, with the columns that fit."
        )
        problems.append(Problem(error, at: place))
    }

    private mutating func report(_ error: TarnError) {
        problems.append(Problem(error, in: file.path, fallback: file.start))
    }

    private mutating func collect(_ body: (inout HeaderReader) throws(TarnError) -> Void) {
        do throws(TarnError) { try body(&self) } catch { report(error) }
    }
}

extension HeaderReader {
    private static func materialization(
        _ text: String,
        at node: ConfigurationNode
    ) throws(TarnError)
        -> Materialization
    {
        let call = Call(text)
        switch (call?.name, call?.arguments) {
        case ("full", []?): return .full
        case ("append", []?): return .append
        case ("partition", []?): return .partition
        case ("merge", let key?) where !key.isEmpty: return .merge(key: key)
        default:
            throw node.failure(
                "There is no such materialization.",
                remedy: "Use `full`, `append`, `merge(key, …)` or `partition`."
            )
        }
    }

    static func partitionTerm(_ text: String, at node: ConfigurationNode) throws(TarnError) -> PartitionTerm {
        let call = Call(text)
        let arguments = call?.arguments ?? []
        switch (call?.name ?? "", arguments.count) {
        case (let column, 0) where !column.isEmpty: return PartitionTerm(column: column, transform: .identity)
        case ("identity", 1): return PartitionTerm(column: arguments[0], transform: .identity)
        case ("year", 1): return PartitionTerm(column: arguments[0], transform: .year)
        case ("month", 1): return PartitionTerm(column: arguments[0], transform: .month)
        case ("day", 1): return PartitionTerm(column: arguments[0], transform: .day)
        case ("hour", 1): return PartitionTerm(column: arguments[0], transform: .hour)
        case ("bucket", 2):
            if let count = width(arguments[0]) {
                return PartitionTerm(column: arguments[1], transform: .bucket(count))
            }
        case ("truncate", 2):
            if let width = width(arguments[0]) {
                return PartitionTerm(column: arguments[1], transform: .truncate(width))
            }
        default: break
        }
        throw noPartition(node)
    }

    private static func noPartition(_ node: ConfigurationNode) -> TarnError {
        node.failure(
            "There is no such partition.",
            remedy: "Use a column, year(c), month(c), day(c), hour(c), \"bucket(16, c)\" or \"truncate(4, c)\"; "
                + "within [ ], what holds a comma needs its quotes."
        )
    }

    private static func width(_ text: String) -> Int? { Int(text).flatMap { (1...1_000_000).contains($0) ? $0 : nil } }

    /// `name` or `name(argument, argument)`.
    private struct Call {
        let name: String
        var arguments: [String] = []

        init?(_ text: String) {
            guard let open = text.firstIndex(of: "(") else {
                name = text
                return
            }
            guard text.last == ")" else { return nil }
            name = Self.trimmed(text[..<open])
            let inner = text[text.index(after: open)...].dropLast()
            arguments = inner.split(separator: ",", omittingEmptySubsequences: false).map(Self.trimmed)
            guard arguments.allSatisfy({ !$0.isEmpty && !$0.contains("(") }) else { return nil }
        }

        private static func trimmed(_ text: Substring) -> String {
            String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension SourcePlace {
    init(_ node: ConfigurationNode) { self.init(file: node.file, line: node.line, column: node.column) }

    init(_ entry: ConfigurationNode.Entry, in file: String) {
        self.init(file: file, line: entry.line, column: entry.column)
    }
}
