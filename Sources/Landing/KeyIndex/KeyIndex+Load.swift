package import Base

/// Keys of a load that wait to be sorted and written together.
struct KeyLoad {
    var tableUUID: String
    var keySignature: String
    var keys = KeyBatch()
    var locations: [RowLocation] = []

    /// A run is written when it holds this much: about 60 MB with its sort.
    static let runKeysMax = 1 << 20
    static let runBytesMax = 32 << 20

    var isFull: Bool { keys.count >= Self.runKeysMax || keys.bytes.count >= Self.runBytesMax }
}

extension KeyIndex {
    /// Drops everything and begins to fill the index anew, for a snapshot or a rebuild. Until `finishLoad` it has no
    /// version, nothing is synced, and a mark in the folder says so: a crash, of the process or the machine, leaves an
    /// index that the next `open` drops.
    package func beginLoad(tableUUID: String, keySignature: String) throws(TarnError) {
        load = nil
        try folder.markLoading()
        try startEmpty()
        try environment.setSyncing(false)
        transaction = try environment.begin(writing: true)
        load = KeyLoad(tableUUID: tableUUID, keySignature: keySignature)
    }

    /// Adds keys in any order, from any number of batches. Of equal keys the last stays. Keys that come in ascending
    /// order, as those of a table written in the order of its key do, load fastest and smallest.
    package func load(_ keys: KeyBatch, _ locations: [RowLocation]) throws(TarnError) {
        precondition(load != nil && locations.count == keys.count)
        load?.keys.append(contentsOf: keys)
        load?.locations.append(contentsOf: locations)
        if load?.isFull == true { try writeRun() }
    }

    /// Ends a load: all of it is durable as the content at lake version `version`.
    package func finishLoad(version: Int64) throws(TarnError) {
        guard let identity = load else { preconditionFailure("no load was begun") }
        try writeRun()
        let transaction = openTransaction
        try transaction.put(environment.meta, MetaKey.tableUUID, Array(identity.tableUUID.utf8))
        try transaction.put(environment.meta, MetaKey.keySignature, Array(identity.keySignature.utf8))
        try transaction.put(environment.meta, MetaKey.version, littleEndianBytes(version))
        self.transaction = nil
        try transaction.commit()
        try environment.sync()
        try environment.setSyncing(true)
        try folder.unmarkLoading()
        load = nil
        self.version = version
        tableUUID = identity.tableUUID
        keySignature = identity.keySignature
    }

    /// Writes the waiting keys in a transaction of their own, so that it can be repeated with a larger map.
    private func writeRun() throws(TarnError) {
        guard let run = load, run.keys.count > 0 else { return }
        load = KeyLoad(tableUUID: run.tableUUID, keySignature: run.keySignature)
        try nextTransaction()
        while true {
            do throws(TarnError) {
                try put(run.keys, run.locations)
                break
            } catch {
                guard environment.isFull else { throw error }
                abort()
                transaction = try environment.begin(writing: true)
            }
        }
        try nextTransaction()
    }

    private func nextTransaction() throws(TarnError) {
        let transaction = openTransaction
        self.transaction = nil
        try transaction.commit()
        self.transaction = try environment.begin(writing: true)
    }
}
