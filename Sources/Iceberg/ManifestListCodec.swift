package import Base

/// Manifest lists: the manifests of one snapshot.
package enum ManifestListCodec {
    /// Writes a version 2 manifest list, deflated.
    ///
    /// - Precondition: the counts of every manifest are known.
    package static func encode(
        _ manifests: [ManifestFile],
        snapshotID: Int64,
        parentID: Int64?,
        sequenceNumber: Int64
    ) -> [UInt8] {
        var writer = AvroFileWriter(
            schema: ManifestSchemas.list,
            metadata: [
                ("snapshot-id", String(snapshotID)), ("parent-snapshot-id", parentID.map(String.init) ?? "null"),
                ("sequence-number", String(sequenceNumber)), ("format-version", "2"),
            ]
        )
        for manifest in manifests { writer.append { write(manifest, to: &$0) } }
        return writer.finish()
    }

    /// Reads a manifest list of any format version, in its order.
    ///
    /// - Parameter subject: its name, for errors.
    package static func decode(_ bytes: [UInt8], subject: String) throws(TarnError) -> [ManifestFile] {
        var manifests: [ManifestFile] = []
        for record in try AvroFile.decode(bytes, subject: subject).records { manifests.append(try manifest(record)) }
        return manifests
    }
}

extension ManifestListCodec {
    private static func write(_ manifest: ManifestFile, to encoder: inout AvroEncoder) {
        guard let counts = manifest.counts else { preconditionFailure("the builder counts what v1 left out") }
        encoder.string(manifest.path)
        encoder.long(manifest.length)
        encoder.int(manifest.partitionSpecID)
        encoder.int(manifest.content.rawValue)
        encoder.long(manifest.sequenceNumber)
        encoder.long(manifest.minSequenceNumber)
        encoder.long(manifest.addedSnapshotID)
        for number in [counts.addedFiles, counts.existingFiles, counts.deletedFiles] { encoder.long(number) }
        for number in [counts.addedRows, counts.existingRows, counts.deletedRows] { encoder.long(number) }
        encoder.optional(manifest.partitions ?? []) { $0.array($1) { write($1, to: &$0) } }
        encoder.optional(manifest.keyMetadata) { $0.bytes($1) }
    }

    private static func write(_ summary: ManifestFile.FieldSummary, to encoder: inout AvroEncoder) {
        encoder.boolean(summary.containsNull)
        encoder.optional(summary.containsNaN) { $0.boolean($1) }
        encoder.optional(summary.lowerBound) { $0.bytes($1) }
        encoder.optional(summary.upperBound) { $0.bytes($1) }
    }

    private static func manifest(_ record: AvroRecord) throws(TarnError) -> ManifestFile {
        let contentCode = Int(try record.integer(517, "content") ?? 0)
        let specID = try record.required(try record.integer(502, "partition_spec_id"), "partition_spec_id")
        guard let content = ManifestFile.Content(rawValue: contentCode) else { throw AvroRecord.unexpected("content") }
        guard let specID = Int32(exactly: specID) else { throw AvroRecord.unexpected("partition_spec_id") }
        var manifest = ManifestFile(
            path: try record.required(try record.string(500, "manifest_path"), "manifest_path"),
            length: try number(record, 501, "manifest_length").orThrow(AvroRecord.unexpected("manifest_length")),
            partitionSpecID: Int(specID),
            content: content,
            sequenceNumber: try number(record, 515, "sequence_number") ?? 0,
            minSequenceNumber: try number(record, 516, "min_sequence_number") ?? 0,
            addedSnapshotID: try record.integer(503, "added_snapshot_id") ?? 0,
            counts: try counts(record)
        )
        manifest.partitions = try partitions(record)
        manifest.keyMetadata = try record.bytes(519, "key_metadata")
        manifest.firstRowID = try record.integer(520, "first_row_id")
        return manifest
    }

    private static func counts(_ record: AvroRecord) throws(TarnError) -> ManifestFile.Counts? {
        var counts = ManifestFile.Counts()
        guard let addedFiles = try number(record, 504, "added_files_count"),
            let existingFiles = try number(record, 505, "existing_files_count"),
            let deletedFiles = try number(record, 506, "deleted_files_count"),
            let addedRows = try number(record, 512, "added_rows_count"),
            let existingRows = try number(record, 513, "existing_rows_count"),
            let deletedRows = try number(record, 514, "deleted_rows_count")
        else { return nil }
        counts.addedFiles = addedFiles
        counts.existingFiles = existingFiles
        counts.deletedFiles = deletedFiles
        counts.addedRows = addedRows
        counts.existingRows = existingRows
        counts.deletedRows = deletedRows
        return counts
    }

    /// Nil where absent; absurd numbers are damage, and refusing them keeps sums safe.
    private static func number(_ record: AvroRecord, _ id: Int, _ name: String) throws(TarnError) -> Int64? {
        guard let value = try record.integer(id, name) else { return nil }
        guard value >= 0, value < 1 << 60 else { throw AvroRecord.unexpected(name) }
        return value
    }

    private static func partitions(_ record: AvroRecord) throws(TarnError) -> [ManifestFile.FieldSummary]? {
        guard case .array(let elements) = record[507, "partitions"] else { return nil }
        var result: [ManifestFile.FieldSummary] = []
        for element in elements {
            guard case .record(let summary) = element else { throw AvroRecord.unexpected("partitions") }
            result.append(
                ManifestFile.FieldSummary(
                    containsNull: try summary.boolean(509, "contains_null") ?? true,
                    containsNaN: try summary.boolean(518, "contains_nan"),
                    lowerBound: try summary.bytes(510, "lower_bound"),
                    upperBound: try summary.bytes(511, "upper_bound")
                )
            )
        }
        return result
    }
}
