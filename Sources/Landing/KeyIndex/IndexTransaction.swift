import Base
import CLMDB

/// An LMDB transaction. Ends with `commit` or `abort`, once; afterwards it must not be used.
@safe struct IndexTransaction {
    private let handle: OpaquePointer
    private let environment: IndexEnvironment

    @unsafe init(handle: OpaquePointer, environment: IndexEnvironment) {
        unsafe self.handle = handle
        self.environment = environment
    }

    func open(_ name: String) throws(TarnError) -> MDB_dbi {
        var database: MDB_dbi = 0
        try unsafe check("open a database", mdb_dbi_open(handle, name, UInt32(MDB_CREATE), &database))
        return database
    }

    /// The transaction is over afterwards even when this throws.
    func commit() throws(TarnError) {
        try unsafe check("commit", mdb_txn_commit(handle))
        try environment.coverLastPage()
    }

    func abort() { unsafe mdb_txn_abort(handle) }

    func get(_ database: MDB_dbi, _ key: [UInt8]) throws(TarnError) -> [UInt8]? {
        var found: [UInt8]?
        let code = unsafe withValue(key) { key in
            var value = unsafe MDB_val()
            let code = unsafe mdb_get(handle, database, &key, &value)
            if code == 0 { found = unsafe [UInt8](UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)) }
            return code
        }
        if code == MDB_NOTFOUND { return nil }
        try check("read", code)
        return found
    }

    func put(_ database: MDB_dbi, _ key: [UInt8], _ value: [UInt8]) throws(TarnError) {
        let code = unsafe withValue(key) { key in
            unsafe withValue(value) { value in unsafe mdb_put(handle, database, &key, &value, 0) }
        }
        try check("write", code)
    }

    func delete(_ database: MDB_dbi, _ key: [UInt8]) throws(TarnError) {
        let code = unsafe withValue(key) { key in unsafe mdb_del(handle, database, &key, nil) }
        if code != MDB_NOTFOUND { try check("remove", code) }
    }

    func deleteAll(_ database: MDB_dbi) throws(TarnError) { try unsafe check("clear", mdb_drop(handle, database, 0)) }

    func count(_ database: MDB_dbi) throws(TarnError) -> Int {
        var statistics = MDB_stat()
        try unsafe check("count", mdb_stat(handle, database, &statistics))
        return statistics.ms_entries
    }

    /// Runs `body` with a cursor for `keys`. It returns LMDB's code; `verb` names it in the error.
    func withCursor(_ verb: String, _ keys: KeyBatch, _ body: (KeyCursor) -> Int32) throws(TarnError) {
        try check(verb, unsafe run(in: handle, keys, body))
    }

    /// Does the same in a nested transaction: all of it or, when false is returned, nothing. For writers of many keys:
    /// LMDB keeps the pages a transaction wrote in a sorted array, and with a hundred thousand of them most of the time
    /// goes into making room in its middle. A nested one has a short array of its own, merged in one go.
    ///
    /// - Returns: false where only the outer transaction can go on, because nested ones cannot put pages out to disk.
    func withNestedCursor(_ verb: String, _ keys: KeyBatch, _ body: (KeyCursor) -> Int32) throws(TarnError) -> Bool {
        var opened: OpaquePointer?
        try unsafe check(verb, mdb_txn_begin(environment.handle, handle, 0, &opened))
        guard let nested = unsafe opened else { return false }
        let code = unsafe run(in: nested, keys, body)
        guard code == 0 else {
            unsafe mdb_txn_abort(nested)
            if code == MDB_TXN_FULL { return false }
            throw failure(verb, code)
        }
        try unsafe check(verb, mdb_txn_commit(nested))
        return true
    }

    private func run(in transaction: OpaquePointer, _ keys: KeyBatch, _ body: (KeyCursor) -> Int32) -> Int32 {
        var opened: OpaquePointer?
        let code = unsafe mdb_cursor_open(transaction, environment.keys, &opened)
        guard code == 0, let cursor = unsafe opened else { return code }
        defer { unsafe mdb_cursor_close(cursor) }
        return unsafe body(KeyCursor(cursor: cursor, keys: keys))
    }

    private func withValue(_ bytes: [UInt8], _ body: (inout MDB_val) -> Int32) -> Int32 {
        unsafe bytes.withUnsafeBytes { buffer in
            var value = unsafe MDB_val(
                mv_size: buffer.count,
                mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress)
            )
            return unsafe body(&value)
        }
    }

    private func check(_ verb: String, _ code: Int32) throws(TarnError) {
        if code != 0 { throw failure(verb, code) }
    }

    private func failure(_ verb: String, _ code: Int32) -> TarnError {
        if code == MDB_MAP_FULL { environment.noteFull() }
        return .keyIndex(verb, code, environment.path)
    }
}
