import Base
import ObjectStore

/// Finds the objects that Iceberg metadata names by URI: those of the warehouse, wherever it stands now, and local
/// files outside it (registered tables of other writers).
struct ObjectResolver: Sendable {
    let store: any ObjectStore

    /// - Parameter name: a key of the warehouse, a `file:` URI or an absolute path.
    func get(_ name: String) async throws(TarnError) -> [UInt8] {
        if let key = key(of: name) { return try await store.get(key) }
        guard let path = Self.localPath(name) else { throw Self.unreachable(name) }
        return try await LocalObjectStore(folder: "/").get(String(path.drop { $0 == "/" }))
    }

    /// The key in the warehouse that a name means; nil for what lies outside.
    func key(of name: String) -> String? {
        if name.hasPrefix(store.root + "/") { return String(name.dropFirst(store.root.count + 1)) }
        if let path = Self.localPath(name), let root = Self.localPath(store.root) {
            return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : nil
        }
        return name.contains(":") || name.hasPrefix("/") ? nil : name
    }

    /// The absolute path in a `file:` URI, in any of the spellings other writers use; nil for another scheme.
    static func localPath(_ uri: String) -> String? {
        if uri.hasPrefix("/") { return uri }
        guard uri.hasPrefix("file:") else { return nil }
        let rest = uri.dropFirst(5)
        return rest.hasPrefix("///") ? String(rest.dropFirst(2)) : (rest.hasPrefix("/") ? String(rest) : nil)
    }

    private static func unreachable(_ name: String) -> TarnError {
        TarnError(
            .unsupported,
            "An object lies where this Tarn cannot read.",
            detail: ["object": name],
            remedy: "Copy the table into the warehouse or to a local folder, then register it there."
        )
    }
}

/// Where a table's files are now, against where its metadata says they are: a copied or moved warehouse stays readable.
struct TableLocation: Sendable {
    /// The location written in the table's metadata.
    let recorded: String
    /// The table's folder today, as a URI.
    let actual: String

    init(metadata: String, recorded: String, resolver: ObjectResolver) {
        self.recorded = recorded
        let folder = metadata.range(ofLast: "/metadata/").map { String(metadata[..<$0]) }
        if let folder, let key = resolver.key(of: folder) {
            actual = resolver.store.uri(key)
        } else {
            actual = recorded
        }
    }

    func resolve(_ path: String) -> String {
        path.hasPrefix(recorded + "/") ? actual + path.dropFirst(recorded.count) : path
    }
}

extension String {
    /// The start of the last occurrence of `text`.
    fileprivate func range(ofLast text: String) -> String.Index? {
        var found: String.Index?
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            found = range.lowerBound
            rest = rest[range.upperBound...]
        }
        return found
    }
}
