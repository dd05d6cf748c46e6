import Base

/// The assets of a project's files with their headers, before their statements are looked at.
struct AssetReading: Sendable {
    let assets: [Asset]
    let problems: [Problem]
    /// The paths of files whose headers have problems: they are read anew each time.
    let withProblems: Set<String>

    private static let partCount = 4

    /// Files whose bytes the cache knows are not read again; what it knows of others is taken out of it.
    static func read(_ files: [SourceText], _ cache: inout CompileCache) async throws(TarnError) -> AssetReading {
        try AssetReader.checkCount(files)
        var assets: [Asset] = []
        var problems: [Problem] = []
        var unread: [SourceText] = []
        for file in files {
            if let entry = cache.entries[file.path], entry.file == Fingerprint(file.bytes),
                let name = AssetReader.name(of: file, namespace: entry.namespace)
            {
                assets.append(Asset(name: name, source: file))
            } else {
                if cache.entries.removeValue(forKey: file.path) != nil { cache.isChanged = true }
                unread.append(file)
            }
        }
        let fresh = unread
        let parts = try await concurrently(Array(0..<partCount), width: partCount) { (part) throws(TarnError) in
            stride(from: part, to: fresh.count, by: partCount).map { AssetReader.read(fresh[$0]) }
        }
        var withProblems: Set<String> = []
        for read in parts.joined() {
            if let asset = read.asset { assets.append(asset) }
            problems += read.problems
            if !read.problems.isEmpty, let asset = read.asset { withProblems.insert(asset.source.path) }
        }
        let distinct = AssetReader.distinct(assets)
        return AssetReading(assets: distinct.assets, problems: problems + distinct.problems, withProblems: withProblems)
    }
}
