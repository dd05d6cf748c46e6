package import Base

/// A mapping of known keys, read key by key. Every text goes through the environment's substitution.
package struct ConfigurationSection {
    package let node: ConfigurationNode
    package let environment: Environment
    private let entries: [ConfigurationNode.Entry]

    /// - Throws: `configuration.invalid` when the node is no mapping or holds a key that is not in `keys`.
    package init(_ node: ConfigurationNode, keys: [String], environment: Environment) throws(TarnError) {
        var first: TarnError?
        try self.init(node, keys: keys, environment: environment) { first = first ?? $0 }
        if let first { throw first }
    }

    /// - Parameter unknown: is given an error for every key that is not in `keys`.
    /// - Throws: `configuration.invalid` when the node is no mapping.
    package init(
        _ node: ConfigurationNode,
        keys: [String],
        environment: Environment,
        unknown: (TarnError) -> Void
    ) throws(TarnError) {
        self.node = node
        self.environment = environment
        switch node.content {
        case .nothing: entries = []
        case .section(let written): entries = written
        default:
            throw node.failure("\(Self.subject(node)) has to be a group of keys.", remedy: Self.expected(keys))
        }
        for entry in entries where !keys.contains(entry.key) {
            unknown(
                ConfigurationNode.failure(
                    "There is no key `\(entry.value.path)`.",
                    file: node.file,
                    line: entry.line,
                    column: entry.column,
                    remedy: Self.suggestion(entry.key, keys)
                )
            )
        }
    }

    package func section(_ key: String, keys: [String]) throws(TarnError) -> ConfigurationSection {
        let empty = ConfigurationNode(
            file: node.file,
            path: node.path.isEmpty ? key : "\(node.path).\(key)",
            line: node.line,
            column: node.column,
            content: .nothing
        )
        return try ConfigurationSection(value(key) ?? empty, keys: keys, environment: environment)
    }

    package func text(_ key: String) throws(TarnError) -> String? {
        guard let node = value(key) else { return nil }
        return try text(node)
    }

    /// The text of a URI: what is filled into a part of it is percent-encoded, unless it is all of it.
    package func uri(_ key: String, schemes: [String]) throws(TarnError) -> String? {
        guard let node = value(key) else { return nil }
        guard case .text(let written) = node.content, schemes.contains(where: { written.hasPrefix($0 + "://") }) else {
            return try text(node)
        }
        return try environment.substituted(written, at: node, encode: Self.percentEncoded)
    }

    /// All but the unreserved characters of RFC 3986.
    private static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF")
        return text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    package func isWritten(_ key: String) -> Bool { value(key) != nil }

    package func texts(_ key: String) throws(TarnError) -> [String]? {
        guard let node = value(key) else { return nil }
        switch node.content {
        case .list(let items):
            var result: [String] = []
            for item in items { result.append(try text(item)) }
            return result
        case .text: return [try text(node)]
        default: throw node.failure("`\(node.path)` has to be a list.", remedy: "Write it as `[first, second]`.")
        }
    }

    package func integer(_ key: String, _ range: ClosedRange<Int>) throws(TarnError) -> Int? {
        guard let node = value(key) else { return nil }
        guard let number = Int(try text(node).filter { $0 != "_" }), range.contains(number) else {
            throw node.failure(
                "`\(node.path)` has to be a whole number.",
                remedy: "Give a number from \(range.lowerBound) to \(range.upperBound)."
            )
        }
        return number
    }

    package func flag(_ key: String) throws(TarnError) -> Bool? {
        guard let node = value(key) else { return nil }
        switch try text(node) {
        case "true": return true
        case "false": return false
        default: throw node.failure("`\(node.path)` has to be `true` or `false`.")
        }
    }

    package func duration(_ key: String, _ range: ClosedRange<Duration>) throws(TarnError) -> Duration? {
        guard let node = value(key) else { return nil }
        guard let duration = Quantity.duration(try text(node)) else {
            throw node.failure(
                "`\(node.path)` has to be a duration.",
                remedy: "Give a number and its unit: ms, s, m, h or d, as in `5m`."
            )
        }
        guard range.contains(duration) else {
            throw node.failure(
                "`\(node.path)` is out of range.",
                remedy:
                    "Give at least \(Quantity.text(range.lowerBound)) and at most \(Quantity.text(range.upperBound))."
            )
        }
        return duration
    }

    package func size(_ key: String, atLeast minimum: Int64) throws(TarnError) -> Int64? {
        guard let node = value(key) else { return nil }
        guard let size = Quantity.bytes(try text(node)) else {
            throw node.failure(
                "`\(node.path)` has to be a size.",
                remedy: "Give a number and its unit, as in `512MiB`, `10GiB` or `2GB`."
            )
        }
        guard size >= minimum else {
            throw node.failure(
                "`\(node.path)` is too small.",
                remedy: "Give at least \(Quantity.text(bytes: minimum))."
            )
        }
        return size
    }

    /// The place of a key that is written, else of the section.
    package func place(_ key: String) -> ConfigurationNode { value(key) ?? node }

    /// What is written under a key; nil where nothing is.
    package func node(at key: String) -> ConfigurationNode? { value(key) }

    private func value(_ key: String) -> ConfigurationNode? {
        guard let node = entries.first(where: { $0.key == key })?.value else { return nil }
        if case .nothing = node.content { return nil }
        return node
    }

    private func text(_ node: ConfigurationNode) throws(TarnError) -> String {
        guard case .text(let written) = node.content else {
            throw node.failure("`\(node.path)` has to be a single value.")
        }
        return try environment.substituted(written, at: node)
    }

    private static func subject(_ node: ConfigurationNode) -> String {
        node.path.isEmpty ? "The file" : "`\(node.path)`"
    }

    private static func expected(_ keys: [String]) -> String { "Use the keys \(keys.joined(separator: ", "))." }

    private static func suggestion(_ key: String, _ keys: [String]) -> String {
        guard let nearest = Spelling.nearest(to: key, in: keys) else { return expected(keys) }
        return "Did you mean `\(nearest)`? The keys here are \(keys.joined(separator: ", "))."
    }
}
