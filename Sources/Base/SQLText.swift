/// `text` as a SQL literal: `it's` becomes `'it''s'`.
package func sqlLiteral(_ text: String) -> String { quoted(text, with: "'") }

/// `name` as a SQL identifier that keeps its case and any character: `my "col"` becomes `"my ""col"""`.
package func sqlIdentifier(_ name: String) -> String { quoted(name, with: "\"") }

private func quoted(_ text: String, with quote: Unicode.Scalar) -> String {
    var result = String.UnicodeScalarView()
    result.append(quote)
    for scalar in text.unicodeScalars {
        if scalar == quote { result.append(quote) }
        result.append(scalar)
    }
    result.append(quote)
    return String(result)
}
