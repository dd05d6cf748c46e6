import Base

/// The Avro object container file: magic, metadata, a sync marker, and blocks of records behind it.
///
///     Obj\1 | map of bytes | sync(16) | { count | length | data | sync } …
enum AvroFile {
    static let magic: [UInt8] = [0x4F, 0x62, 0x6A, 0x01]
    static let syncLength = 16
    /// The largest block that is unpacked; writers use some 64 KiB.
    static let blockBytesMax = 256 << 20
    static let blockBytes = 64 << 10

    struct Contents: Sendable {
        var metadata: [String: [UInt8]]
        var records: [AvroRecord]
    }

    /// Reads a whole file.
    ///
    /// - Throws: `data.corrupt` naming `subject`; `data.unsupported` for a codec other than `null` and `deflate`.
    static func decode(_ bytes: [UInt8], subject: String) throws(TarnError) -> Contents {
        do {
            return try decode(bytes)
        } catch {
            var named = TarnError(error.code, error.message, detail: ["object": subject], remedy: error.remedy)
            named.detail += error.detail
            throw named
        }
    }

    private static func decode(_ bytes: [UInt8]) throws(TarnError) -> Contents {
        var cursor = AvroDecoder(bytes)
        guard try Array(cursor.take(magic.count)) == magic else { throw AvroDecoder.malformed("it is no Avro file") }
        let metadata = try header(&cursor)
        let sync = Array(try cursor.take(syncLength))
        let isDeflated = try deflated(metadata)
        let document = try JSONParser.parse(metadata["avro.schema"] ?? [], subject: "Avro schema")
        guard case .record(let type) = try AvroSchemaParser.parse(document)
        else { throw AvroDecoder.malformed("its schema is no record") }
        var contents = Contents(metadata: metadata, records: [])
        while !cursor.isAtEnd {
            let count = try cursor.long()
            let packed = try cursor.take(try cursor.length())
            guard try Array(cursor.take(syncLength)) == sync else {
                throw AvroDecoder.malformed("a sync marker is missing")
            }
            let block = isDeflated ? try Deflate.unpack(packed, bytesMax: blockBytesMax) : Array(packed)
            try records(block, count: count, type: type, into: &contents.records)
        }
        return contents
    }

    private static func header(_ cursor: inout AvroDecoder) throws(TarnError) -> [String: [UInt8]] {
        guard case .map(let members) = try cursor.value(.map(.bytes)) else { return [:] }
        return members.compactMapValues { value in
            if case .bytes(let slice) = value { Array(slice) } else { nil }
        }
    }

    private static func deflated(_ metadata: [String: [UInt8]]) throws(TarnError) -> Bool {
        switch String(decoding: metadata["avro.codec"] ?? Array("null".utf8), as: UTF8.self) {
        case "null": return false
        case "deflate": return true
        case let other:
            throw TarnError(.unsupported, "The Avro codec `\(other)` is not read by Tarn.")
        }
    }

    private static func records(
        _ block: [UInt8],
        count: Int64,
        type: AvroRecordType,
        into records: inout [AvroRecord]
    ) throws(TarnError) {
        guard count >= 0, count <= Int64(block.count) else { throw AvroDecoder.malformed("a block's count") }
        var decoder = AvroDecoder(block)
        records.reserveCapacity(records.count + Int(count))
        for _ in 0..<Int(count) { records.append(try decoder.record(type)) }
        guard decoder.isAtEnd else { throw AvroDecoder.malformed("a block holds more than its records") }
    }
}

/// Builds a container file in memory, deflated. The same records and metadata give the same bytes.
struct AvroFileWriter {
    private var file: AvroEncoder
    private let sync: [UInt8]
    private var block = AvroEncoder()
    private var blockCount = 0

    /// - Parameter metadata: keys and values beside schema and codec, in the order they are written.
    init(schema: JSONValue, metadata: [(key: String, value: String)]) {
        var members = [("avro.schema", schema.serialized()), ("avro.codec", Array("deflate".utf8))]
        members += metadata.map { ($0.key, Array($0.value.utf8)) }
        file = AvroEncoder()
        file.raw(AvroFile.magic)
        file.array(members) { encoder, member in
            encoder.string(member.0)
            encoder.bytes(member.1)
        }
        sync = Self.marker(file.bytes)
        file.raw(sync)
    }

    mutating func append(_ write: (inout AvroEncoder) -> Void) {
        write(&block)
        blockCount += 1
        if block.bytes.count >= AvroFile.blockBytes { flush() }
    }

    mutating func finish() -> [UInt8] {
        flush()
        return file.bytes
    }

    private mutating func flush() {
        guard blockCount > 0 else { return }
        file.int(blockCount)
        file.bytes(Deflate.pack(block.bytes))
        file.raw(sync)
        block.removeAll()
        blockCount = 0
    }

    /// Sixteen bytes that depend on the header alone (FNV-1a, twice): nothing random, so output can be compared.
    private static func marker(_ header: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for seed in [0xCBF2_9CE4_8422_2325 as UInt64, 0x9E37_79B9_7F4A_7C15] {
            let hash = header.reduce(seed) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
            result += (0..<8).map { UInt8(truncatingIfNeeded: hash >> (UInt64($0) * 8)) }
        }
        return result
    }
}
