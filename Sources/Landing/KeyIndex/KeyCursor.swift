import CLMDB

#if canImport(Glibc)
    import Glibc
#endif

/// The loops over the keys of a batch, in sorted order, on one cursor: it stays on its leaf page while the keys do.
/// They return LMDB's code.
@safe struct KeyCursor {
    private let cursor: OpaquePointer
    private let keys: KeyBatch

    @unsafe init(cursor: OpaquePointer, keys: KeyBatch) {
        unsafe self.cursor = cursor
        self.keys = keys
    }

    func find(_ order: ArraySlice<Int>, into found: inout [RowLocation?]) -> Int32 {
        // SAFETY: a row's offsets lie within `bytes`; LMDB's memory is read before the next call.
        unsafe keys.bytes.withUnsafeBytes { bytes in
            for row in order {
                var key = unsafe slice(bytes, row)
                var value = unsafe MDB_val()
                let code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY)
                if code == MDB_NOTFOUND { continue }
                guard code == 0 else { return code }
                guard let location = unsafe RowLocation(value) else { return MDB_CORRUPTED }
                found[row] = location
            }
            return 0
        }
    }

    /// Removes the keys that are there, and says where each was.
    func remove(_ order: ArraySlice<Int>, into previous: inout [RowLocation?]) -> Int32 {
        // SAFETY: as in `find`.
        unsafe keys.bytes.withUnsafeBytes { bytes in
            for row in order {
                var key = unsafe slice(bytes, row)
                var value = unsafe MDB_val()
                var code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY)
                if code == MDB_NOTFOUND { continue }
                guard code == 0 else { return code }
                guard let location = unsafe RowLocation(value) else { return MDB_CORRUPTED }
                previous[row] = location
                code = unsafe mdb_cursor_del(cursor, 0)
                guard code == 0 else { return code }
            }
            return 0
        }
    }

    /// Sets the keys' locations, and says where each was before. Of equal keys the last row stays.
    func write(_ order: ArraySlice<Int>, _ locations: [RowLocation], into previous: inout [RowLocation?]) -> Int32 {
        // SAFETY: as in `find`.
        unsafe keys.bytes.withUnsafeBytes { bytes in
            let (appended, code) = unsafe firstBeyondLast(order, bytes)
            guard code == 0 else { return code }
            for index in order.indices {
                let row = order[index]
                let isRepeat = index > appended && keys.isEqual(order[index - 1], row)
                let flag = index < appended || isRepeat ? MDB_NOOVERWRITE : MDB_APPEND
                let code = unsafe write(slice(bytes, row), locations[row], flag, &previous[row])
                guard code == 0 else { return code }
            }
            return 0
        }
    }

    /// One key. Behind the index's last key `MDB_APPEND` saves the search, and fills pages to the brim.
    private func write(
        _ wanted: MDB_val,
        _ location: RowLocation,
        _ flag: Int32,
        _ previous: inout RowLocation?
    ) -> Int32 {
        unsafe withUnsafeTemporaryAllocation(byteCount: RowLocation.byteCount, alignment: 8) { buffer in
            unsafe location.store(in: buffer)
            var key = unsafe wanted
            var value = unsafe MDB_val(mv_size: buffer.count, mv_data: buffer.baseAddress)
            let code = unsafe mdb_cursor_put(cursor, &key, &value, UInt32(flag))
            guard code == MDB_KEYEXIST, flag == MDB_NOOVERWRITE else { return code }
            guard let old = unsafe RowLocation(value) else { return MDB_CORRUPTED }
            previous = old
            unsafe key = wanted
            unsafe value = MDB_val(mv_size: buffer.count, mv_data: buffer.baseAddress)
            return unsafe mdb_cursor_put(cursor, &key, &value, UInt32(MDB_CURRENT))
        }
    }

    /// The first place in `order` whose key comes behind every key of the index.
    private func firstBeyondLast(_ order: ArraySlice<Int>, _ bytes: UnsafeRawBufferPointer) -> (index: Int, code: Int32)
    {
        var last = unsafe MDB_val()
        var value = unsafe MDB_val()
        let code = unsafe mdb_cursor_get(cursor, &last, &value, MDB_LAST)
        if code == MDB_NOTFOUND { return (order.startIndex, 0) }
        guard code == 0 else { return (order.startIndex, code) }
        var lower = order.startIndex
        var upper = order.endIndex
        while lower < upper {
            let middle = (lower + upper) / 2
            if unsafe isBehind(slice(bytes, order[middle]), last) { upper = middle } else { lower = middle + 1 }
        }
        return (lower, 0)
    }

    private func isBehind(_ left: MDB_val, _ right: MDB_val) -> Bool {
        let order = unsafe memcmp(left.mv_data, right.mv_data, min(left.mv_size, right.mv_size))
        return unsafe order != 0 ? order > 0 : left.mv_size > right.mv_size
    }

    private func slice(_ bytes: UnsafeRawBufferPointer, _ row: Int) -> MDB_val {
        let start = keys.offsets[row]
        return unsafe MDB_val(
            mv_size: keys.offsets[row + 1] - start,
            mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress?.advanced(by: start))
        )
    }
}

extension RowLocation {
    /// In the index: the file id in 4 and the position in 8 bytes, lowest byte first. A fixed size lets an update
    /// overwrite in place.
    fileprivate static let byteCount = 12

    fileprivate init?(_ value: MDB_val) {
        guard unsafe value.mv_size == Self.byteCount, let data = unsafe value.mv_data else { return nil }
        file = unsafe UInt32(littleEndian: data.loadUnaligned(as: UInt32.self))
        position = unsafe Int64(littleEndian: data.loadUnaligned(fromByteOffset: 4, as: Int64.self))
    }

    fileprivate func store(in buffer: UnsafeMutableRawBufferPointer) {
        unsafe buffer.storeBytes(of: file.littleEndian, as: UInt32.self)
        unsafe buffer.storeBytes(of: position.littleEndian, toByteOffset: 4, as: Int64.self)
    }
}
