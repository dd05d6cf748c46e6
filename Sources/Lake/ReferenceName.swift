import Base

/// What branches and tags may be called. They share one space of names, so that a name alone says what is meant.
package enum ReferenceName {
    /// The lake itself, where a reference is asked for.
    package static let main = "main"
    private static let lengthMax = 200

    /// Begins the names that lists leave out: branches that a program makes for itself.
    package static let hiddenPrefix = "_"

    static func check(_ name: String) throws(TarnError) {
        let isFit =
            name != main && name.unicodeScalars.count <= lengthMax
            && name.unicodeScalars.first.map { $0 == "_" || isLetter($0) } ?? false
            && name.unicodeScalars.allSatisfy {
                isLetter($0) || ("0"..."9").contains($0) || "_-./".unicodeScalars.contains($0)
            }
        guard !isFit else { return }
        throw TarnError(
            .queryInvalid,
            "A branch or tag cannot have this name.",
            detail: ["name": name],
            remedy: "Begin it with a letter, use letters, digits and `_-./` only, and do not call it `main`."
        )
    }

    /// What a program makes for itself, nobody else makes or writes.
    static func requireFree(_ name: String, for access: AccessContext) throws(TarnError) {
        guard name.hasPrefix(hiddenPrefix), access.isPerson else { return }
        throw TarnError(
            .ownerMismatch,
            "Branches whose names begin with `\(hiddenPrefix)` belong to programs, which alone make and write them.",
            detail: ["branch": name],
            remedy: "Use a branch of another name."
        )
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }
}

extension TarnError {
    static func referenceMissing(_ kind: String, _ name: String, among names: [String]) -> TarnError {
        let error = TarnError(.referenceMissing, "The lake has no \(kind) of this name.", detail: ["name": name])
        let shown = names.filter { !$0.hasPrefix(ReferenceName.hiddenPrefix) }.sorted()
        let near = Spelling.nearest(to: name, among: shown, by: { $0 })
        return near.isEmpty ? error : error.adding("did you mean", near.joined(separator: ", "))
    }

    static func referenceExists(_ name: String) -> TarnError {
        TarnError(.referenceExists, "A branch or tag of this name exists already.", detail: ["name": name])
    }
}
