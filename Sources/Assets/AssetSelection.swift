package import Base

/// Picks assets by the words people know from dbt.
///
/// A word is a name (`gold.revenue_daily`, `gold.*`), `tag:finance`, `path:assets/gold`, `owner:data`,
/// `state:modified` or `state:new`; `+` before it adds what it is made of, `+` after it what is made of it, a number
/// with the `+` at most so many steps; `@` before it adds what is made of it with all that this needs. Words next to
/// each other are united; words with a comma between them have to hold together.
package struct AssetSelection: Sendable {
    private let project: CompiledProject
    private let publishedPlans: [TableName: String]

    /// - Parameter publishedPlans: for each asset the plan hash of the commit that published it last.
    package init(_ project: CompiledProject, publishedPlans: [TableName: String] = [:]) {
        self.project = project
        self.publishedPlans = publishedPlans
    }

    /// The selected assets, each after its inputs; all of them where no word is given.
    ///
    /// - Throws: `asset.selection` for a word that is not understood or picks nothing.
    package func assets(_ words: [String], excluding excluded: [String] = []) throws(TarnError) -> [TableName] {
        let chosen = words.isEmpty ? Set(project.assets.keys) : try union(words)
        let left = excluded.isEmpty ? chosen : chosen.subtracting(try union(excluded))
        return project.graph.order.filter(left.contains)
    }

    private func union(_ words: [String]) throws(TarnError) -> Set<TableName> {
        var result: Set<TableName> = []
        for word in words.flatMap({ $0.split(separator: " ") }) { result.formUnion(try intersection(word)) }
        return result
    }

    private func intersection(_ word: Substring) throws(TarnError) -> Set<TableName> {
        var result: Set<TableName>?
        for part in word.split(separator: ",", omittingEmptySubsequences: false) {
            let found = try assets(Word(part))
            result = result.map { $0.intersection(found) } ?? found
        }
        return result ?? []
    }

    private func assets(_ word: Word) throws(TarnError) -> Set<TableName> {
        let anchors = try anchors(word)
        // Nothing modified is good news, not a slip.
        guard !anchors.isEmpty || word.method == "state" else { throw nothing(word) }
        var result = anchors
        for anchor in anchors {
            if let steps = word.up { result.formUnion(project.graph.ancestors(of: anchor, steps: steps)) }
            if let steps = word.down { result.formUnion(project.graph.descendants(of: anchor, steps: steps)) }
            guard word.isClosure else { continue }
            let made = project.graph.descendants(of: anchor)
            result.formUnion(made)
            for name in made.union([anchor]) { result.formUnion(project.graph.ancestors(of: name)) }
        }
        return result.filter { project.assets[$0] != nil }
    }

    /// The tables that a word names, others than assets among them: `silver.orders+` is what is made of it.
    private func anchors(_ word: Word) throws(TarnError) -> Set<TableName> {
        guard let method = word.method else {
            let tables = word.reachesBeyond ? Array(project.catalog.tables.keys) : []
            return Set((Array(project.assets.keys) + tables).filter { Glob.matches($0.description, word.value) })
        }
        let value = word.value
        let test: (CompiledAsset) -> Bool
        switch method {
        case "tag": test = { $0.asset.header.tags.contains { Glob.matches($0, value) } }
        case "owner": test = { Glob.matches($0.asset.header.owner ?? "", value) }
        case "path": test = { $0.asset.source.path == value || $0.asset.source.path.hasPrefix(folder(value)) }
        case "state" where value == "modified": test = { publishedPlans[$0.asset.name] != $0.planHash }
        case "state" where value == "new": test = { publishedPlans[$0.asset.name] == nil }
        default: throw misunderstood(word)
        }
        return Set(project.assets.values.filter(test).map(\.asset.name))
    }

    private func folder(_ path: String) -> String { path.hasSuffix("/") ? path : path + "/" }

    private func misunderstood(_ word: Word) -> TarnError {
        TarnError(
            .assetSelection,
            "A word of the selection is not understood.",
            detail: ["word": word.text],
            remedy: "Use a name, tag:, path:, owner:, state:modified or state:new, with + around it where wanted."
        )
    }

    private func nothing(_ word: Word) -> TarnError {
        let error = TarnError(.assetSelection, "A word of the selection picks nothing.", detail: ["word": word.text])
        let near = Spelling.nearest(to: word.value, among: project.assets.keys.sorted(), by: \.description)
        guard word.method == nil, !near.isEmpty else { return error }
        return error.adding("did you mean", near.map(\.description).joined(separator: ", "))
    }
}

extension AssetSelection {
    /// `2+tag:finance+` and its like, taken apart.
    private struct Word {
        let text: String
        let method: String?
        let value: String
        /// How many steps of ancestors and of descendants are wanted; nil for none.
        let up: Int?
        let down: Int?
        let isClosure: Bool

        var reachesBeyond: Bool { down != nil || isClosure }

        init(_ text: Substring) {
            self.text = String(text)
            var rest = text
            isClosure = rest.first == "@"
            if isClosure { rest.removeFirst() }
            let before = rest.prefix { $0.isASCII && $0.isNumber }
            if rest[before.endIndex...].first == "+" {
                up = before.isEmpty ? .max : Int(before)
                rest = rest[before.endIndex...].dropFirst()
            } else {
                up = nil
            }
            if let plus = rest.lastIndex(of: "+"), rest[plus...].dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }) {
                let after = rest[plus...].dropFirst()
                down = after.isEmpty ? .max : Int(after)
                rest = rest[..<plus]
            } else {
                down = nil
            }
            let colon = rest.firstIndex(of: ":")
            method = colon.map { String(rest[..<$0]) }
            value = colon.map { String(rest[rest.index(after: $0)...]) } ?? String(rest)
        }
    }
}

/// Names with `*` for any run of characters and `?` for one.
enum Glob {
    static func matches(_ text: String, _ pattern: String) -> Bool {
        matches(Array(text.utf8)[...], Array(pattern.utf8)[...])
    }

    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var (text, pattern) = (text, pattern)
        var retry: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while !text.isEmpty || !pattern.isEmpty {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (text, pattern)
            } else if let wanted = pattern.first, let byte = text.first, wanted == byte || wanted == UInt8(ascii: "?") {
                (text, pattern) = (text.dropFirst(), pattern.dropFirst())
            } else if let last = retry, !last.text.isEmpty {
                retry = (last.text.dropFirst(), last.pattern)
                (text, pattern) = (last.text.dropFirst(), last.pattern)
            } else {
                return false
            }
        }
        return true
    }
}
