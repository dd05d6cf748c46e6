import Base

extension TarnError {
    /// What DuckDB said, reduced to its first line, and to its kind alone where the text may hold cell values.
    init(engineMessage message: String) {
        let line = message.prefix { $0 != "\n" }
        if let file = Self.damagedFile(line) {
            self.init(.corruptData, "A data file is damaged.", detail: ["file": file])
            return
        }
        let kind = String(line.prefix { $0 != ":" })
        switch kind {
        case "Parser Error", "Syntax Error", "Binder Error", "Catalog Error":
            self.init(.queryInvalid, String(line))
        case "Permission Error":
            self.init(.queryForbidden, String(line))
        case "INTERRUPT Error":
            self.init(.interrupted, "The statement was interrupted.")
        case "IO Error" where line.contains("No space left") || line.contains("quota exceeded"):
            self.init(
                .storeFailed,
                String(line),
                remedy: "Free space on the named volume; it is tried again by itself."
            )
        case "IO Error", "HTTP Error", "Out of Memory Error", "Not implemented Error", "INTERNAL Error",
            "TransactionContext Error", "Dependency Error", "Missing Extension Error", "Extension Autoloading Error",
            "Invalid Configuration Error", "FATAL Error":
            self.init(.engineFailed, String(line))
        case "Invalid Input Error" where line.contains("Cannot prepare multiple statements"):
            self.init(.queryInvalid, "There is more than one statement.", remedy: "Send one statement at a time.")
        case "Invalid Input Error" where line.hasSuffix("No statement to prepare!"):
            self.init(.queryInvalid, "There is no statement.")
        case _ where kind.hasSuffix(" Error"):
            self.init(
                .engineFailed,
                "The engine stopped with a \(kind).",
                remedy: "Look for a value that the statement cannot convert or compute; the text is left out of errors."
            )
        default:
            self.init(.engineFailed, "The engine stopped for an unknown reason.")
        }
    }

    /// The file that a message of the Parquet reader names as broken.
    private static func damagedFile(_ line: Substring) -> String? {
        let beginnings = [
            "No magic bytes found at end of file ", "Failed to read Parquet file ", "Malformed Parquet schema in file ",
            "The parquet file ", "Parquet file ", "Invalid string encoding found in Parquet file ", "File ",
        ]
        guard let end = line.firstRange(of: "Error: ")?.upperBound else { return nil }
        let said = line[end...]
        guard let beginning = beginnings.first(where: { said.hasPrefix($0) }) else { return nil }
        let rest = said.dropFirst(beginning.count)
        guard let quote = rest.first, quote == "'" || quote == "\"" else { return nil }
        let file = rest.dropFirst().prefix { $0 != quote }
        return file.hasSuffix(".parquet") && rest[file.endIndex...].first == quote ? String(file) : nil
    }

    init(engineMessage pointer: UnsafePointer<CChar>?) {
        self.init(engineMessage: unsafe pointer.map { unsafe String(cString: $0) } ?? "")
    }
}
