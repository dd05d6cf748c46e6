import Base

/// Says in terms of the person's own statement what the engine said about the rewritten one.
struct EngineErrors {
    let text: StatementText
    /// The columns of the tables that the statement reads.
    let columns: [String]
    let folders: [String]
    /// How the names of the session's catalogs begin.
    let catalog: String

    func explained(_ error: TarnError) -> TarnError {
        switch error.code {
        case .queryInvalid: invalid(error)
        case .engineFailed: failed(error)
        case .corruptData: damaged(error)
        case .queryForbidden where error.message.hasPrefix("Permission Error"):
            TarnError(.queryForbidden, "The statement reaches outside the lake.")
        default: error
        }
    }

    private func invalid(_ error: TarnError) -> TarnError {
        guard let kind = ["Binder Error: ", "Catalog Error: ", "Parser Error: "].first(where: error.message.hasPrefix)
        else { return error }
        var message = String(error.message.dropFirst(kind.count))
        if let hint = message.firstRange(of: " (use:") { message = String(message[..<hint.lowerBound]) }
        message = withoutCatalogs(message).replacing("Values list ", with: "Table ")
        if message.hasSuffix("!") { message.removeLast() }
        guard !namesFolder(message) else { return TarnError(.queryInvalid, "The statement does not fit its tables.") }
        if !message.hasSuffix(".") { message += "." }
        let names = Self.names(in: message)
        var result = TarnError(.queryInvalid, message)
        guard let name = names.last(where: { !text.place(ofName: $0).isEmpty }) else { return result }
        if message.contains("not found in FROM") || message.contains("does not have a column") {
            let near = Spelling.nearest(to: name, among: Array(Set(columns)).sorted(), by: { $0 })
            if !near.isEmpty { result = result.adding("did you mean", near.joined(separator: ", ")) }
        }
        return result.at(text.place(ofName: name))
    }

    /// What stands in quotes, and what a message calls by name without them.
    private static func names(in message: String) -> [String] {
        let parts = message.split(separator: "\"", omittingEmptySubsequences: false)
        let quoted = parts.enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
        let words = message.split(separator: " ")
        let named = zip(words, words.dropFirst()).filter { $0.0 == "name" }.map { String($0.1) }
        return named + quoted
    }

    private func failed(_ error: TarnError) -> TarnError {
        if error.message.hasPrefix("Out of Memory Error") {
            return TarnError(
                .queryLimit,
                "The query needs more memory than it may use.",
                detail: ["limit": "limits.memory"]
            )
        }
        if error.message.hasPrefix("IO Error") || error.message.hasPrefix("HTTP Error") || namesFolder(error.message) {
            return Self.unreadable
        }
        return TarnError(.engineFailed, withoutCatalogs(error.message), remedy: error.remedy)
    }

    /// A file is named as the lake's other errors name objects: without the folder that it lies in.
    private func damaged(_ error: TarnError) -> TarnError {
        guard let file = error.detail.first(where: { $0.key == "file" })?.value,
            let folder = folders.filter({ file.hasPrefix($0 + "/") }).max(by: { $0.count < $1.count })
        else { return Self.unreadable }
        return TarnError(.corruptData, error.message, detail: ["file": String(file.dropFirst(folder.count + 1))])
    }

    private static let unreadable = TarnError(
        .engineFailed,
        "A file of the lake cannot be read.",
        remedy: "Check that the warehouse is whole and that its files can be read."
    )

    private func namesFolder(_ message: String) -> Bool { folders.contains { message.contains($0) } }

    private func withoutCatalogs(_ message: String) -> String {
        var result = message
        for number in 0..<32 {
            result.replace("\(catalog)_\(number).", with: "")
            result.replace("\"\(catalog)_\(number)\".", with: "")
        }
        return result
    }
}
