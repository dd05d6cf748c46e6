internal import Base
internal import CPQ

/// A libpq connection string or URI. It may hold a password, of which no part may reach an error.
struct ConnectionText {
    private let text: String

    init(_ text: String) { self.text = text }

    /// - Throws: `configuration.invalid` for what libpq cannot read, or would read another way than it was meant: its
    ///   own messages would show the parts that it takes for a host or a port.
    func requireReadable() throws(TarnError) {
        guard let options = options(), !isMisread(options) else {
            throw TarnError(
                .configurationInvalid,
                "The connection cannot be read.",
                remedy:
                    "Write user and password in a URI percent-encoded (`@` as `%40`, `/` as `%2F`, `%` as `%25`), use "
                    + "the form `host=… dbname=… user=…`, or leave the password to PGPASSWORD or a password file."
            )
        }
    }

    /// Nil where libpq cannot read the text.
    private func options() -> [String: String]? {
        guard let parsed = unsafe PQconninfoParse(text, nil) else { return nil }
        defer { unsafe PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var next = unsafe parsed
        while let keyword = unsafe next.pointee.keyword {
            if let value = unsafe next.pointee.val { unsafe options[String(cString: keyword)] = String(cString: value) }
            unsafe next += 1
        }
        return options
    }

    /// A password with an `@` or `/` in it spills into host and port.
    private func isMisread(_ options: [String: String]) -> Bool {
        let ports = options["port"]?.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2C } ?? true
        return !ports || options["host"]?.contains("@") == true || options["hostaddr"]?.contains("@") == true
    }

    /// What the server refuses stays refused until a person changes something; other failures may pass.
    static func isRefusal(_ message: String) -> Bool {
        let reasons = [
            "password authentication failed", "no password supplied", "no pg_hba.conf entry", "role \"", "database \"",
        ]
        guard let reason = reasons.first(where: { message.contains($0) }) else { return false }
        return !reason.hasSuffix("\"") || message.contains("\" does not exist")
    }
}
