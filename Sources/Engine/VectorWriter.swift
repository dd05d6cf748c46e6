import Base
import CDuckDB
import Columns

/// Which rows of a column go into a vector, in order.
enum RowChoice {
    case range(Range<Int>)
    case list([Int])

    var count: Int {
        switch self {
        case .range(let range): range.count
        case .list(let rows): rows.count
        }
    }
}

/// Fills a vector that was just reset, from its first place on.
func writeVector(_ column: Column, _ rows: RowChoice, into vector: duckdb_vector?) throws(TarnError) {
    guard rows.count > 0 else { return }
    unsafe writeValidity(column, rows, into: vector)
    switch column.storage {
    case .list(let offsets, let child):
        try unsafe writeList(offsets, child[0], rows, into: vector)
    case .structure(let children):
        for (index, child) in children.enumerated() {
            try unsafe writeVector(child, rows, into: duckdb_struct_vector_get_child(vector, idx_t(index)))
        }
    case .slices(let slices):
        try unsafe writeSlices(slices, column, rows, into: vector)
    default:
        guard let data = unsafe duckdb_vector_get_data(vector) else {
            throw TarnError(.engineFailed, "A vector is empty.")
        }
        try unsafe writeFlat(column, rows, to: data)
    }
}

private func writeValidity(_ column: Column, _ rows: RowChoice, into vector: duckdb_vector?) {
    guard column.nullCount > 0 else { return }
    unsafe duckdb_vector_ensure_validity_writable(vector)
    guard let mask = unsafe duckdb_vector_get_validity(vector) else { return }
    switch rows {
    case .list(let list):
        for (place, row) in list.enumerated() where column.isNull(row) {
            unsafe duckdb_validity_set_row_invalid(mask, idx_t(place))
        }
    case .range(let range):
        let words = column.validity.words
        let shift = UInt64(range.lowerBound & 63)
        let first = range.lowerBound >> 6
        for place in 0..<(range.count + 63) / 64 {
            var word = words[first + place] >> shift
            if shift > 0, first + place + 1 < words.count { word |= words[first + place + 1] << (64 - shift) }
            unsafe mask[place] = word
        }
    }
}

private func writeList(
    _ offsets: [Int],
    _ child: Column,
    _ rows: RowChoice,
    into vector: duckdb_vector?
) throws(TarnError) {
    guard let data = unsafe duckdb_vector_get_data(vector) else { throw TarnError(.engineFailed, "A vector is empty.") }
    let entries = unsafe data.assumingMemoryBound(to: duckdb_list_entry.self)
    var next = 0
    func place(_ row: Int, at index: Int) {
        let length = offsets[row + 1] - offsets[row]
        unsafe entries[index] = duckdb_list_entry(offset: UInt64(next), length: UInt64(length))
        next += length
    }
    let chosen: RowChoice
    switch rows {
    case .range(let range):
        for (index, row) in range.enumerated() { place(row, at: index) }
        chosen = .range(offsets[range.lowerBound]..<offsets[range.upperBound])
    case .list(let list):
        for (index, row) in list.enumerated() { place(row, at: index) }
        chosen = .list(list.flatMap { offsets[$0]..<offsets[$0 + 1] })
    }
    guard unsafe duckdb_list_vector_reserve(vector, idx_t(next)) == DuckDBSuccess,
        unsafe duckdb_list_vector_set_size(vector, idx_t(next)) == DuckDBSuccess
    else { throw TarnError(.engineFailed, "The engine has no room for the entries of a list.") }
    try unsafe writeVector(child, chosen, into: duckdb_list_vector_get_child(vector))
}

private func writeFlat(_ column: Column, _ rows: RowChoice, to data: UnsafeMutableRawPointer) throws(TarnError) {
    switch column.storage {
    case .bytes1(let values): unsafe copy(values, rows, to: data)
    case .int32(let values): unsafe copy(values, rows, to: data)
    case .float(let values): unsafe copy(values, rows, to: data)
    case .double(let values): unsafe copy(values, rows, to: data)
    case .int64(let values):
        guard case .decimal(let precision, _) = column.type else { return unsafe copy(values, rows, to: data) }
        let limit = Int64(decimalLimit(min(precision, 18)))
        switch precision {
        case ...4: try unsafe narrow(values, rows, Int16.self, limit, to: data)
        case ...9: try unsafe narrow(values, rows, Int32.self, limit, to: data)
        default: try unsafe narrow(values, rows, Int64.self, limit, to: data)
        }
    case .int128(let values):
        if case .decimal(let precision, _) = column.type {
            try unsafe narrow(values, rows, Int128.self, decimalLimit(precision), to: data)
        } else {
            unsafe writeUUIDs(values, rows, to: data)
        }
    case .slices, .list, .structure: break
    }
}

private func copy<Value: BitwiseCopyable>(_ values: [Value], _ rows: RowChoice, to data: UnsafeMutableRawPointer) {
    // SAFETY: the vector's element is of this type and it has room for the rows, at most one engine vector.
    switch rows {
    case .range(let range):
        unsafe values.withUnsafeBytes { bytes in
            let stride = MemoryLayout<Value>.stride
            let source = unsafe UnsafeRawBufferPointer(
                rebasing: bytes[range.lowerBound * stride..<range.upperBound * stride]
            )
            unsafe UnsafeMutableRawBufferPointer(start: data, count: source.count).copyMemory(from: source)
        }
    case .list(let list):
        for (place, row) in list.enumerated() {
            unsafe data.storeBytes(of: values[row], toByteOffset: place * MemoryLayout<Value>.stride, as: Value.self)
        }
    }
}

/// Writes unscaled decimals in the width in which the engine holds them.
private func narrow<Source: FixedWidthInteger & SignedInteger, Target: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Source],
    _ rows: RowChoice,
    _: Target.Type,
    _ limit: Source,
    to data: UnsafeMutableRawPointer
) throws(TarnError) {
    var isInside = true
    func write(_ row: Int, at place: Int) {
        let value = values[row]
        isInside = isInside && value < limit && value > -limit
        unsafe data.storeBytes(
            of: Target(truncatingIfNeeded: value),
            toByteOffset: place * MemoryLayout<Target>.stride,
            as: Target.self
        )
    }
    switch rows {
    case .range(let range): for row in range { write(row, at: row - range.lowerBound) }
    case .list(let list): for (place, row) in list.enumerated() { write(row, at: place) }
    }
    guard isInside else { throw TarnError(.valueUnrepresentable, "A decimal has more digits than its column.") }
}

private func writeUUIDs(_ values: [Int128], _ rows: RowChoice, to data: UnsafeMutableRawPointer) {
    // The engine turns the first bit so that its signed comparison orders UUIDs.
    func write(_ row: Int, at place: Int) {
        unsafe data.storeBytes(of: values[row] ^ .min, toByteOffset: place * 16, as: Int128.self)
    }
    switch rows {
    case .range(let range): for row in range { write(row, at: row - range.lowerBound) }
    case .list(let list): for (place, row) in list.enumerated() { write(row, at: place) }
    }
}

private func writeSlices(
    _ slices: Slices,
    _ column: Column,
    _ rows: RowChoice,
    into vector: duckdb_vector?
) throws(TarnError) {
    let offsets = slices.offsets
    let hasNulls = column.nullCount > 0
    let isText = column.type == .string
    let isValid = unsafe slices.data.withUnsafeBytes { bytes in
        if case .range(let range) = rows, isText {
            // Text is checked in one piece; cut at starts of characters, its pieces are valid as well.
            let whole = unsafe UnsafeRawBufferPointer(
                rebasing: bytes[offsets[range.lowerBound]..<offsets[range.upperBound]]
            )
            guard unsafe isUTF8(whole) else { return false }
        }
        func write(_ row: Int, at place: Int) -> Bool {
            if hasNulls, column.isNull(row) { return true }
            let piece = unsafe UnsafeRawBufferPointer(rebasing: bytes[offsets[row]..<offsets[row + 1]])
            if isText {
                if case .list = rows {
                    guard unsafe isUTF8(piece) else { return false }
                } else if let first = unsafe piece.first, first & 0xC0 == 0x80 {
                    return false
                }
            }
            let start = unsafe piece.baseAddress?.assumingMemoryBound(to: CChar.self)
            unsafe duckdb_unsafe_vector_assign_string_element_len(vector, idx_t(place), start, idx_t(piece.count))
            return true
        }
        switch rows {
        case .range(let range): for row in range where !write(row, at: row - range.lowerBound) { return false }
        case .list(let list): for (place, row) in list.enumerated() where !write(row, at: place) { return false }
        }
        return true
    }
    guard isValid else { throw TarnError(.valueUnrepresentable, "A text is not UTF-8.") }
}

private func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress else { return true }
    var fault = unsafe duckdb_valid_utf8_check(start.assumingMemoryBound(to: CChar.self), idx_t(bytes.count))
    guard unsafe fault != nil else { return true }
    unsafe duckdb_destroy_error_data(&fault)
    return false
}
