package import Base

/// What the `meta` database holds, under these keys.
enum MetaKey {
    static let format = Array("format".utf8)
    static let version = Array("version".utf8)
    static let tableUUID = Array("table".utf8)
    static let keySignature = Array("keys".utf8)
    static let nextFile = Array("nextFile".utf8)

    /// Changes with the form of keys or values; an index of another form is dropped when opened.
    static let currentFormat: [UInt8] = [1]
}

func littleEndianBytes<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> Value(8 * $0)) }
}

extension KeyIndex {
    func readMeta() throws(TarnError) {
        try reading { (transaction) throws(TarnError) in
            let stored = try transaction.get(environment.meta, MetaKey.version)
            version = try stored.map { (bytes) throws(TarnError) in try integer(Int64.self, bytes) }
            tableUUID = try text(transaction.get(environment.meta, MetaKey.tableUUID))
            keySignature = try text(transaction.get(environment.meta, MetaKey.keySignature))
        }
    }

    /// Drops whatever is there.
    func startEmpty() throws(TarnError) {
        try replaceEnvironment()
        let transaction = try environment.begin(writing: true)
        self.transaction = transaction
        try transaction.put(environment.meta, MetaKey.format, MetaKey.currentFormat)
        self.transaction = nil
        try transaction.commit()
    }

    /// The number of a data file, for ever: assigned when first asked for, within the open transaction.
    package func fileID(for path: String) throws(TarnError) -> UInt32 {
        let transaction = openTransaction
        let pathKey = self.pathKey(path)
        if let known = try transaction.get(environment.fileIDs, pathKey) {
            let file = try integer(UInt32.self, known)
            guard try self.path(of: file) == path else {
                throw .keyIndexDamaged("two files share a number", folder.path)
            }
            return file
        }
        let stored = try transaction.get(environment.meta, MetaKey.nextFile)
        let file = try stored.map { (bytes) throws(TarnError) in try integer(UInt32.self, bytes) } ?? 0
        guard file < .max else { throw .keyIndexDamaged("no file number is left", folder.path) }
        try transaction.put(environment.meta, MetaKey.nextFile, littleEndianBytes(file + 1))
        try transaction.put(environment.paths, littleEndianBytes(file.byteSwapped), Array(path.utf8))
        try transaction.put(environment.fileIDs, pathKey, littleEndianBytes(file))
        return file
    }

    /// Nil where no file has this number, or it was forgotten.
    package func path(of file: UInt32) throws(TarnError) -> String? {
        try reading { (transaction) throws(TarnError) in
            try text(transaction.get(environment.paths, littleEndianBytes(file.byteSwapped)))
        }
    }

    /// Drops the names of files that no key lies in any more (after a compaction). Numbers are not used again.
    package func forget(_ files: [UInt32]) throws(TarnError) {
        let transaction = openTransaction
        for file in files {
            guard let path = try path(of: file) else { continue }
            try transaction.delete(environment.fileIDs, pathKey(path))
            try transaction.delete(environment.paths, littleEndianBytes(file.byteSwapped))
        }
    }

    /// A path may be longer than a key; then a hash stands for its end.
    private func pathKey(_ path: String) -> [UInt8] {
        let bytes = Array(path.utf8)
        guard bytes.isEmpty || bytes.count >= KeyBatch.hashedLength else { return bytes }
        return bytes.prefix(KeyBatch.hashedPrefix) + SipHash.hash128(bytes[...])
    }

    private func integer<Value: FixedWidthInteger>(_: Value.Type, _ bytes: [UInt8]) throws(TarnError) -> Value {
        guard bytes.count == Value.bitWidth / 8 else { throw .keyIndexDamaged("a number is cut short", folder.path) }
        return bytes.reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
    }

    private func text(_ bytes: [UInt8]?) throws(TarnError) -> String? {
        guard let bytes else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .keyIndexDamaged("a text is not UTF-8", folder.path)
        }
        return text
    }
}
