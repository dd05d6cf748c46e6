package import Base
internal import Iceberg
package import Lake

/// Commits, as `tarn commits` and `tarn history` show them.
package struct CommitListing: Sendable {
    private struct Entry: Sendable {
        var version: Int64
        var time: Timestamp
        var commit: Commit
        /// What the commit did to the one table asked about, in the words of its snapshot.
        var effect: [String: String] = [:]
    }

    private var entries: [Entry] = []
    private var table: TableName?

    /// - Parameter withHidden: also those of branches that programs made for themselves.
    package static func newest(
        in lake: Lake,
        limit: Int,
        withHidden: Bool = false
    ) async throws(TarnError) -> CommitListing {
        var listing = CommitListing()
        var version = try await lake.refresh().version
        while version > 0, listing.entries.count < limit {
            let record = try await lake.record(version)
            for commit in record.commits where withHidden || !commit.isHidden {
                listing.entries.append(Entry(version: record.version, time: record.time, commit: commit))
            }
            version -= 1
        }
        return listing
    }

    package static func history(of text: String, in lake: Lake, limit: Int) async throws(TarnError) -> CommitListing {
        let state = try await lake.refresh()
        let name = try TableDescription.name(text, in: state)
        var metadata: TableMetadata?
        if let table = state.tables[name] { metadata = try await lake.reader.metadata(table) }
        var listing = CommitListing(table: name)
        for record in try await lake.records(ofTable: name, limit: limit) {
            for commit in record.commits {
                guard commit.branch == nil, let effect = commit.tables.first(where: { $0.name == name }) else {
                    continue
                }
                var entry = Entry(version: record.version, time: record.time, commit: commit)
                if let snapshot = effect.state?.snapshotID.flatMap({ metadata?.snapshot(id: $0) }) {
                    for part in snapshot.summary { entry.effect[part.key] = part.value }
                }
                listing.entries.append(entry)
            }
        }
        return listing
    }

    package var text: String {
        guard !entries.isEmpty else { return "No commits yet.\n" }
        return table == nil ? commitsText : historyText
    }

    private var commitsText: String {
        var table = TextTable([
            ("version", .right), ("time", .left), ("author", .left), ("cause", .left), ("branch", .left),
            ("tables", .right), ("message", .left),
        ])
        for entry in entries {
            table.add([
                String(entry.version), entry.time.description, entry.commit.author, entry.commit.cause,
                entry.commit.branch ?? ReferenceName.main, String(entry.commit.tables.count), entry.commit.message,
            ])
        }
        return table.text
    }

    private var historyText: String {
        var table = TextTable([
            ("version", .right), ("time", .left), ("author", .left), ("cause", .left), ("added", .right),
            ("deleted", .right), ("message", .left),
        ])
        for entry in entries {
            table.add([
                String(entry.version), entry.time.description, entry.commit.author, entry.commit.cause,
                entry.effect["added-records"] ?? "", Self.deleted(entry.effect),
                entry.commit.message,
            ])
        }
        return table.text
    }

    /// Delete files are written anew with what they held before: only the difference is new.
    private static func deleted(_ effect: [String: String]) -> String {
        guard let added = effect["added-position-deletes"].flatMap({ Int64($0) }) else { return "" }
        return String(max(0, added - (effect["removed-position-deletes"].flatMap { Int64($0) } ?? 0)))
    }

    package var json: JSONValue {
        .array(
            entries.map { entry in
                var object: JSONObject = [
                    "version": .integer(entry.version), "time": .string(entry.time.description),
                    "id": .string(entry.commit.id), "author": .string(entry.commit.author),
                    "cause": .string(entry.commit.cause), "message": .string(entry.commit.message),
                    "tables": .array(entry.commit.tables.map { .string($0.name.description) }),
                    "sources": .array(entry.commit.sources.map { .string($0.name) }),
                ]
                if let branch = entry.commit.branch { object["branch"] = .string(branch) }
                if let details = entry.commit.details { object["details"] = details }
                if !entry.effect.isEmpty {
                    var effect = JSONObject()
                    for (key, value) in entry.effect.sorted(by: { $0.key < $1.key }) { effect[key] = .string(value) }
                    object["snapshot"] = .object(effect)
                }
                return .object(object)
            }
        )
    }
}

extension Commit {
    /// Of, or about, a branch that a program made for itself.
    fileprivate var isHidden: Bool {
        if let branch { return branch.hasPrefix(ReferenceName.hiddenPrefix) }
        guard case .branch(let name, base: _) = reference else { return false }
        return name.hasPrefix(ReferenceName.hiddenPrefix)
    }
}
