/// Colours for a terminal, or none.
package enum TextStyle: Sendable {
    case plain
    case coloured

    package func strong(_ text: String) -> String { wrapped(text, "1") }
    package func good(_ text: String) -> String { wrapped(text, "32") }
    package func warning(_ text: String) -> String { wrapped(text, "33") }
    package func error(_ text: String) -> String { wrapped(text, "31") }

    private func wrapped(_ text: String, _ code: String) -> String {
        self == .plain ? text : "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }
}
