extension Column {
    /// Appends `count` rows of the same value.
    package mutating func append(int32 value: Int32, count: Int) {
        guard case .int32(var values) = consumeStorage() else { preconditionFailure("not a 32-bit column") }
        values.append(contentsOf: repeatElement(value, count: count))
        storage = .int32(values)
        validity.append(true, count: count)
    }

    package mutating func append(int64 value: Int64, count: Int) {
        guard case .int64(var values) = consumeStorage() else { preconditionFailure("not a 64-bit column") }
        values.append(contentsOf: repeatElement(value, count: count))
        storage = .int64(values)
        validity.append(true, count: count)
    }

    package mutating func append(bytes value: [UInt8], count: Int) {
        guard case .slices(var values) = consumeStorage() else { preconditionFailure("not a column of slices") }
        values.append(value, count: count)
        storage = .slices(values)
        validity.append(true, count: count)
    }

    package mutating func append(string value: String, count: Int) { append(bytes: Array(value.utf8), count: count) }

    /// Appends one row for each value.
    package mutating func append(int64s added: [Int64]) {
        guard case .int64(var values) = consumeStorage() else { preconditionFailure("not a 64-bit column") }
        values.append(contentsOf: added)
        storage = .int64(values)
        validity.append(true, count: added.count)
    }

    /// Appends one row for each byte: a text or binary of just that byte.
    package mutating func append(singleBytes added: [UInt8]) {
        guard case .slices(var values) = consumeStorage() else { preconditionFailure("not a column of slices") }
        values.append(singleBytes: added)
        storage = .slices(values)
        validity.append(true, count: added.count)
    }

    /// Appends `count` lists without entries.
    package mutating func appendEmptyLists(_ count: Int) {
        guard case .list(var offsets, let child) = consumeStorage() else { preconditionFailure("not a list column") }
        offsets.append(contentsOf: repeatElement(child[0].count, count: count))
        storage = .list(offsets: offsets, child: child)
        validity.append(true, count: count)
    }
}
