import Base
import CDuckDB
import Columns

/// The first `count` values of a flat vector.
///
/// - Parameter type: the type of `form`, with the ids of its children.
func readVector(
    _ vector: duckdb_vector?,
    _ form: ResultForm,
    _ type: ColumnType,
    count: Int
) throws(TarnError) -> Column {
    var column = Column(type)
    column.validity = unsafe readValidity(vector, count: count)
    switch (form, type) {
    case (.list(let element), .list(let field)):
        try unsafe readList(vector, element, field.type, into: &column)
    case (.map(let key, let value), .map(let keyField, let valueField)):
        let pair = ResultForm.structure([("key", key), ("value", value)])
        try unsafe readList(vector, pair, .structure([keyField, valueField]), into: &column)
    case (.array(let element, let size), .list(let field)):
        let child = try unsafe readVector(
            duckdb_array_vector_get_child(vector),
            element,
            field.type,
            count: count * size
        )
        setLists((0..<count).map { $0 * size..<($0 + 1) * size }, of: child, in: &column)
    case (.structure(let children), .structure(let fields)):
        var columns: [Column] = []
        for (index, child) in children.enumerated() {
            let vector = unsafe duckdb_struct_vector_get_child(vector, idx_t(index))
            columns.append(try unsafe readVector(vector, child.form, fields[index].type, count: count))
        }
        column.storage = .structure(columns)
    default:
        let data = unsafe duckdb_vector_get_data(vector)
        try unsafe readFlat(data, form, count: count, into: &column)
    }
    return column
}

private func readValidity(_ vector: duckdb_vector?, count: Int) -> Bitmap {
    guard let mask = unsafe duckdb_vector_get_validity(vector) else { return Bitmap(words: nil, count: count) }
    return Bitmap(words: unsafe Array(UnsafeBufferPointer(start: mask, count: (count + 63) / 64)), count: count)
}

private func readList(
    _ vector: duckdb_vector?,
    _ element: ResultForm,
    _ type: ColumnType,
    into column: inout Column
) throws(TarnError) {
    let childCount = Int(unsafe duckdb_list_vector_get_size(vector))
    let child = try unsafe readVector(duckdb_list_vector_get_child(vector), element, type, count: childCount)
    let count = column.count
    let entries = unsafe copied(duckdb_vector_get_data(vector), duckdb_list_entry.self, count: count)
    let validity = column.validity
    setLists(
        (0..<count).map { row in
            guard validity[row], entries[row].length > 0 else { return 0..<0 }
            return Int(entries[row].offset)..<Int(entries[row].offset + entries[row].length)
        },
        of: child,
        in: &column
    )
}

/// Lays the entries of each row one after the other, as columns have them; the engine's may lie anywhere.
private func setLists(_ ranges: [Range<Int>], of child: Column, in column: inout Column) {
    var offsets = [0]
    offsets.reserveCapacity(ranges.count + 1)
    var isInOrder = true
    for (row, range) in ranges.enumerated() {
        let taken = column.isNull(row) ? 0..<0 : range
        if !taken.isEmpty, taken.lowerBound != offsets[row] { isInOrder = false }
        offsets.append(offsets[row] + taken.count)
    }
    let isWhole = isInOrder && offsets[ranges.count] == child.count
    let entries = isWhole ? child : child.gathered(ranges.indices.filter { !column.isNull($0) }.flatMap { ranges[$0] })
    column.storage = .list(offsets: offsets, child: [entries])
}

private func readFlat(
    _ data: UnsafeMutableRawPointer?,
    _ form: ResultForm,
    count: Int,
    into column: inout Column
) throws(TarnError) {
    let nulls = column.nullCount == 0 ? [] : (0..<count).filter { column.isNull($0) }
    column.storage =
        switch form {
        case .boolean: .bytes1(unsafe zeroed(copied(data, UInt8.self, count: count), nulls))
        case .int32, .date: .int32(unsafe zeroed(copied(data, Int32.self, count: count), nulls))
        case .int8: .int32(unsafe widened(data, Int8.self, count: count, nulls))
        case .int16: .int32(unsafe widened(data, Int16.self, count: count, nulls))
        case .uint8: .int32(unsafe widened(data, UInt8.self, count: count, nulls))
        case .uint16: .int32(unsafe widened(data, UInt16.self, count: count, nulls))
        case .uint32: .int64(unsafe widened(data, UInt32.self, count: count, nulls))
        case .int64, .time, .timestamp, .timestamptz:
            .int64(unsafe zeroed(copied(data, Int64.self, count: count), nulls))
        case .coarseTimestamp(let unit): .int64(try unsafe scaled(data, by: unit, count: count, nulls))
        case .uint64: .int128(unsafe widened(data, UInt64.self, count: count, nulls))
        case .int128, .uint128: .int128(try unsafe bounded(data, form, count: count, nulls))
        case .decimal(let precision, _): unsafe decimals(data, precision, count: count, nulls)
        case .float: .float(unsafe zeroed(copied(data, Float.self, count: count), nulls))
        case .double: .double(unsafe zeroed(copied(data, Double.self, count: count), nulls))
        case .uuid:
            // The engine turns the first bit so that its signed comparison orders UUIDs.
            .int128(unsafe zeroed(copied(data, Int128.self, count: count).map { $0 ^ .min }, nulls))
        case .enumeration(let labels):
            .slices(try unsafe enumerated(data, labels, count: count, column.validity))
        case .nothing: .slices(emptySlices(count))
        case .string, .binary: .slices(unsafe slices(data, count: count, column.validity))
        case .list, .array, .structure, .map, .foreign: throw TarnError(.unsupported, "A column is not flat.")
        }
}

private func copied<Value: BitwiseCopyable>(
    _ data: UnsafeMutableRawPointer?,
    _: Value.Type,
    count: Int
) -> [Value] {
    guard let data = unsafe data, count > 0 else { return [] }
    return unsafe [Value](unsafeUninitializedCapacity: count) { target, filled in
        // SAFETY: a vector of `count` rows holds as many values of the type that its form names.
        unsafe UnsafeMutableRawBufferPointer(target).copyMemory(
            from: UnsafeRawBufferPointer(start: data, count: count * MemoryLayout<Value>.stride)
        )
        filled = count
    }
}

/// What stands in the place of a null is not defined by the engine; columns have zero there.
private func zeroed<Value: ExpressibleByIntegerLiteral>(_ values: [Value], _ nulls: [Int]) -> [Value] {
    guard !nulls.isEmpty else { return values }
    var values = values
    for row in nulls { values[row] = 0 }
    return values
}

private func widened<Source: FixedWidthInteger & BitwiseCopyable, Target: FixedWidthInteger>(
    _ data: UnsafeMutableRawPointer?,
    _: Source.Type,
    count: Int,
    _ nulls: [Int]
) -> [Target] {
    zeroed(unsafe copied(data, Source.self, count: count).map { Target(truncatingIfNeeded: $0) }, nulls)
}

private func decimals(
    _ data: UnsafeMutableRawPointer?,
    _ precision: Int,
    count: Int,
    _ nulls: [Int]
) -> Column.Storage {
    switch precision {
    case ...4: .int64(unsafe widened(data, Int16.self, count: count, nulls))
    case ...9: .int64(unsafe widened(data, Int32.self, count: count, nulls))
    case ...18: .int64(unsafe zeroed(copied(data, Int64.self, count: count), nulls))
    default: .int128(unsafe zeroed(copied(data, Int128.self, count: count), nulls))
    }
}

private func scaled(
    _ data: UnsafeMutableRawPointer?,
    by unit: Int64,
    count: Int,
    _ nulls: [Int]
) throws(TarnError) -> [Int64] {
    var values = unsafe zeroed(copied(data, Int64.self, count: count), nulls)
    for row in values.indices where values[row] != .max && values[row] != -.max {
        let (value, overflows) = values[row].multipliedReportingOverflow(by: unit)
        guard !overflows else { throw tooLarge }
        values[row] = value
    }
    return values
}

/// Integers of 128 bits, refused beyond the 38 digits that a decimal has.
private func bounded(
    _ data: UnsafeMutableRawPointer?,
    _ form: ResultForm,
    count: Int,
    _ nulls: [Int]
) throws(TarnError) -> [Int128] {
    let values = unsafe zeroed(copied(data, Int128.self, count: count), nulls)
    let limit = decimalLimit(38)
    for value in values where value >= limit || value <= -limit { throw tooLarge }
    if case .uint128 = form, values.contains(where: { $0 < 0 }) { throw tooLarge }
    return values
}

private var tooLarge: TarnError {
    TarnError(
        .valueUnrepresentable,
        "A value of the result is larger than its type in the lake allows.",
        remedy: "Cast the column to VARCHAR or to a smaller type."
    )
}

private func emptySlices(_ count: Int) -> Slices {
    var result = Slices()
    for _ in 0..<count { result.appendEmpty() }
    return result
}

private func slices(_ data: UnsafeMutableRawPointer?, count: Int, _ validity: Bitmap) -> Slices {
    guard let data = unsafe data else { return emptySlices(count) }
    let strings = unsafe data.assumingMemoryBound(to: duckdb_string_t.self)
    var result = Slices()
    for row in 0..<count {
        guard validity[row] else {
            result.appendEmpty()
            continue
        }
        let length = Int(unsafe duckdb_string_t_length(strings[row]))
        unsafe result.append(raw: UnsafeRawBufferPointer(start: duckdb_string_t_data(strings + row), count: length))
    }
    return result
}

private func enumerated(
    _ data: UnsafeMutableRawPointer?,
    _ labels: [String],
    count: Int,
    _ validity: Bitmap
) throws(TarnError) -> Slices {
    let codes: [Int] =
        switch labels.count {
        case ...256: unsafe widened(data, UInt8.self, count: count, [])
        case ...65_536: unsafe widened(data, UInt16.self, count: count, [])
        default: unsafe widened(data, UInt32.self, count: count, [])
        }
    var result = Slices()
    for row in 0..<count {
        guard validity[row] else {
            result.appendEmpty()
            continue
        }
        guard labels.indices.contains(codes[row]) else { throw TarnError(.engineFailed, "An enum has no such label.") }
        result.append(labels[codes[row]].utf8)
    }
    return result
}
