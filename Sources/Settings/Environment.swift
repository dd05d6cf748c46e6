package import Base

#if canImport(Glibc)
    import Glibc
#endif

/// The variables of the process, from which files take their secrets.
package struct Environment: Sendable {
    private let lookUp: @Sendable (String) -> String?
    private let isClosed: Bool

    package init(_ values: [String: String]) { self.init { values[$0] } }

    private init(isClosed: Bool = false, lookUp: @escaping @Sendable (String) -> String?) {
        self.isClosed = isClosed
        self.lookUp = lookUp
    }

    /// For files that mean the same on every machine: a variable in them is an error.
    package static let none = Environment(isClosed: true) { _ in nil }

    package static let process = Environment { name in
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }

    package subscript(name: String) -> String? { lookUp(name) }

    /// `${NAME}` becomes the variable's value; `$${` stands for a plain `${`.
    ///
    /// - Parameter encode: what becomes of a value before it takes its place.
    package func substituted(
        _ text: String,
        at node: ConfigurationNode,
        encode: (String) -> String = { $0 }
    ) throws(TarnError) -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else {
                    throw node.failure(
                        "`${` is not closed.",
                        remedy: "Write `${NAME}`, or `$${` for the characters themselves."
                    )
                }
                result += encode(try required(String(rest.dropFirst(2)[..<end]), at: node))
                rest = rest[rest.index(after: end)...]
            } else {
                result.append("$")
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    package func required(_ name: String, at node: ConfigurationNode) throws(TarnError) -> String {
        let isName =
            !name.isEmpty
            && name.utf8.allSatisfy { $0 == 0x5F || Character(.init($0)).isLetter || Character(.init($0)).isNumber }
        guard isName else {
            throw node.failure(
                "`${…}` does not hold the name of a variable.",
                remedy: "Use letters, digits and underscores."
            )
        }
        guard !isClosed else {
            throw node.failure(
                "Variables of the environment are not filled in here.",
                remedy: "Write the value out, or `$${` for the characters themselves."
            )
        }
        guard let value = self[name] else {
            throw node.failure(
                "The environment variable \(name) is not set.",
                remedy: "Set \(name) before starting Tarn."
            )
        }
        return value
    }
}
