/// Values of one type, one a row, nulls included: the shape in which all data moves through Tarn.
///
/// A null row still takes a place in `storage` (zero, or an empty slice), so that row *n* is entry *n* everywhere.
/// A `Column` is its own builder: append a value or a null for each row.
package struct Column: Sendable {
    package let type: ColumnType
    /// 1 = the row has a value.
    package var validity = Bitmap()
    package var storage: Storage

    /// The physical form of each logical type.
    package enum Storage: Sendable {
        /// boolean: 0 or 1.
        case bytes1([UInt8])
        /// int; date as days since 1970-01-01.
        case int32([Int32])
        /// long; time, timestamp and timestamptz as microseconds; decimals of at most 18 digits, unscaled.
        case int64([Int64])
        /// decimals of more than 18 digits, unscaled; uuid as its 128 bits, most significant first.
        case int128([Int128])
        case float([Float])
        case double([Double])
        /// string (UTF-8), binary and fixed.
        case slices(Slices)
        /// list and map: row *n* holds the entries `offsets[n]..<offsets[n + 1]` of the child.
        case list(offsets: [Int], child: [Column])
        /// struct: one column a child, as long as this one. A map's child is such a pair of key and value.
        case structure([Column])
    }

    package init(_ type: ColumnType) {
        self.type = type
        storage = Storage(for: type)
    }

    package var count: Int { validity.count }
    package var nullCount: Int { validity.zeroCount }

    package func isNull(_ row: Int) -> Bool { !validity[row] }

    package mutating func appendNull() {
        validity.append(false)
        storage.appendPlaceholder()
    }

    package mutating func append(bool value: Bool) {
        guard case .bytes1(var values) = consumeStorage() else { preconditionFailure("not a boolean column") }
        values.append(value ? 1 : 0)
        storage = .bytes1(values)
        validity.append(true)
    }

    package mutating func append(int32 value: Int32) {
        guard case .int32(var values) = consumeStorage() else { preconditionFailure("not a 32-bit column") }
        values.append(value)
        storage = .int32(values)
        validity.append(true)
    }

    package mutating func append(int64 value: Int64) {
        guard case .int64(var values) = consumeStorage() else { preconditionFailure("not a 64-bit column") }
        values.append(value)
        storage = .int64(values)
        validity.append(true)
    }

    package mutating func append(int128 value: Int128) {
        guard case .int128(var values) = consumeStorage() else { preconditionFailure("not a 128-bit column") }
        values.append(value)
        storage = .int128(values)
        validity.append(true)
    }

    package mutating func append(float value: Float) {
        guard case .float(var values) = consumeStorage() else { preconditionFailure("not a float column") }
        values.append(value)
        storage = .float(values)
        validity.append(true)
    }

    package mutating func append(double value: Double) {
        guard case .double(var values) = consumeStorage() else { preconditionFailure("not a double column") }
        values.append(value)
        storage = .double(values)
        validity.append(true)
    }

    package mutating func append(bytes value: some Collection<UInt8>) {
        guard case .slices(var values) = consumeStorage() else { preconditionFailure("not a column of slices") }
        values.append(value)
        storage = .slices(values)
        validity.append(true)
    }

    /// Copies straight from outside memory, without an array between.
    package mutating func append(raw value: UnsafeRawBufferPointer) {
        guard case .slices(var values) = consumeStorage() else { preconditionFailure("not a column of slices") }
        unsafe values.append(raw: value)
        storage = .slices(values)
        validity.append(true)
    }

    package mutating func append(string value: String) { append(bytes: value.utf8) }

    /// Ends a list row whose entries were just appended to the child through `withListChild`.
    package mutating func closeList() {
        guard case .list(var offsets, let child) = consumeStorage() else { preconditionFailure("not a list column") }
        offsets.append(child[0].count)
        storage = .list(offsets: offsets, child: child)
        validity.append(true)
    }

    package mutating func withListChild(_ body: (inout Column) throws -> Void) rethrows {
        guard case .list(let offsets, var child) = consumeStorage() else { preconditionFailure("not a list column") }
        defer { storage = .list(offsets: offsets, child: child) }
        try body(&child[0])
    }

    /// Appends one struct row; `body` must append exactly one value or null to each child.
    package mutating func appendStructure(_ body: (inout [Column]) throws -> Void) rethrows {
        guard case .structure(var children) = consumeStorage() else { preconditionFailure("not a struct column") }
        defer { storage = .structure(children) }
        try body(&children)
        validity.append(true)
    }

    /// Takes the storage out so that the array inside is uniquely held while it grows.
    mutating func consumeStorage() -> Storage {
        let taken = storage
        storage = .bytes1([])
        return taken
    }
}

/// Byte strings one after the other: row *n* is `data[offsets[n]..<offsets[n + 1]]`.
package struct Slices: Sendable {
    package private(set) var offsets: [Int] = [0]
    package private(set) var data: [UInt8] = []

    package init() {}

    package var count: Int { offsets.count - 1 }

    package subscript(index: Int) -> ArraySlice<UInt8> { data[offsets[index]..<offsets[index + 1]] }

    package mutating func append(_ value: some Collection<UInt8>) {
        data.append(contentsOf: value)
        offsets.append(data.count)
    }

    package mutating func append(raw value: UnsafeRawBufferPointer) {
        unsafe data.append(contentsOf: value)
        offsets.append(data.count)
    }

    package mutating func append(_ value: [UInt8], count: Int) {
        for _ in 0..<count {
            data.append(contentsOf: value)
            offsets.append(data.count)
        }
    }

    package mutating func append(singleBytes added: [UInt8]) {
        let start = data.count
        data.append(contentsOf: added)
        offsets.append(contentsOf: (start..<data.count).lazy.map { $0 + 1 })
    }

    package mutating func appendEmpty(count: Int = 1) {
        offsets.append(contentsOf: repeatElement(data.count, count: count))
    }
}

extension Column.Storage {
    init(for type: ColumnType) {
        switch type {
        case .boolean: self = .bytes1([])
        case .int, .date: self = .int32([])
        case .long, .time, .timestamp, .timestamptz: self = .int64([])
        case .decimal(let precision, _): self = precision <= 18 ? .int64([]) : .int128([])
        case .uuid: self = .int128([])
        case .float: self = .float([])
        case .double: self = .double([])
        case .string, .binary, .fixed: self = .slices(Slices())
        case .structure(let fields): self = .structure(fields.map { Column($0.type) })
        case .list(let element): self = .list(offsets: [0], child: [Column(element.type)])
        case .map(let key, let value): self = .list(offsets: [0], child: [Column(.structure([key, value]))])
        }
    }

    mutating func appendPlaceholder() {
        switch self {
        case .bytes1(var values):
            self = .bytes1([])
            values.append(0)
            self = .bytes1(values)
        case .int32(var values):
            self = .bytes1([])
            values.append(0)
            self = .int32(values)
        case .int64(var values):
            self = .bytes1([])
            values.append(0)
            self = .int64(values)
        case .int128(var values):
            self = .bytes1([])
            values.append(0)
            self = .int128(values)
        case .float(var values):
            self = .bytes1([])
            values.append(0)
            self = .float(values)
        case .double(var values):
            self = .bytes1([])
            values.append(0)
            self = .double(values)
        case .slices(var values):
            self = .bytes1([])
            values.appendEmpty()
            self = .slices(values)
        case .list(var offsets, let child):
            self = .bytes1([])
            offsets.append(child[0].count)
            self = .list(offsets: offsets, child: child)
        case .structure(var children):
            self = .bytes1([])
            for index in children.indices { children[index].appendNull() }
            self = .structure(children)
        }
    }
}
