package import Base
import Dispatch

/// Objects as files below one folder.
///
/// A write goes to a temporary file, is synced, takes its name by `link` (exclusive) or `rename` (replacing), and is
/// confirmed by a sync of the folder. Blocking calls run on threads of their own, never on the cooperative pool.
package struct LocalObjectStore: ObjectStore {
    package let root: String
    private let folder: String
    private let entropy: any Entropy
    /// Which folder it was when the store was opened.
    private let identity: FolderIdentity

    /// - Parameter folder: an absolute path; made when missing.
    package init(folder: String, entropy: any Entropy = SystemEntropy()) throws(TarnError) {
        guard folder.hasPrefix("/") else {
            throw TarnError(.configurationInvalid, "The warehouse path is not absolute.", detail: ["path": folder])
        }
        self.folder = folder
        self.entropy = entropy
        root = "file://" + folder
        try FileSystem.makeFolder(folder)
        identity = try FileSystem.identity(folder)
    }

    package func get(_ key: String) async throws(TarnError) -> [UInt8] {
        try await blocking { () throws(TarnError) in
            guard let bytes = try FileSystem.read(path(key)) else { throw .objectMissing(key) }
            return bytes
        }
    }

    package func put(_ key: String, _ bytes: [UInt8], condition: PutCondition) async throws(TarnError) {
        let target = path(key)
        let parent = FileSystem.parent(of: target)
        let temporary = "\(parent)/.\(hexadecimal(entropy.next())).tmp"
        try await blocking { () throws(TarnError) in
            try requireSameFolder()
            try FileSystem.makeFolder(parent)
            do throws(TarnError) {
                try FileSystem.write(bytes, to: temporary)
                switch condition {
                case .ifAbsent:
                    let linked = try FileSystem.link(temporary, target)
                    try FileSystem.remove(temporary)
                    guard linked else { throw .objectExists(key) }
                case .none: try FileSystem.rename(temporary, target)
                }
            } catch {
                try? FileSystem.remove(temporary)
                throw error
            }
            try FileSystem.syncFolder(parent)
        }
    }

    package func list(prefix: String, startAfter: String?) async throws(TarnError) -> [ObjectInfo] {
        try await blocking { () throws(TarnError) in
            let base = prefix.lastIndex(of: "/").map { String(prefix[..<$0]) } ?? ""
            var found: [ObjectInfo] = []
            try FileSystem.walk(base.isEmpty ? folder : path(base)) { file, size in
                let key = String(file.dropFirst(folder.count + 1))
                guard key.hasPrefix(prefix), startAfter.map({ $0 < key }) ?? true else { return }
                found.append(ObjectInfo(key: key, size: size))
            }
            return found.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        }
    }

    package func head(_ key: String) async throws(TarnError) -> ObjectInfo? {
        try await blocking { () throws(TarnError) in
            try FileSystem.size(path(key)).map { ObjectInfo(key: key, size: $0) }
        }
    }

    package func delete(_ key: String) async throws(TarnError) {
        try await blocking { () throws(TarnError) in try FileSystem.remove(path(key)) }
    }

    package func stage(_ key: String) async throws(TarnError) -> String {
        let target = path(key)
        try await blocking { () throws(TarnError) in
            try requireSameFolder()
            try FileSystem.makeFolder(FileSystem.parent(of: target))
        }
        return target
    }

    package func seal(_ key: String) async throws(TarnError) {
        try await blocking { () throws(TarnError) in
            try FileSystem.sync(path(key))
            try FileSystem.syncFolder(FileSystem.parent(of: path(key)))
        }
    }

    /// A volume that was unmounted leaves an empty folder behind: what is written there would be lost with it.
    private func requireSameFolder() throws(TarnError) {
        guard (try? FileSystem.identity(folder)) != identity else { return }
        throw TarnError(
            .storeFailed,
            "The folder is not the one that was opened: it was moved, replaced or unmounted.",
            detail: ["folder": folder],
            remedy: "Put the folder back, or mount its volume again; what is not acknowledged will be read again."
        )
    }

    private func path(_ key: String) -> String { "\(folder)/\(key)" }
}

/// Runs a blocking call on a thread that may block.
private func blocking<Result: Sendable>(
    _ body: @escaping @Sendable () throws(TarnError) -> Result
) async throws(TarnError) -> Result {
    let outcome: Swift.Result<Result, TarnError> = await withCheckedContinuation { continuation in
        DispatchQueue.global().async {
            do throws(TarnError) {
                continuation.resume(returning: .success(try body()))
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
    }
    return try outcome.get()
}
