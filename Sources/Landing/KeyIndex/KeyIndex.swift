package import Base
import CLMDB

/// Where the current row of each key of a silver table lies: key -> data file and position in it. Landing uses it to
/// turn an upsert into "delete this position, append that row".
///
/// It is derived from the lake and may be deleted at any time; `version` says which lake version it corresponds to.
/// The landing commits it after the lake: when it is behind, the landing catches up from the files added since, or
/// loads it anew.
///
/// Confined: one user at a time, on any thread. Every call blocks on the disk at worst.
///
/// Durability: a commit is one `fdatasync` (`MDB_NOMETASYNC`). A killed process loses nothing committed; a power cut
/// may take back the last commit, never more, and never tears: pages are copied on write, and the header that names
/// the new root reaches the disk with the next commit at the latest.
@safe package final class KeyIndex {
    /// Address space, not memory or disk; it doubles by itself.
    package static let defaultMapSize = 64 << 30

    let folder: IndexFolder
    var environment: IndexEnvironment
    private let mapSize: Int
    var transaction: IndexTransaction? { didSet { mayNest = true } }
    private(set) var mayNest = true
    /// Keys written in one nested transaction, and below how many none pays.
    private static let nestedKeys = 1 << 12
    private static let nestedKeysMin = 64
    var load: KeyLoad?

    /// The lake version of the last commit; nil while nothing usable was committed.
    package internal(set) var version: Int64?
    /// The table that the content belongs to, and the form of its keys (`KeyEncoder.signature`). The owner compares
    /// both and loads anew when they differ.
    package internal(set) var tableUUID: String?
    package internal(set) var keySignature: String?

    /// Opens the index in `folder`, or makes an empty one there. What an interrupted load left is dropped.
    ///
    /// - Throws: `landing.indexFailed` when it is damaged, open elsewhere, or the folder cannot be used.
    package static func open(
        folder: String,
        mapSize: Int = defaultMapSize
    ) throws(TarnError) -> KeyIndex {
        try KeyIndex(folder: folder, mapSize: mapSize)
    }

    private init(folder path: String, mapSize: Int) throws(TarnError) {
        folder = try IndexFolder(path)
        self.mapSize = mapSize
        if folder.isMarkedLoading {
            try folder.removeData()
            try folder.unmarkLoading()
        }
        environment = try IndexEnvironment(folder, mapSize: mapSize)
        let isKnown = try reading { (transaction) throws(TarnError) in
            try transaction.get(environment.meta, MetaKey.format) == MetaKey.currentFormat
        }
        if isKnown { try readMeta() } else { try startEmpty() }
    }

    deinit { transaction?.abort() }

    /// Opens a write transaction, which may stay open over many batches. Later calls see what it wrote.
    package func begin() throws(TarnError) {
        precondition(transaction == nil, "a transaction is open already")
        guard load == nil else {
            throw TarnError(.indexFailed, "A load of the key index was not finished.", detail: ["folder": folder.path])
        }
        transaction = try environment.begin(writing: true)
    }

    /// The location of each key, in the order of the keys; nil where there is none. Inside a transaction or without.
    package func lookup(_ keys: KeyBatch) throws(TarnError) -> [RowLocation?] {
        var found = [RowLocation?](repeating: nil, count: keys.count)
        let order = keys.sortedRows()
        try reading { (transaction) throws(TarnError) in
            try transaction.withCursor("look up keys", keys) { $0.find(order[...], into: &found) }
        }
        return found
    }

    /// Sets the location of each key, and returns where it was before: one search instead of a lookup and a put.
    /// Equal keys of one batch are taken in order: the last stays, and each sees the one before it.
    ///
    /// When this throws, the transaction must be aborted. After "the map is full" the next `begin` makes room.
    @discardableResult
    package func put(_ keys: KeyBatch, _ locations: [RowLocation]) throws(TarnError) -> [RowLocation?] {
        precondition(locations.count == keys.count)
        return try write("write keys", keys) { cursor, order, previous in
            cursor.write(order, locations, into: &previous)
        }
    }

    /// Removes the keys that are there, and returns where they were.
    @discardableResult
    package func remove(_ keys: KeyBatch) throws(TarnError) -> [RowLocation?] {
        try write("remove keys", keys) { cursor, order, previous in cursor.remove(order, into: &previous) }
    }

    /// Removes all keys, as TRUNCATE does; the files keep their ids.
    package func clear() throws(TarnError) {
        let transaction = openTransaction
        try transaction.deleteAll(environment.keys)
    }

    /// How many keys there are.
    package var count: Int {
        get throws(TarnError) {
            try reading { (transaction) throws(TarnError) in try transaction.count(environment.keys) }
        }
    }

    /// Makes the transaction's work lasting, as the content at lake version `version`. It is over even when this
    /// throws; the index then is as it was before `begin`.
    package func commit(version: Int64) throws(TarnError) {
        let transaction = openTransaction
        do throws(TarnError) {
            try transaction.put(environment.meta, MetaKey.version, littleEndianBytes(version))
        } catch {
            abort()
            throw error
        }
        failpoint("keyIndex.beforeCommit")
        self.transaction = nil
        try transaction.commit()
        self.version = version
    }

    /// Forgets all since `begin`. Without an open transaction nothing happens.
    package func abort() {
        transaction?.abort()
        transaction = nil
    }

    var openTransaction: IndexTransaction {
        guard let transaction else { preconditionFailure("no transaction is open") }
        return transaction
    }

    /// Runs `body` in the open transaction, or in a short one of its own.
    func reading<Result>(
        _ body: (IndexTransaction) throws(TarnError) -> Result
    ) throws(TarnError) -> Result {
        if let transaction { return try body(transaction) }
        let short = try environment.begin(writing: false)
        defer { short.abort() }
        return try body(short)
    }

    /// Replaces all by an empty index.
    func replaceEnvironment() throws(TarnError) {
        abort()
        version = nil
        tableUUID = nil
        keySignature = nil
        try folder.removeData()
        environment = try IndexEnvironment(folder, mapSize: mapSize)
    }

    private func write(
        _ verb: String,
        _ keys: KeyBatch,
        _ body: (KeyCursor, ArraySlice<Int>, inout [RowLocation?]) -> Int32
    ) throws(TarnError) -> [RowLocation?] {
        let transaction = openTransaction
        var previous = [RowLocation?](repeating: nil, count: keys.count)
        let order = keys.sortedRows()
        for start in stride(from: 0, to: order.count, by: Self.nestedKeys) {
            let part = order[start..<min(start + Self.nestedKeys, order.count)]
            if part.count >= Self.nestedKeysMin, mayNest {
                mayNest = try transaction.withNestedCursor(verb, keys) { body($0, part, &previous) }
                if mayNest { continue }
            }
            try transaction.withCursor(verb, keys) { body($0, part, &previous) }
        }
        return previous
    }
}
