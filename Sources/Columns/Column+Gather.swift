extension Column {
    /// Appends row `row` of `other`, a column of the same type.
    package mutating func append(_ row: Int, of other: Column) {
        guard !other.isNull(row) else { return appendNull() }
        switch other.storage {
        case .bytes1(let values): append(bool: values[row] != 0)
        case .int32(let values): append(int32: values[row])
        case .int64(let values): append(int64: values[row])
        case .int128(let values): append(int128: values[row])
        case .float(let values): append(float: values[row])
        case .double(let values): append(double: values[row])
        case .slices(let values): append(bytes: values[row])
        case .list(let offsets, let child):
            withListChild { target in
                for entry in offsets[row]..<offsets[row + 1] { target.append(entry, of: child[0]) }
            }
            closeList()
        case .structure(let children):
            appendStructure { targets in
                for index in targets.indices { targets[index].append(row, of: children[index]) }
            }
        }
    }

    /// The given rows, in the given order.
    package func gathered(_ rows: [Int]) -> Column {
        var result = Column(type)
        for row in rows { result.append(row, of: self) }
        return result
    }

    /// Roughly the memory held, in bytes.
    package var byteCount: Int {
        let own = validity.words.count * 8
        return switch storage {
        case .bytes1(let values): own + values.count
        case .int32(let values): own + values.count * 4
        case .int64(let values): own + values.count * 8
        case .int128(let values): own + values.count * 16
        case .float(let values): own + values.count * 4
        case .double(let values): own + values.count * 8
        case .slices(let values): own + values.data.count + values.offsets.count * 8
        case .list(let offsets, let child): own + offsets.count * 8 + child[0].byteCount
        case .structure(let children): own + children.reduce(0) { $0 + $1.byteCount }
        }
    }
}

extension ColumnBatch {
    package func gathered(_ rows: [Int]) -> ColumnBatch {
        ColumnBatch(schema: schema, columns: columns.map { $0.gathered(rows) })
    }

    package mutating func append(_ row: Int, of other: ColumnBatch) {
        for index in columns.indices { columns[index].append(row, of: other.columns[index]) }
    }

    package var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount } }
}
