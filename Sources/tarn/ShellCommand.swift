/// What begins with a backslash in the shell.
enum ShellCommand: Equatable {
    case quit
    case help
    case tables
    case describe(String)
    case timing
    case unknown(String)

    /// Nil for a line of SQL.
    init?(_ line: String) {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard let first = words.first, first.hasPrefix("\\") || ["quit", "exit"].contains(first.lowercased()) else {
            return nil
        }
        switch (first.lowercased(), words.count) {
        case ("\\q", _), ("quit", 1), ("exit", 1): self = .quit
        case ("\\?", _), ("\\h", _): self = .help
        case ("\\dt", _), ("\\d", 1): self = .tables
        case ("\\d", _): self = .describe(words[1].last == ";" ? String(words[1].dropLast()) : words[1])
        case ("\\timing", _): self = .timing
        case ("quit", _), ("exit", _): return nil
        default: self = .unknown(String(first.dropFirst()))
        }
    }

    static let helpText = """
        \\dt          list the tables
        \\d TABLE     show a table's columns
        \\timing      show how long statements take, or stop showing it
        \\?           this list
        \\q           leave (also Ctrl-D)

        A statement ends with `;`. Ctrl-C ends the query that runs.
        To read the past: SELECT ... FROM silver.orders AT (VERSION => 12), or AT (BRANCH => 'name')

        """
}
