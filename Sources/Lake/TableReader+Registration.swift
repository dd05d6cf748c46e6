import Base
import Iceberg

extension TableReader {
    /// Schemas that the engine has in every catalog of its own.
    private static let engineNamespaces: Set<String> = ["information_schema", "main", "pg_catalog"]

    /// The local folders outside the warehouse in which a table may have its files; none for a table inside.
    package func outsideFolders(of state: TableState) async -> [String] {
        guard let path = ObjectResolver.localPath(state.metadata) else { return [] }
        var folders = [path.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }]
        if let metadata = try? await metadata(state), let location = ObjectResolver.localPath(metadata.location) {
            folders.append(location)
        }
        return folders.filter { $0.split(separator: "/").count > 1 }
    }

    /// Checks that a table of another writer can be queried, before the lake takes it.
    ///
    /// - Throws: `data.unsupported`, and what reading its metadata throws.
    func requireReadable(_ name: TableName, _ state: TableState) async throws(TarnError) {
        guard !Self.engineNamespaces.contains(name.namespace.lowercased()) else {
            throw TarnError(
                .unsupported,
                "The namespace is one of the engine's own.",
                detail: ["table": name.description],
                remedy: "Register the table in another namespace."
            )
        }
        let folders = await outsideFolders(of: state)
        for file in try await snapshot(name, state).files {
            for uri in [file.uri] + file.deletes.map(\.uri) where !isReachable(uri, folders) {
                throw TarnError(
                    .unsupported,
                    "A file of the table lies neither in the table's folder nor in the warehouse.",
                    detail: ["table": name.description, "file": uri],
                    remedy: "Copy the table with all its files into one folder, rewriting its paths, and register that."
                )
            }
        }
    }

    private func isReachable(_ uri: String, _ folders: [String]) -> Bool {
        if resolver.key(of: uri) != nil { return true }
        guard let path = ObjectResolver.localPath(uri) else { return false }
        return folders.contains { path.hasPrefix($0 + "/") }
    }
}
