import Base
import CLMDB

#if canImport(Glibc)
    import Glibc
#endif

/// One opened LMDB environment with the four databases of a key index.
///
/// Opened with `MDB_NOLOCK`. LMDB's own locks tie a write transaction to the thread that began it (a robust mutex), and
/// Swift may resume the landing on any thread. They also serve readers beside the writer, of which there are none: the
/// folder's `flock` keeps other processes out, and a `KeyIndex` cannot be shared. Without them a transaction is plain
/// memory that any one thread at a time may use.
@safe final class IndexEnvironment {
    /// Held, so that the lock outlives the map.
    private let folder: IndexFolder
    /// Encoded key -> file id and position.
    private(set) var keys: MDB_dbi = 0
    /// File id -> path of the data file.
    private(set) var paths: MDB_dbi = 0
    /// Path, or its beginning and hash -> file id.
    private(set) var fileIDs: MDB_dbi = 0
    private(set) var meta: MDB_dbi = 0
    let handle: OpaquePointer
    private var mapSize: Int
    /// A transaction found no room: once it is aborted, the next begins with a larger map.
    private(set) var isFull = false

    var path: String { folder.path }

    /// - Throws: `landing.indexFailed` when the file is damaged as far as that can be told without reading it all.
    init(_ folder: IndexFolder, mapSize: Int) throws(TarnError) {
        self.folder = folder
        self.mapSize = mapSize
        var opened: OpaquePointer?
        let code = unsafe mdb_env_create(&opened)
        guard code == 0, let handle = unsafe opened else { throw .keyIndex("start", code, folder.path) }
        unsafe self.handle = handle
        try unsafe check("open", mdb_env_set_maxdbs(handle, 4))
        try unsafe check("open", mdb_env_set_mapsize(handle, mapSize))
        try unsafe check("open", mdb_env_open(handle, path, UInt32(MDB_NOLOCK | MDB_NOMETASYNC), 0o644))
        guard unsafe mdb_env_get_maxkeysize(handle) >= KeyBatch.hashedLength else {
            throw TarnError(.indexFailed, "This build of LMDB holds shorter keys only.", detail: ["folder": path])
        }
        try refuseTruncated()
        try openDatabases()
    }

    deinit { unsafe mdb_env_close(handle) }

    /// Committing returns without `fdatasync`, until `sync`. For loads, whose folder is marked.
    func setSyncing(_ isSyncing: Bool) throws(TarnError) {
        try unsafe check("change its flags", mdb_env_set_flags(handle, UInt32(MDB_NOSYNC), isSyncing ? 0 : 1))
    }

    func sync() throws(TarnError) { try unsafe check("sync", mdb_env_sync(handle, 1)) }

    func begin(writing: Bool) throws(TarnError) -> IndexTransaction {
        if writing { try growWhenNeeded() }
        var opened: OpaquePointer?
        try unsafe check("begin", mdb_txn_begin(handle, nil, writing ? 0 : UInt32(MDB_RDONLY), &opened))
        guard let transaction = unsafe opened else { throw .keyIndex("begin", EINVAL, path) }
        return unsafe IndexTransaction(handle: transaction, environment: self)
    }

    /// Called after a transaction found the map full and was aborted: the next begins with a larger one.
    func noteFull() { isFull = true }

    /// Makes the file as long as its last page says. A page freed by the transaction that made it is never written, so
    /// the file could end before it, and look truncated when next opened.
    func coverLastPage() throws(TarnError) {
        let (size, needed) = try extent()
        guard size < needed else { return }
        var descriptor: Int32 = -1
        try unsafe check("grow its file", mdb_env_get_fd(handle, &descriptor))
        guard ftruncate(descriptor, needed) == 0 else { throw .keyIndex("grow its file", errno, path) }
    }

    /// Reading a page beyond the end of a memory-mapped file would end the process.
    private func refuseTruncated() throws(TarnError) {
        let (size, needed) = try extent()
        if size > 0, size < needed { throw .keyIndexDamaged("its file was cut short", path) }
    }

    /// The map may grow only between transactions, so it grows while half of it is still free.
    private func growWhenNeeded() throws(TarnError) {
        let (_, used) = try extent()
        guard isFull || used > mapSize / 2 else { return }
        repeat { mapSize *= 2 } while used > mapSize / 2
        try unsafe check("grow its map", mdb_env_set_mapsize(handle, mapSize))
        isFull = false
    }

    /// Bytes of the file, and bytes up to the end of the last page in use.
    private func extent() throws(TarnError) -> (size: Int, used: Int) {
        var descriptor: Int32 = -1
        var information = unsafe MDB_envinfo()
        var statistics = MDB_stat()
        var status = stat()
        try unsafe check("look at itself", mdb_env_get_fd(handle, &descriptor))
        try unsafe check("look at itself", mdb_env_info(handle, &information))
        try unsafe check("look at itself", mdb_env_stat(handle, &statistics))
        guard unsafe fstat(descriptor, &status) == 0 else { throw .keyIndex("look at itself", errno, path) }
        let (used, isTooFar) = (unsafe information.me_last_pgno &+ 1)
            .multipliedReportingOverflow(by: Int(statistics.ms_psize))
        guard !isTooFar, used >= 0 else { throw .keyIndexDamaged("its header makes no sense", path) }
        return (Int(status.st_size), used)
    }

    private func openDatabases() throws(TarnError) {
        let transaction = try begin(writing: true)
        do throws(TarnError) {
            keys = try transaction.open("keys")
            paths = try transaction.open("paths")
            fileIDs = try transaction.open("fileIDs")
            meta = try transaction.open("meta")
        } catch {
            transaction.abort()
            throw error
        }
        try transaction.commit()
    }

    private func check(_ verb: String, _ code: Int32) throws(TarnError) {
        guard code == 0 else { throw .keyIndex(verb, code, path) }
    }
}
