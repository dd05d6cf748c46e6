extension Column {
    /// Appends `count` null rows at once.
    package mutating func appendNulls(_ count: Int) {
        guard count > 0 else { return }
        validity.append(false, count: count)
        storage.appendPlaceholders(count)
    }
}

extension ColumnBatch {
    /// Appends `count` rows in which every column is null.
    package mutating func appendNullRows(_ count: Int) {
        for index in columns.indices { columns[index].appendNulls(count) }
    }
}

extension Column.Storage {
    fileprivate mutating func appendPlaceholders(_ count: Int) {
        let taken = self
        self = .bytes1([])
        switch consume taken {
        case .bytes1(var values):
            values.append(contentsOf: repeatElement(0, count: count))
            self = .bytes1(values)
        case .int32(var values):
            values.append(contentsOf: repeatElement(0, count: count))
            self = .int32(values)
        case .int64(var values):
            values.append(contentsOf: repeatElement(0, count: count))
            self = .int64(values)
        case .int128(var values):
            values.append(contentsOf: repeatElement(0, count: count))
            self = .int128(values)
        case .float(var values):
            values.append(contentsOf: repeatElement(0, count: count))
            self = .float(values)
        case .double(var values):
            values.append(contentsOf: repeatElement(0, count: count))
            self = .double(values)
        case .slices(var values):
            values.appendEmpty(count: count)
            self = .slices(values)
        case .list(var offsets, let child):
            offsets.append(contentsOf: repeatElement(child[0].count, count: count))
            self = .list(offsets: offsets, child: child)
        case .structure(var children):
            for index in children.indices { children[index].appendNulls(count) }
            self = .structure(children)
        }
    }
}
