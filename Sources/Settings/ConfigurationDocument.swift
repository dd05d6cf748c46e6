package import Base
internal import Yams

/// Reads one YAML file into nodes. Never traps, whatever the bytes are; its errors never show the file's content,
/// which may hold secrets.
package enum ConfigurationDocument {
    static let bytesMax = 1 << 20
    /// Nesting is checked before parsing: the parser is recursive.
    static let nestingMax = 64
    static let nodesMax = 100_000

    package static func parse(_ bytes: [UInt8], file: String) throws(TarnError) -> ConfigurationNode {
        guard bytes.count <= bytesMax else {
            throw ConfigurationNode.failure(
                "The file is larger than a configuration can be.",
                file: file,
                line: 1,
                column: 1
            )
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationNode.failure("The file is not UTF-8 text.", file: file, line: 1, column: 1)
        }
        try checkNesting(bytes, file: file)
        let root: Node?
        do {
            root = try Parser(yaml: text).singleRoot()
        } catch {
            throw failure(error, in: text, file: file)
        }
        var budget = nodesMax
        guard let root else {
            return ConfigurationNode(file: file, path: "", line: 1, column: 1, content: .section([]))
        }
        return try node(root, file: file, path: "", depth: 0, budget: &budget)
    }

    /// Bounds what the recursive parser can be led into: brackets left open, and indicators stacked on one line.
    private static func checkNesting(_ bytes: [UInt8], file: String) throws(TarnError) {
        var line = 1
        var leading = 0
        var isLeading = true
        var open = 0
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                line += byte == UInt8(ascii: "\n") ? 1 : 0
                (leading, isLeading) = (0, true)
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: "\t"):
                if isLeading { leading += 1 }
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                open += 1
                isLeading = false
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                open = max(0, open - 1)
                isLeading = false
            default: isLeading = false
            }
            if open > nestingMax || leading > 4 * nestingMax {
                throw ConfigurationNode.failure("The file is nested too deep.", file: file, line: line, column: 1)
            }
        }
    }

    private static func node(
        _ node: Node,
        file: String,
        path: String,
        depth: Int,
        budget: inout Int
    ) throws(TarnError) -> ConfigurationNode {
        var result = ConfigurationNode(
            file: file,
            path: path,
            line: node.mark?.line ?? 1,
            column: node.mark?.column ?? 1,
            content: .nothing
        )
        budget -= 1
        guard budget > 0, depth < nestingMax else { throw result.failure("The file is nested too deep.") }
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain
            let isNothing = isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            result.content = isNothing ? .nothing : .text(scalar.string)
        case .sequence(let sequence):
            var items: [ConfigurationNode] = []
            for (index, item) in sequence.enumerated() {
                items.append(
                    try self.node(item, file: file, path: "\(path)[\(index)]", depth: depth + 1, budget: &budget)
                )
            }
            result.content = .list(items)
        case .mapping(let mapping):
            result.content = .section(try entries(mapping, of: result, depth: depth, budget: &budget))
        case .alias:
            throw result.failure("Aliases are not supported.", remedy: "Write the value out.")
        }
        return result
    }

    private static func entries(
        _ mapping: Node.Mapping,
        of parent: ConfigurationNode,
        depth: Int,
        budget: inout Int
    ) throws(TarnError) -> [ConfigurationNode.Entry] {
        var entries: [ConfigurationNode.Entry] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else { throw parent.failure("A key is not a plain word.") }
            let path = parent.path.isEmpty ? scalar.string : "\(parent.path).\(scalar.string)"
            let child = try node(value, file: parent.file, path: path, depth: depth + 1, budget: &budget)
            entries.append(
                ConfigurationNode.Entry(
                    key: scalar.string,
                    line: key.mark?.line ?? parent.line,
                    column: key.mark?.column ?? parent.column,
                    value: child
                )
            )
        }
        return entries
    }

    private static func failure(_ error: any Error, in text: String, file: String) -> TarnError {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            ConfigurationNode.failure(
                "The file is not valid YAML: \(problem).",
                file: file,
                line: mark.line,
                column: mark.column
            )
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            ConfigurationNode.failure(
                keys.first.map { "The key `\($0)` is written twice." } ?? "A key is written twice.",
                file: file,
                line: keys.first.flatMap { repetition(of: $0, after: context.mark, in: text) } ?? context.mark.line,
                column: context.mark.column,
                remedy: "Keep one of them."
            )
        default:
            ConfigurationNode.failure("The file is not valid YAML.", file: file, line: 1, column: 1)
        }
    }

    /// The line that writes a key again, below its first place and in its column; nil for one between braces.
    private static func repetition(of key: String, after first: Mark, in text: String) -> Int? {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated().dropFirst(first.line) {
            let written = line.drop { $0 == " " }
            guard line.count - written.count == first.column - 1 else { continue }
            let spellings = [key, "\"\(key)\"", "'\(key)'"]
            guard let spelling = spellings.first(where: { written.hasPrefix($0) }) else { continue }
            if written.dropFirst(spelling.count).drop(while: { $0 == " " }).first == ":" { return index + 1 }
        }
        return nil
    }
}
