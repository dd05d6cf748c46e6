import Columns

#if canImport(Glibc)
    import Glibc
#endif

extension Column {
    /// Adds what this column takes in the key of each row.
    func addKeyLengths(_ rows: [Int], to lengths: inout [Int]) {
        switch storage {
        case .bytes1: add(1, to: &lengths)
        case .int32, .float: add(4, to: &lengths)
        case .int64, .double: add(8, to: &lengths)
        case .int128: add(16, to: &lengths)
        case .slices(let slices): addSliceLengths(slices, rows, to: &lengths)
        case .list, .structure: preconditionFailure("not a key column")
        }
    }

    /// Writes this column's part of the key of `rows[n]` at `cursors[n]`, and moves that behind it.
    func writeKeys(_ rows: [Int], to bytes: inout [UInt8], at cursors: inout [Int]) {
        let flip128 = type == .uuid ? 0 : UInt128(1) << 127
        switch storage {
        case .bytes1(let values): writeIntegers(rows, &bytes, &cursors) { values[$0] }
        case .int32(let values): writeIntegers(rows, &bytes, &cursors) { UInt32(bitPattern: values[$0]) ^ 1 << 31 }
        case .int64(let values): writeIntegers(rows, &bytes, &cursors) { UInt64(bitPattern: values[$0]) ^ 1 << 63 }
        case .int128(let values): writeIntegers(rows, &bytes, &cursors) { UInt128(bitPattern: values[$0]) ^ flip128 }
        case .float(let values): writeIntegers(rows, &bytes, &cursors) { ordered(values[$0]) }
        case .double(let values): writeIntegers(rows, &bytes, &cursors) { ordered(values[$0]) }
        case .slices(let slices): writeSlices(slices, rows, &bytes, &cursors)
        case .list, .structure: preconditionFailure("not a key column")
        }
    }
}

private func add(_ width: Int, to lengths: inout [Int]) {
    for index in lengths.indices { lengths[index] += width }
}

private func addSliceLengths(_ slices: Slices, _ rows: [Int], to lengths: inout [Int]) {
    let hasZeros = containsZero(slices)
    for (index, row) in rows.enumerated() {
        let start = slices.offsets[row]
        let end = slices.offsets[row + 1]
        var length = end - start + 2
        if hasZeros { for offset in start..<end where slices.data[offset] == 0 { length += 1 } }
        lengths[index] += length
    }
}

/// One look over the whole column: PostgreSQL's text never holds a zero byte.
private func containsZero(_ slices: Slices) -> Bool {
    // SAFETY: memchr stays within the array's count.
    unsafe slices.data.withUnsafeBytes { buffer in
        guard let base = buffer.baseAddress else { return false }
        return unsafe memchr(base, 0, buffer.count) != nil
    }
}

@inline(__always)
private func writeIntegers<Value: FixedWidthInteger & BitwiseCopyable>(
    _ rows: [Int],
    _ bytes: inout [UInt8],
    _ cursors: inout [Int],
    _ value: (Int) -> Value
) {
    let width = MemoryLayout<Value>.size
    // SAFETY: `addKeyLengths` made room for `width` bytes at each cursor.
    unsafe bytes.withUnsafeMutableBytes { buffer in
        for index in rows.indices {
            unsafe buffer.storeBytes(of: value(rows[index]).bigEndian, toByteOffset: cursors[index], as: Value.self)
            cursors[index] += width
        }
    }
}

private func writeSlices(_ slices: Slices, _ rows: [Int], _ bytes: inout [UInt8], _ cursors: inout [Int]) {
    guard !containsZero(slices) else { return writeEscaped(slices, rows, &bytes, &cursors) }
    // SAFETY: `addKeyLengths` made room for the slice and its end mark, which is zero already, at each cursor.
    unsafe bytes.withUnsafeMutableBytes { target in
        unsafe slices.data.withUnsafeBytes { source in
            for (index, row) in rows.enumerated() {
                let start = slices.offsets[row]
                let length = slices.offsets[row + 1] - start
                if length > 0, let to = target.baseAddress, let from = source.baseAddress {
                    unsafe (to + cursors[index]).copyMemory(from: from + start, byteCount: length)
                }
                cursors[index] += length + 2
            }
        }
    }
}

private func writeEscaped(_ slices: Slices, _ rows: [Int], _ bytes: inout [UInt8], _ cursors: inout [Int]) {
    for (index, row) in rows.enumerated() {
        var cursor = cursors[index]
        for byte in slices[row] {
            bytes[cursor] = byte
            cursor += 1
            if byte == 0 {
                bytes[cursor] = 0xFF
                cursor += 1
            }
        }
        cursors[index] = cursor + 2
    }
}

private func ordered(_ value: Float) -> UInt32 {
    let bits = value.isNaN ? Float.nan.bitPattern : value == 0 ? 0 : value.bitPattern
    return bits >> 31 == 1 ? ~bits : bits ^ 1 << 31
}

private func ordered(_ value: Double) -> UInt64 {
    let bits = value.isNaN ? Double.nan.bitPattern : value == 0 ? 0 : value.bitPattern
    return bits >> 63 == 1 ? ~bits : bits ^ 1 << 63
}
