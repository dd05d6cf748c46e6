package import Base
import Synchronization

/// Objects in memory, for tests and for runs that leave nothing behind.
package final class MemoryObjectStore: ObjectStore {
    private let objects = Mutex<[String: [UInt8]]>([:])
    package let root = "memory:"

    package init() {}

    package func get(_ key: String) async throws(TarnError) -> [UInt8] {
        guard let bytes = objects.withLock({ $0[key] }) else { throw .objectMissing(key) }
        return bytes
    }

    package func put(_ key: String, _ bytes: [UInt8], condition: PutCondition) async throws(TarnError) {
        let written = objects.withLock { objects in
            if condition == .ifAbsent, objects[key] != nil { return false }
            objects[key] = bytes
            return true
        }
        guard written else { throw .objectExists(key) }
    }

    package func list(prefix: String, startAfter: String?) async throws(TarnError) -> [ObjectInfo] {
        objects.withLock { objects in
            objects.filter { object in object.key.hasPrefix(prefix) && startAfter.map { object.key > $0 } ?? true }
                .map { ObjectInfo(key: $0.key, size: $0.value.count) }
                .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }
    }

    package func head(_ key: String) async throws(TarnError) -> ObjectInfo? {
        objects.withLock { $0[key].map { ObjectInfo(key: key, size: $0.count) } }
    }

    package func delete(_ key: String) async throws(TarnError) {
        objects.withLock { $0[key] = nil }
    }

    package func stage(_ key: String) async throws(TarnError) -> String {
        throw TarnError(.unsupported, "The engine cannot write into memory.", detail: ["key": key])
    }

    package func seal(_ key: String) async throws(TarnError) {}
}
