package import Base

/// Where the lake's bytes live: objects under `/`-separated keys, as in an S3 bucket.
///
/// Contract, which `objectStoreConformance` tests for every implementation:
/// - An object is visible whole or not at all, and durable when the call that wrote it returns.
/// - `put` with `.ifAbsent` has exactly one winner among concurrent callers; the others get `store.objectExists`.
/// - A read after a write sees it. Listing is in the order of the keys' bytes.
package protocol ObjectStore: Sendable {
    /// The URI that, with `/` and a key behind it, names an object to outside readers: `file:///srv/lake`.
    var root: String { get }

    /// - Throws: `store.objectMissing` when there is no such object.
    func get(_ key: String) async throws(TarnError) -> [UInt8]

    func put(_ key: String, _ bytes: [UInt8], condition: PutCondition) async throws(TarnError)

    /// The objects whose key starts with `prefix` and comes after `startAfter`, in order.
    func list(prefix: String, startAfter: String?) async throws(TarnError) -> [ObjectInfo]

    /// Nil where there is no such object.
    func head(_ key: String) async throws(TarnError) -> ObjectInfo?

    /// Removes an object; one that is not there is no error.
    func delete(_ key: String) async throws(TarnError)

    /// The name under which the engine can write an object of this key itself, or objects whose keys only begin with it;
    /// `seal` must follow for each.
    func stage(_ key: String) async throws(TarnError) -> String

    /// Makes an object that the engine wrote durable, as `put` does for its bytes.
    func seal(_ key: String) async throws(TarnError)
}

package enum PutCondition: Sendable {
    case none
    case ifAbsent
}

package struct ObjectInfo: Sendable, Equatable {
    package let key: String
    package let size: Int

    package init(key: String, size: Int) {
        self.key = key
        self.size = size
    }
}

extension ObjectStore {
    package func put(_ key: String, _ bytes: [UInt8]) async throws(TarnError) {
        try await put(key, bytes, condition: .none)
    }

    package func list(prefix: String) async throws(TarnError) -> [ObjectInfo] {
        try await list(prefix: prefix, startAfter: nil)
    }

    /// The name of an object for the engine and for outside readers.
    package func uri(_ key: String) -> String { "\(root)/\(key)" }
}

extension TarnError {
    static func objectMissing(_ key: String) -> TarnError {
        TarnError(.objectMissing, "There is no object of this name.", detail: ["key": key])
    }

    static func objectExists(_ key: String) -> TarnError {
        TarnError(.objectExists, "An object of this name exists already.", detail: ["key": key])
    }
}
