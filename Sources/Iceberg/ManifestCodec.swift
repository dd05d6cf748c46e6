package import Base
import Columns

/// Manifests: the entries of data files, or of delete files, of one partition spec.
package enum ManifestCodec {
    /// Writes a version 2 manifest, deflated.
    ///
    /// - Parameter schema: the table's schema as its metadata holds it.
    /// - Precondition: every file's partition is of the spec.
    package static func encode(
        _ entries: [ManifestEntry],
        content: ManifestFile.Content,
        schema: JSONValue,
        partition: PartitionType
    ) -> [UInt8] {
        var writer = AvroFileWriter(
            schema: ManifestSchemas.entry(partition: partition.avro),
            metadata: [
                ("schema", schema.text), ("schema-id", String(schema["schema-id"]?.integer ?? 0)),
                ("partition-spec", JSONValue.array(partition.spec.fields.map(\.json)).text),
                ("partition-spec-id", String(partition.spec.id)), ("format-version", "2"),
                ("content", content == .data ? "data" : "deletes"),
            ]
        )
        for entry in entries { writer.append { write(entry, partition, to: &$0) } }
        return writer.finish()
    }

    /// Reads a manifest of any format version; what entries inherit from the manifest is filled in.
    ///
    /// - Parameter manifest: what the manifest list says of these bytes.
    package static func decode(_ bytes: [UInt8], of manifest: ManifestFile) throws(TarnError) -> [ManifestEntry] {
        let contents = try AvroFile.decode(bytes, subject: manifest.path)
        var entries: [ManifestEntry] = []
        entries.reserveCapacity(contents.records.count)
        for record in contents.records { entries.append(try entry(record, of: manifest)) }
        return entries
    }
}

extension ManifestCodec {
    private static func write(_ entry: ManifestEntry, _ partition: PartitionType, to encoder: inout AvroEncoder) {
        encoder.int(entry.status.rawValue)
        encoder.optional(entry.snapshotID) { $0.long($1) }
        encoder.optional(entry.sequenceNumber) { $0.long($1) }
        encoder.optional(entry.fileSequenceNumber) { $0.long($1) }
        write(entry.file, partition, to: &encoder)
    }

    private static func write(_ file: DataFile, _ partition: PartitionType, to encoder: inout AvroEncoder) {
        encoder.int(file.content.rawValue)
        encoder.string(file.path)
        encoder.string(file.format.rawValue)
        partition.write(file, to: &encoder)
        encoder.long(file.recordCount)
        encoder.long(file.fileSizeInBytes)
        for counts in [file.columnSizes, file.valueCounts, file.nullValueCounts, file.nanValueCounts] {
            write(counts, to: &encoder) { $0.long($1) }
        }
        for bounds in [file.lowerBounds, file.upperBounds] { write(bounds, to: &encoder) { $0.bytes($1) } }
        encoder.optional(file.keyMetadata) { $0.bytes($1) }
        encoder.optional(file.splitOffsets.isEmpty ? nil : file.splitOffsets) { $0.array($1) { $0.long($1) } }
        encoder.optional(file.equalityIDs.isEmpty ? nil : file.equalityIDs) { $0.array($1) { $0.int($1) } }
        encoder.optional(file.sortOrderID) { $0.int($1) }
        encoder.optional(file.referencedDataFile) { $0.string($1) }
    }

    /// Empty maps are written as such, not as null: the meaning is the same, and some readers expect maps.
    private static func write<Value>(
        _ values: [Int: Value],
        to encoder: inout AvroEncoder,
        _ write: (inout AvroEncoder, Value) -> Void
    ) {
        encoder.int(1)
        encoder.array(values.sorted { $0.key < $1.key }) { encoder, pair in
            encoder.int(pair.key)
            write(&encoder, pair.value)
        }
    }
}

extension ManifestCodec {
    private static func entry(_ record: AvroRecord, of manifest: ManifestFile) throws(TarnError) -> ManifestEntry {
        guard let code = try record.integer(0, "status"), let status = ManifestEntry.Status(rawValue: Int(code))
        else { throw AvroRecord.unexpected("status") }
        guard case .record(let body) = record[2, "data_file"] else { throw AvroRecord.unexpected("data_file") }
        var entry = ManifestEntry(
            status: status,
            snapshotID: try record.integer(1, "snapshot_id") ?? manifest.addedSnapshotID,
            sequenceNumber: try record.integer(3, "sequence_number"),
            fileSequenceNumber: try record.integer(4, "file_sequence_number"),
            file: try file(body)
        )
        entry.file.specID = manifest.partitionSpecID
        if status == .added || manifest.sequenceNumber == 0 {
            entry.sequenceNumber = entry.sequenceNumber ?? manifest.sequenceNumber
            entry.fileSequenceNumber = entry.fileSequenceNumber ?? manifest.sequenceNumber
        }
        guard entry.sequenceNumber != nil else {
            throw TarnError(
                .corruptData,
                "A manifest entry that is not new has no sequence number.",
                detail: ["manifest": manifest.path]
            )
        }
        return entry
    }

    private static func file(_ record: AvroRecord) throws(TarnError) -> DataFile {
        guard let content = DataFile.Content(rawValue: Int(try record.integer(134, "content") ?? 0))
        else { throw AvroRecord.unexpected("content") }
        let formatName = try record.required(try record.string(101, "file_format"), "file_format")
        guard let format = DataFile.Format(rawValue: formatName.uppercased())
        else { throw AvroRecord.unexpected("file_format") }
        var file = DataFile(
            content: content,
            path: try record.required(try record.string(100, "file_path"), "file_path"),
            format: format,
            recordCount: try count(record, 103, "record_count"),
            fileSizeInBytes: try count(record, 104, "file_size_in_bytes")
        )
        if case .record(let partition) = record[102, "partition"] { file.partition = values(partition) }
        try readStatistics(record, into: &file)
        file.keyMetadata = try record.bytes(131, "key_metadata")
        file.splitOffsets = try integers(record, 132, "split_offsets")
        file.equalityIDs = try integers(record, 135, "equality_ids").map { Int($0) }
        file.sortOrderID = try record.integer(140, "sort_order_id").map { Int($0) }
        file.firstRowID = try record.integer(142, "first_row_id")
        file.referencedDataFile = try record.string(143, "referenced_data_file")
        file.contentOffset = try record.integer(144, "content_offset")
        file.contentSizeInBytes = try record.integer(145, "content_size_in_bytes")
        return file
    }

    private static func readStatistics(_ record: AvroRecord, into file: inout DataFile) throws(TarnError) {
        file.columnSizes = try counts(record, 108, "column_sizes")
        file.valueCounts = try counts(record, 109, "value_counts")
        file.nullValueCounts = try counts(record, 110, "null_value_counts")
        file.nanValueCounts = try counts(record, 137, "nan_value_counts")
        file.lowerBounds = try bounds(record, 125, "lower_bounds")
        file.upperBounds = try bounds(record, 128, "upper_bounds")
    }

    /// A count that must be there; absurd ones are damage, and refusing them keeps sums safe.
    private static func count(_ record: AvroRecord, _ id: Int, _ name: String) throws(TarnError) -> Int64 {
        let value = try record.required(try record.integer(id, name), name)
        guard value >= 0, value < 1 << 53 else { throw AvroRecord.unexpected(name) }
        return value
    }

    private static func integers(_ record: AvroRecord, _ id: Int, _ name: String) throws(TarnError) -> [Int64] {
        var result: [Int64] = []
        for value in try record.array(id, name) {
            guard case .integer(let number) = value else { throw AvroRecord.unexpected(name) }
            result.append(number)
        }
        return result
    }

    private static func counts(_ record: AvroRecord, _ id: Int, _ name: String) throws(TarnError) -> [Int: Int64] {
        let pairs = try record.pairs(id, name)
        var result: [Int: Int64] = [:]
        result.reserveCapacity(pairs.count)
        for pair in pairs {
            guard case .integer(let number) = pair.value else { throw AvroRecord.unexpected(name) }
            result[Int(pair.key)] = number
        }
        return result
    }

    private static func bounds(_ record: AvroRecord, _ id: Int, _ name: String) throws(TarnError) -> [Int: [UInt8]] {
        let pairs = try record.pairs(id, name)
        var result: [Int: [UInt8]] = [:]
        result.reserveCapacity(pairs.count)
        for pair in pairs {
            guard case .bytes(let bytes) = pair.value else { throw AvroRecord.unexpected(name) }
            result[Int(pair.key)] = Array(bytes)
        }
        return result
    }

    private static func values(_ partition: AvroRecord) -> [DataFile.PartitionValue] {
        zip(partition.type.fields, partition.values).map { field, value in
            DataFile.PartitionValue(
                fieldID: field.id,
                name: field.name,
                bytes: SingleValue.bytes(of: value, field.type)
            )
        }
    }
}
